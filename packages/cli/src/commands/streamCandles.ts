import {
  type AlertSink,
  type AlertStatus,
  adoptSettings,
  type Clock,
  createCollector,
  DAY_MS,
  type EpochMs,
  type Health,
  healthOf,
  lakeSettingsOf,
  type Settings,
  type StreamStatus,
  startOfDay,
} from '@candlelake/core';
import { createClock, createHttpGet } from '@candlelake/node';
import { readPageFiles } from '@candlelake/page';
import { recordProcess } from '../adapters/runningProcesses.ts';
import { createSinks, startAlerts } from '../alerts/alerts.ts';
import { createApp } from '../http/app.ts';
import { createMetrics, type Metrics } from '../http/metrics.ts';
import { pageRoutes } from '../http/page.ts';
import { startHttpServer } from '../http/server.ts';
import { createDisplay, type Display } from '../output/display.ts';
import type { Stop } from '../stop.ts';
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
import type { CommandContext } from './commandContext.ts';
import { handleStop, resultUnlessStopped, threadFailure } from './stopHandling.ts';
import { createStreamApi, type StreamApi } from './streamApi.ts';
import { refuseEarlyEnd, reportStart, showHistoryOnce } from './streamStart.ts';
import { startStatusLine } from './streamStatusLine.ts';

const STARTING = { status: 'unhealthy', reason: 'starting' } as const;

/** How long to send the last notices after the stream has ended, in real ms. */
const LAST_SEND_MS = 3_000;

/**
 * Streams until a signal, until `--for` is over or until `--until` is settled. Throws any other reason for
 * its end.
 */
export async function streamCandles(settings: Settings, context: CommandContext): Promise<void> {
  const clock = createClock(settings.clock);
  refuseEarlyEnd(settings, clock);
  const sinks = createSinks(settings);
  const metrics = createMetrics(clock);
  const display = createDisplay({ lines: context.lines, clock, settings, startedAt: clock.now() });
  const stop = handleStop(context, { report: display.report, lateCode: 0 });
  if (settings.forMs !== null) stop.after(settings.forMs);
  let started: StartedStream | null = null;
  const api = createStreamApi({ settings, clock, report: display.report });
  const app = createApp({
    parts: [api.routes, pageRoutes(readPageFiles())],
    health: () => (started ? healthOfStream(started, settings, clock) : STARTING),
    metrics: () => metrics.render(started?.status() ?? null, started?.alerts() ?? []),
  });
  const server = await startHttpServer(app, settings);
  try {
    const { url } = server;
    await streamInto(settings, {
      url,
      clock,
      metrics,
      display,
      stop,
      api,
      sinks,
      onStart: (stream) => (started = stream),
    });
  } finally {
    api.close();
    server.close();
    display.close();
    stop.dispose();
  }
}

interface StreamParts {
  /** The address of the HTTP server. */
  readonly url: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly display: Display;
  readonly stop: Stop;
  readonly api: StreamApi;
  readonly sinks: readonly AlertSink[];
  readonly onStart: (stream: StartedStream) => void;
}

interface StartedStream {
  readonly status: () => StreamStatus;
  readonly exchangeNow: () => EpochMs;
  readonly alerts: () => readonly AlertStatus[];
  /** What is wrong with the file of the store; null when nothing is. */
  readonly storeProblem: () => string | null;
}

/** `/health` with what waits for each sink. */
type HealthWithAlerts = Health & { readonly alerts: readonly AlertStatus[] };

function healthOfStream(
  { status, exchangeNow, storeProblem, alerts }: StartedStream,
  { interval, requestsPerSecond }: Settings,
  clock: Clock,
): HealthWithAlerts {
  const health = healthOf(status(), {
    ...{ now: exchangeNow(), lakeNow: clock.now() },
    ...{ interval, requestsPerSecond },
  });
  const reason = storeProblem();
  const failed = reason === null ? {} : { status: 'unhealthy' as const, reason };
  return { ...health, ...failed, alerts: alerts() };
}

async function streamInto(settings: Settings, parts: StreamParts) {
  const { url, clock, metrics, display, stop, api, sinks, onStart } = parts;
  const { report } = display;
  const store = openStore({ ...settings, clock });
  const ended = recordProcess(settings.output, { command: 'stream', url });
  const watch = watchStore(settings.output, (message) =>
    report({ level: 'error', kind: 'store-lost', message }),
  );
  await adoptSettings(
    { candles: store, derivation: store, report },
    lakeSettingsOf(settings),
    settings.output,
  );
  reportStart(settings, { url, clock, display });
  const barsFrom = startOfDay(clock.now()) - DAY_MS;
  const alerts = await startAlerts({ sinks, store, clock, report, lockPath: alertsLock(settings.output) });
  const onBars: LakeOptions['onBars'] = (bars) => {
    display.onBars(bars);
    alerts.wake();
  };
  const lake = startLake({
    ...{ settings, report, barsFrom, onBars },
    ...{ onDay: api.feed.derived, onStatus: display.onLake },
  });
  const thread = createApiReader(settings.output);
  try {
    const httpGet = metrics.counted(createHttpGet());
    const ports = createPipelinePorts({
      ...{ settings, clock, store, lake, stop, report, httpGet },
      onIrregular: metrics.irregular,
      onMerged: api.feed.merged,
    });
    const { updated: onUpdate } = api.feed;
    const stream = createCollector({ ...ports, onStored: metrics.stored, onUpdate }, settings);
    const { status } = stream;
    const exchangeNow = () => ports.exchangeClock.now();
    const started = { status, exchangeNow, alerts: alerts.status, storeProblem: watch.problem };
    onStart(started);
    const health = () => healthOfStream(started, settings, clock);
    api.start({ status, exchangeNow, thread, health });
    const { newestBar } = api;
    const endStatusLine = startStatusLine({ display, settings, status, health, exchangeNow, newestBar });
    const historyCheck = showHistoryOnce(stream.status, clock, display);
    try {
      const work = Promise.race([stream.run(stop.signal), threadFailure(lake)]);
      await resultUnlessStopped(work, stop.signal, report);
    } finally {
      endStatusLine();
      clearInterval(historyCheck);
    }
    display.endHistory();
    const problem = watch.problem();
    if (problem !== null) throw new Error(problem);
    const { candlesStored } = stream.status().counters;
    const message = `stopped; ${candlesStored} candles streamed${lakePlace(settings.output)}`;
    report({ level: 'info', kind: 'stopped', message, fields: { candlesStored } });
  } finally {
    watch.stop();
    await thread.stop();
    await lake.stop();
    await alerts.stop(AbortSignal.any([stop.flushLimit(), AbortSignal.timeout(LAST_SEND_MS)]));
    store.close();
    ended();
  }
}
