import {
  FUNCTIONS,
  type FunctionKey,
  METRICS_NAMESPACE,
  VARIABLES,
  type VariableName,
} from '../packages/functions/src/names.ts';
import { runBundler } from './bundler.ts';
import type { Stage } from './settings.ts';
import type { Permission } from './storage.ts';

export interface FunctionOptions {
  readonly stage: Stage;
  readonly key: FunctionKey;
  /** The variables that name resources, with their values. */
  readonly resources: Readonly<Partial<Record<VariableName, $util.Input<string>>>>;
  readonly permissions: readonly Permission[];
  /** In place of the memory that names.ts gives. */
  readonly memoryMb?: number;
  /** What happens to an event that fails; only for functions that are invoked asynchronously. */
  readonly asynchronous?: Asynchronous;
}

export interface Asynchronous {
  readonly retries: 0 | 1 | 2;
  readonly maxAgeSeconds: number;
  /** Dead-letter queue of events that fail for good; null where the next tick does the same work. */
  readonly deadEvents: sst.aws.Queue | null;
}

/**
 * One Lambda function with its own log group, the only one it may write to. No concurrency is reserved: a new
 * account has 10 in all and cannot reserve any.
 */
export function createFunction(name: string, options: FunctionOptions): sst.aws.Function {
  const { stage, key, asynchronous } = options;
  const definition = FUNCTIONS[key];
  const { variables, banner } = environmentOf(stage.variables);
  const logs = new aws.cloudwatch.LogGroup(`${name}Logs`, {
    name: `/${$app.name}/${stage.name}/${key}`,
    retentionInDays: 30,
  });
  return new sst.aws.Function(name, {
    handler: `${definition.entry.replace(/\.ts$/, '')}.${definition.export}`,
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    memory: `${options.memoryMb ?? definition.memoryMb} MB`,
    timeout: `${definition.timeoutSeconds} seconds`,
    nodejs: { minify: true, ...(banner ? { banner } : {}) },
    logging: { logGroup: logs.name, format: 'json' },
    environment: {
      ...variables,
      ...options.resources,
      [VARIABLES.service]: `${$app.name}-${stage.name}`,
      [VARIABLES.namespace]: METRICS_NAMESPACE,
    },
    permissions: [
      ...options.permissions,
      {
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [$interpolate`${logs.arn}:*`],
      },
      ...(asynchronous?.deadEvents
        ? [{ actions: ['sqs:SendMessage'], resources: [asynchronous.deadEvents.arn] }]
        : []),
    ],
    ...(asynchronous ? { retries: asynchronous.retries } : {}),
    ...(key === 'buildLake' ? { hook: { postbuild: addEncoder } } : {}),
    transform: {
      role: (args) => {
        // The managed policy would allow writing to every log group of the account.
        args.managedPolicyArns = [];
      },
      function: (args) => {
        // The default of Lambda drops lines below INFO.
        const applicationLogLevel = stage.settings.debug ? 'DEBUG' : 'INFO';
        args.loggingConfig = $output(args.loggingConfig).apply((config) => ({
          ...config!,
          applicationLogLevel,
        }));
      },
      eventInvokeConfig: (args) => {
        if (!asynchronous) return;
        args.maximumEventAgeInSeconds = asynchronous.maxAgeSeconds;
        if (asynchronous.deadEvents)
          args.destinationConfig = { onFailure: { destination: asynchronous.deadEvents.arn } };
      },
    },
  });
}

/** Lambda allows 4 KB of environment; names of resources and sst's own variables take a third of it. */
const MAX_SETTINGS_BYTES = 2500;

/**
 * Settings as environment variables, or at the head of the bundle when they are too long: 600 symbols take 8
 * KB.
 */
function environmentOf(variables: Stage['variables']) {
  const text = JSON.stringify(variables);
  if (text.length <= MAX_SETTINGS_BYTES) return { variables, banner: null };
  return { variables: {}, banner: `Object.assign(process.env, ${text});` };
}

/**
 * Packs the Parquet encoder beside the bundle. sst's `copyFiles` would write a single file into the zip
 * twice.
 */
async function addEncoder(folder: string): Promise<void> {
  runBundler('addEncoder', folder);
}

export interface ScheduleOptions {
  readonly key: FunctionKey;
  readonly target: sst.aws.Function;
  /** A tick that cannot be delivered is dropped after this time. */
  readonly maxAgeSeconds: number;
  /** Dead-letter queue of ticks that cannot be delivered; null where the next tick does the same work. */
  readonly deadEvents: sst.aws.Queue | null;
}

/** A schedule in UTC; $1 a million calls. */
export function createSchedule(
  name: string,
  { key, target, deadEvents, maxAgeSeconds }: ScheduleOptions,
): sst.aws.CronV2 {
  const expression = FUNCTIONS[key].schedule;
  if (expression === null) throw new Error(`the function "${key}" has no schedule`);
  return new sst.aws.CronV2(name, {
    schedule: expression as `cron(${string})`,
    timezone: 'UTC',
    function: target.arn,
    retries: 2,
    ...(deadEvents ? { dlq: deadEvents.arn } : {}),
    transform: {
      schedule: (args) => {
        args.target = $output(args.target).apply((scheduled) => ({
          ...scheduled,
          retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: maxAgeSeconds },
        }));
      },
    },
  });
}
