import { HEALTH_ROUTE, PARTITIONS, VARIABLES } from '../packages/functions/src/names.ts';
import { createFunction, createSchedule } from './function.ts';
import type { Stage } from './settings.ts';
import { lakeAccess, type Storage, tableAccess } from './storage.ts';

export interface Api {
  readonly api: sst.aws.ApiGatewayV2;
  readonly healthUrl: $util.Output<string>;
  readonly functions: Readonly<Record<'health' | 'canary', sst.aws.Function>>;
}

/** The public `GET /health`, and a canary that requests it once a minute. */
export function createApi(stage: Stage, storage: Storage, dead: sst.aws.Queue): Api {
  // $1 a million requests; the canary makes 43,800 a month.
  const api = new sst.aws.ApiGatewayV2('Api', {
    cors: false,
    accessLog: { retention: '1 month' },
    transform: {
      stage: (args) => {
        // Bounds what a stranger who found the address can cost: 5 a second is $13 a month.
        args.defaultRouteSettings = { throttlingRateLimit: 5, throttlingBurstLimit: 10 };
      },
    },
  });
  const health = createFunction('Health', {
    stage,
    key: 'health',
    resources: { [VARIABLES.table]: storage.table.name, [VARIABLES.bucket]: storage.bucket.name },
    permissions: [
      tableAccess(storage, ['GetItem'], [PARTITIONS.status]),
      ...lakeAccess(storage, ['GetObject']),
    ],
  });
  api.route(HEALTH_ROUTE, health.arn);
  const healthUrl = $interpolate`${api.url}/health`;
  const canary = createFunction('Canary', {
    stage,
    key: 'canary',
    resources: { [VARIABLES.healthUrl]: healthUrl },
    permissions: [],
    asynchronous: { dead, retries: 0, maxAgeSeconds: 60 },
  });
  createSchedule('CanaryTick', { key: 'canary', target: canary, dead, maxAgeSeconds: 60 });
  return { api, healthUrl, functions: { health, canary } };
}
