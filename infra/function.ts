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
  /** The value of every resource that the function reads from its environment. */
  readonly resources: Readonly<Partial<Record<VariableName, $util.Input<string>>>>;
  readonly permissions: readonly Permission[];
  /** Where an event goes that failed for good; only for functions that are invoked asynchronously. */
  readonly asynchronous?: {
    readonly dead: sst.aws.Queue;
    readonly retries: 0 | 1 | 2;
    readonly maxAgeSeconds: number;
  };
}

/**
 * One Lambda function with a log group of its own, the only one it may write to.
 * Without reserved concurrency: a new account has 10 for everything and can reserve none of it.
 */
export function createFunction(name: string, options: FunctionOptions): sst.aws.Function {
  const { stage, key, asynchronous } = options;
  const definition = FUNCTIONS[key];
  const { variables, banner } = carry(stage.variables);
  const logs = new aws.cloudwatch.LogGroup(`${name}Logs`, {
    name: `/${$app.name}/${stage.name}/${key}`,
    retentionInDays: 30,
  });
  return new sst.aws.Function(name, {
    handler: `${definition.entry.replace(/\.ts$/, '')}.${definition.export}`,
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    memory: `${definition.memoryMb} MB`,
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
      ...(asynchronous ? [{ actions: ['sqs:SendMessage'], resources: [asynchronous.dead.arn] }] : []),
    ],
    ...(asynchronous ? { retries: asynchronous.retries } : {}),
    ...(key === 'buildLake' ? { hook: { postbuild: addEncoder } } : {}),
    transform: {
      role: (args) => {
        // The managed policy lets a function write to every log group of the account.
        args.managedPolicyArns = [];
      },
      eventInvokeConfig: (args) => {
        if (!asynchronous) return;
        args.maximumEventAgeInSeconds = asynchronous.maxAgeSeconds;
        args.destinationConfig = { onFailure: { destination: asynchronous.dead.arn } };
      },
    },
  });
}

/** Lambda allows 4 KB of environment in all; names of resources and sst's own variables take a third of it. */
const MAX_SETTINGS_BYTES = 2500;

/** A long list of symbols is set at the head of the bundle instead: 600 of them would take 8 KB. */
function carry(variables: Stage['variables']) {
  const text = JSON.stringify(variables);
  if (text.length <= MAX_SETTINGS_BYTES) return { variables, banner: null };
  return { variables: {}, banner: `Object.assign(process.env, ${text});` };
}

/** The Parquet encoder lies beside the bundle. Not `copyFiles`: that writes a single file into the zip twice. */
async function addEncoder(folder: string): Promise<void> {
  runBundler('addEncoder', folder);
}

export interface ScheduleOptions {
  readonly key: FunctionKey;
  readonly target: sst.aws.Function;
  readonly dead: sst.aws.Queue;
  /** A tick that could not be delivered is given up after this long. */
  readonly maxAgeSeconds: number;
}

/** EventBridge Scheduler, UTC; $1 a million after 14 million. What it can't deliver goes to the queue of dead events. */
export function createSchedule(
  name: string,
  { key, target, dead, maxAgeSeconds }: ScheduleOptions,
): sst.aws.CronV2 {
  const expression = FUNCTIONS[key].schedule;
  if (expression === null) throw new Error(`the function "${key}" has no schedule`);
  return new sst.aws.CronV2(name, {
    schedule: expression as `rate(${string})`,
    timezone: 'UTC',
    function: target.arn,
    retries: 2,
    dlq: dead.arn,
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
