import { HEALTH_ROUTE, PARTITIONS, VARIABLES } from '../packages/functions/src/names.ts';
import { createFunction, createSchedule } from './function.ts';
import type { Stage } from './settings.ts';
import { lakeAccess, type Storage, tableAccess } from './storage.ts';

export interface Api {
  readonly api: sst.aws.ApiGatewayV2;
  readonly healthUrl: $util.Output<string>;
  readonly health: sst.aws.Function;
}

/** The public `GET /health`, and a schedule that asks the function itself once a minute. */
export function createApi(stage: Stage, storage: Storage): Api {
  // $1 a million requests. The schedule does not come this way.
  const api = new sst.aws.ApiGatewayV2('Api', {
    cors: false,
    accessLog: { retention: '1 month' },
    transform: {
      stage: (args) => {
        // The address is public. At this limit a month of constant requests costs $42, with Lambda, S3, the
        // table and the logs.
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
    asynchronous: { deadEvents: null, retries: 0, maxAgeSeconds: 60 },
  });
  api.route(HEALTH_ROUTE, health.arn);
  const healthUrl = $interpolate`${api.url}/health`;
  createSchedule('HealthTick', { key: 'health', target: health, deadEvents: null, maxAgeSeconds: 60 });
  return { api, healthUrl, health };
}
