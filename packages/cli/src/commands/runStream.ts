import {
  type AlertSink,
  adoptSettings,
  type Clock,
  createCollector,
  DAY_MS,
  type HttpGet,
  lakeSettingsOf,
  type MergedSlot,
  type Report,
  type Settings,
  startOfDay,
} from '@candlelake/core';
import { createHttpGet } from '@candlelake/node';
import type { ApiThread } from '../adapters/apiThread.ts';
import type { LakeThread } from '../adapters/lakeThread.ts';
import { recordProcess } from '../adapters/runningProcesses.ts';
import { type Alerts, startAlerts } from '../alerts/alerts.ts';
import type { StopSignals } from '../stop.ts';
import {
  alertsLock,
  createApiReader,
  createPipelinePorts,
  type LakeOptions,
  lakePlace,
  openStore,
  startLake,
  watchStore,
} from '../wire.ts';
import { resultUnlessStopped, threadFailure } from './stopHandling.ts';
import type { StreamApi } from './streamApi.ts';
import { healthOfStream, type StartedStream } from './streamHealth.ts';

/** How long to send the last notices after the stream has ended, in real ms. */
const LAST_SEND_MS = 3_000;

/** What a stream is run with, by a command or by the library. */
export interface StreamRun {
  /** The address of the HTTP server; null without one. */
  readonly url: string | null;
  readonly clock: Clock;
  readonly stop: StopSignals;
  readonly report: Report;
  readonly api: StreamApi;
  readonly sinks: readonly AlertSink[];
  readonly httpGet?: HttpGet;
  readonly onIrregular?: (candles: number) => void;
  readonly onStored?: (candles: number, latencyMs: number) => void;
  readonly onMerged?: (slots: readonly MergedSlot[]) => void;
  readonly onBars?: LakeOptions['onBars'];
  readonly onLake?: LakeOptions['onStatus'];
  /** Called once the store is open and has its settings. */
  readonly onOpen?: () => void;
  /** Called before the first request; the returned function is called when the work has ended or failed. */
  readonly onStart: (stream: StartedStream) => () => void;
  /** Called when the work has ended without a failure. */
  readonly onDone?: () => void;
}

/**
 * Keeps store and lake of the output folder until the stop, or until `--until` is settled. Throws any other
 * reason for its end. When it is over, the folder is free for another process.
 */
export async function runStream(settings: Settings, run: StreamRun): Promise<void> {
  const { url, clock, report } = run;
  const { output } = settings;
  const store = openStore({ ...settings, clock });
  let ended = () => {};
  let stopWatch = () => {};
  try {
    ended = recordProcess(output, { command: 'stream', url });
    const watch = watchStore(output, (message) => report({ level: 'error', kind: 'store-lost', message }));
    stopWatch = watch.stop;
    await adoptSettings({ candles: store, derivation: store, report }, lakeSettingsOf(settings), output);
    run.onOpen?.();
    await keepLake(settings, run, { store, storeProblem: watch.problem });
  } finally {
    stopWatch();
    store.close();
    ended();
  }
}

interface OpenStore {
  readonly store: ReturnType<typeof openStore>;
  /** What is wrong with its file; null when nothing is. */
  readonly storeProblem: () => string | null;
}

async function keepLake(settings: Settings, run: StreamRun, open: OpenStore): Promise<void> {
  const { clock, stop, report, api, sinks, onBars, onLake } = run;
  const { store } = open;
  const alerts = await startAlerts({ sinks, store, clock, report, lockPath: alertsLock(settings.output) });
  const lake = startLake({
    ...{ settings, report, onDay: api.feed.derived, ...(onLake && { onStatus: onLake }) },
    barsFrom: startOfDay(clock.now()) - DAY_MS,
    onBars(bars) {
      // Beside a stream of another market this process may derive its days too.
      onBars?.(bars.filter(({ series }) => series.market === settings.market));
      alerts.wake();
    },
  });
  const thread = createApiReader(settings);
  try {
    await collect(settings, run, { ...open, alerts, lake, thread });
  } finally {
    await thread.stop();
    await lake.stop();
    await alerts.stop(AbortSignal.any([stop.flushLimit(), AbortSignal.timeout(LAST_SEND_MS)]));
  }
}

interface RunningParts extends OpenStore {
  readonly alerts: Alerts;
  readonly lake: LakeThread;
  readonly thread: ApiThread;
}

async function collect(settings: Settings, run: StreamRun, parts: RunningParts): Promise<void> {
  const { clock, stop, report, api, httpGet = createHttpGet(), onIrregular, onStored } = run;
  const { store, storeProblem, alerts, lake, thread } = parts;
  const ports = createPipelinePorts({
    ...{ settings, clock, store, lake, stop, report, httpGet, ...(onIrregular && { onIrregular }) },
    onMerged(slots) {
      api.feed.merged(new Set(slots.map(({ series }) => series.symbol)));
      run.onMerged?.(slots);
    },
  });
  const { updated: onUpdate } = api.feed;
  const stream = createCollector({ ...ports, onUpdate, ...(onStored && { onStored }) }, settings);
  const { status } = stream;
  const started = {
    status,
    exchangeNow: () => ports.exchangeClock.now(),
    alerts: alerts.status,
    storeProblem,
  };
  api.start({ ...started, thread, health: () => healthOfStream(started, settings, clock) });
  const onEnd = run.onStart(started);
  try {
    const work = Promise.race([stream.run(stop.signal), threadFailure(lake)]);
    await resultUnlessStopped(work, stop.signal, report);
  } finally {
    onEnd();
  }
  run.onDone?.();
  const problem = storeProblem();
  if (problem !== null) throw new Error(problem);
  const { candlesStored } = status().counters;
  const message = `stopped; ${candlesStored} candles streamed${lakePlace(settings.output)}`;
  report({ level: 'info', kind: 'stopped', message, fields: { candlesStored } });
}
