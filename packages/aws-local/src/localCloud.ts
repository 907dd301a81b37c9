import { join } from 'node:path';
import { bundleFunction, bundleStream } from '@candlelake/functions/bundle';
import {
  FUNCTIONS,
  type FunctionKey,
  METRICS_NAMESPACE,
  STREAM,
  VARIABLES,
} from '@candlelake/functions/names';
import { createClock } from '@candlelake/node';
import type { LocalSettings } from './commandLine.ts';
import { freePort } from './freePort.ts';
import { startHttpApi } from './httpApi.ts';
import { type LocalLambda, startLambda } from './lambda.ts';
import { runQueue } from './queue.ts';
import { type CreatedResources, createResources } from './resources.ts';
import { type InvokeFunction, periodMsOf, runSchedule } from './schedule.ts';
import { startStreamProcess } from './streamProcess.ts';

export interface LocalCloudOptions extends LocalSettings {
  /** A folder for the bundles. */
  readonly folder: string;
  /** Called with each line that a process prints, and the name of the process. */
  readonly onLine: (source: string, line: string) => void;
  /** Called for each invocation that failed. */
  readonly onFailure: (key: FunctionKey, error: Error) => void;
}

export interface LocalCloud {
  readonly healthUrl: string;
  readonly invoke: (key: FunctionKey, event: unknown) => Promise<unknown>;
  /** Resolves with the exit code when the stream's process ends. */
  readonly streamEnded: Promise<number | null>;
  /** Drains the stream, derives the remaining days once, and ends every process. */
  stop(): Promise<void>;
}

const KEYS = Object.keys(FUNCTIONS) as FunctionKey[];

/**
 * Runs the AWS host on this machine: resources at `AWS_ENDPOINT_URL`, the built bundles with their schedules,
 * queue and API, and the stream.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { settings, folder, name, onLine } = options;
  await Promise.all(KEYS.map((key) => bundleFunction(key, join(folder, key))));
  await bundleStream(join(folder, 'stream'));
  const resources = await createResources(name);
  const stopping = new AbortController();
  const lambdas = new Map<FunctionKey, LocalLambda>();
  const invoke = (key: FunctionKey, event: unknown) => lambdas.get(key)!.invoke(event);
  const api = await startHttpApi(settings.port, (event) => invoke('health', event));
  const environment = { ...environmentOf(options), ...resources.variables };
  for (const key of KEYS) {
    const onOwnLine = (line: string) => onLine(key, line);
    lambdas.set(key, await startLambda({ key, folder: join(folder, key), environment, onLine: onOwnLine }));
  }
  const stream = startStreamProcess({
    file: join(folder, 'stream', STREAM.bundle),
    environment: { ...environment, CANDLELAKE_PORT: String(await freePort()) },
    onLine: (line) => onLine('stream', line),
  });
  const triggers = runTriggers(options, { ...resources, invoke }, stopping.signal);
  return {
    healthUrl: api.url,
    invoke,
    streamEnded: stream.ended,
    async stop() {
      stream.stop();
      await stream.ended;
      stopping.abort();
      await triggers;
      await invoke('buildLake', {}).catch((error) => options.onFailure('buildLake', error));
      await Promise.all([...lambdas.values()].map((lambda) => lambda.stop()));
      api.server.closeAllConnections();
      api.server.close();
    },
  };
}

/**
 * Runs schedules and queues until the signal aborts. A failed invocation is reported; the next tick repeats
 * its work.
 */
async function runTriggers(
  { settings, onFailure }: LocalCloudOptions,
  { variables, derivationQueueUrl, invoke }: CreatedResources & Pick<LocalCloud, 'invoke'>,
  signal: AbortSignal,
): Promise<void> {
  const clock = createClock(settings.clock);
  const reportFailure =
    (key: FunctionKey): InvokeFunction =>
    (event) =>
      invoke(key, event).catch((error: Error) => {
        onFailure(key, error);
        return null;
      });
  const schedules = KEYS.flatMap((key) => {
    const { schedule } = FUNCTIONS[key];
    if (schedule === null) return [];
    return [runSchedule({ clock, periodMs: periodMsOf(schedule), invoke: reportFailure(key) }, signal)];
  });
  await Promise.all([
    ...schedules,
    runQueue(variables[VARIABLES.backfillQueue], reportFailure('backfillWorker'), signal),
    runQueue(derivationQueueUrl, reportFailure('buildLake'), signal),
  ]);
}

/** The variables that Lambda and Fargate would set, and the `AWS_*` variables of this process. */
function environmentOf({ variables, name }: LocalSettings): Readonly<Record<string, string>> {
  const inherited = Object.entries(process.env).filter(([variable]) => variable.startsWith('AWS_'));
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    ...(Object.fromEntries(inherited) as Record<string, string>),
    ...variables,
    [VARIABLES.service]: name,
    [VARIABLES.namespace]: METRICS_NAMESPACE,
  };
}
