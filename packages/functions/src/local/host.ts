import { join } from 'node:path';
import { createClock } from '@candlelake/node';
import { bundleFunction, bundleStream } from '../bundle.ts';
import { FUNCTIONS, type FunctionKey, METRICS_NAMESPACE, STREAM, VARIABLES } from '../names.ts';
import { startApi } from './api.ts';
import type { LocalSettings } from './flags.ts';
import { freePort } from './freePort.ts';
import { type LocalLambda, startLambda } from './lambda.ts';
import { createResources } from './resources.ts';
import { startStream } from './streamProcess.ts';
import { type Invoke, periodOf, runQueue, runSchedule } from './triggers.ts';

export interface CloudOptions extends LocalSettings {
  /** A folder for the bundles. */
  readonly folder: string;
  /** Hears each line that a process prints, with the process's name. */
  readonly onLine: (source: string, line: string) => void;
  /** Hears of each invocation that failed. */
  readonly onFailure: (key: FunctionKey, error: Error) => void;
}

export interface LocalCloud {
  readonly healthUrl: string;
  readonly invoke: (key: FunctionKey, event: unknown) => Promise<unknown>;
  /** Resolves when the stream's process has ended, with its exit code. */
  readonly streamEnded: Promise<number | null>;
  /** Drains the stream, derives what it left, and ends every process. */
  stop(): Promise<void>;
}

const KEYS = Object.keys(FUNCTIONS) as FunctionKey[];

/** The cloud host on one machine: the resources at `AWS_ENDPOINT_URL`, the built bundles, their schedules, queue and API, and the stream. */
export async function startCloud(options: CloudOptions): Promise<LocalCloud> {
  const { settings, folder, name, onLine } = options;
  await Promise.all(KEYS.map((key) => bundleFunction(key, join(folder, key))));
  await bundleStream(join(folder, 'stream'));
  const resources = await createResources(name);
  const stopping = new AbortController();
  const lambdas = new Map<FunctionKey, LocalLambda>();
  const invoke = (key: FunctionKey, event: unknown) => lambdas.get(key)!.invoke(event);
  const api = await startApi(settings.port, (event) => invoke('health', event));
  const environment = { ...environmentOf(options), ...resources, [VARIABLES.healthUrl]: api.url };
  for (const key of KEYS) {
    const hear = (line: string) => onLine(key, line);
    lambdas.set(key, await startLambda({ key, folder: join(folder, key), environment, onLine: hear }));
  }
  const stream = startStream({
    file: join(folder, 'stream', STREAM.bundle),
    environment: { ...environment, CANDLELAKE_PORT: String(await freePort()) },
    onLine: (line) => onLine('stream', line),
  });
  const triggers = startTriggers(
    options,
    { queueUrl: resources[VARIABLES.backfillQueue], invoke },
    stopping.signal,
  );
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

/** Schedules and queue, until the signal aborts; a failure is told, and met by the next tick. */
async function startTriggers(
  { settings, onFailure }: CloudOptions,
  { queueUrl, invoke }: { readonly queueUrl: string; readonly invoke: LocalCloud['invoke'] },
  signal: AbortSignal,
): Promise<void> {
  const clock = createClock(settings.clock);
  const telling =
    (key: FunctionKey): Invoke =>
    (event) =>
      invoke(key, event).catch((error: Error) => {
        onFailure(key, error);
        return null;
      });
  const schedules = KEYS.flatMap((key) => {
    const { schedule } = FUNCTIONS[key];
    if (schedule === null) return [];
    return [runSchedule({ clock, periodMs: periodOf(schedule), invoke: telling(key) }, signal)];
  });
  await Promise.all([...schedules, runQueue(queueUrl, telling('backfillWorker'), signal)]);
}

/** What Lambda and Fargate would set, and the way to the stand-in. */
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
