import {
  adoptSettings,
  type Clock,
  createCollector,
  DAY_MS,
  formatTimeframe,
  healthOf,
  lakeSettingsOf,
  type Settings,
  type StreamStatus,
  startOfDay,
} from '@candlelake/core';
import { connectExchange, createClock, createHttpGet } from '@candlelake/node';
import { createApp } from '../http/app.ts';
import { createMetrics, type Metrics } from '../http/metrics.ts';
import { startHttpServer } from '../http/server.ts';
import { createDisplay, type Display } from '../output/display.ts';
import type { Stop } from '../stop.ts';
import { lakeRoot, openStore, startLake } from '../wire.ts';
import type { Host } from './host.ts';
import { endInTime, failureOf, nameSymbols, watchEnd } from './running.ts';

const STARTING = { status: 'unhealthy', reason: 'starting' } as const;

/** How often it is looked whether the history is in, in real ms. */
const SETTLE_CHECK_MS = 250;

/** Streams until the user stops it, `--for` is over or `--until` is settled. Throws what ended it otherwise. */
export async function runStream(settings: Settings, host: Host): Promise<void> {
  const clock = createClock(settings.clock);
  const metrics = createMetrics(clock);
  const display = createDisplay({ lines: host.lines, clock, settings, startedAt: clock.now() });
  const stop = watchEnd(host, display.report);
  if (settings.forMs !== null) stop.after(settings.forMs);
  let status: (() => StreamStatus) | null = null;
  const app = createApp({
    health: () => (status ? healthOf(status(), { now: clock.now(), interval: settings.interval }) : STARTING),
    metrics: () => metrics.render(status?.() ?? null),
  });
  const server = await startHttpServer(app, settings.host, settings.port);
  try {
    announce(settings, server.url, display);
    await streamInto(settings, { clock, metrics, display, stop, onStatus: (read) => (status = read) });
  } finally {
    server.close();
    display.close();
    stop.dispose();
  }
}

interface StreamHost {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly display: Display;
  readonly stop: Stop;
  readonly onStatus: (status: () => StreamStatus) => void;
}

async function streamInto(settings: Settings, { clock, metrics, display, stop, onStatus }: StreamHost) {
  const { report } = display;
  const store = openStore({ ...settings, clock });
  await adoptSettings({ derivation: store, report }, lakeSettingsOf(settings), settings.output);
  const barsFrom = startOfDay(clock.now()) - DAY_MS;
  const lake = startLake({ settings, report, onBars: display.onBars, barsFrom });
  try {
    const httpGet = metrics.counted(createHttpGet());
    const exchange = connectExchange({ settings, clock, pace: store, httpGet, report });
    const stream = createCollector(
      {
        ...exchange,
        clock,
        random: Math.random,
        candles: store,
        derivation: store,
        lake,
        report,
        flushLimit: stop.flushLimit,
        onStored: metrics.stored,
      },
      settings,
    );
    onStatus(stream.status);
    const settling = settleOnce(stream.status, clock, display);
    try {
      await endInTime(Promise.race([stream.run(stop.signal), failureOf(lake)]), stop.signal, report);
    } finally {
      clearInterval(settling);
    }
    display.settle();
    const { candlesStored } = stream.status().counters;
    const message = `stopped; ${candlesStored} candles streamed, the lake is in ${lakeRoot(settings.output)}`;
    report({ level: 'info', kind: 'stopped', message, fields: { candlesStored } });
  } finally {
    await lake.stop();
    store.close();
  }
}

function announce(
  { symbols, interval, timeframes, output }: Settings,
  url: string,
  { report }: Display,
): void {
  const bars = timeframes.map(formatTimeframe).join(', ');
  const message = `${nameSymbols(symbols)}: candles of ${interval}, bars of ${bars}, into ${output}`;
  report({ level: 'info', kind: 'starting', message, fields: { symbols: symbols.join(), interval, output } });
  report({ level: 'info', kind: 'listening', message: `health at ${url}/health`, fields: { url } });
}

/** Shows the end of the history once it is in, and in the lake: derived after the last answer, with nothing left to derive. */
function settleOnce(status: () => StreamStatus, clock: Clock, display: Display): NodeJS.Timeout {
  let filledAt = Number.POSITIVE_INFINITY;
  const timer = setInterval(() => {
    const { reachable, backfill, lake } = status();
    if (!reachable || backfill.running) return;
    filledAt = Math.min(filledAt, clock.now());
    if (lake.lastDerivedAt === null || lake.lastDerivedAt < filledAt || lake.dirtyDays > 0) return;
    clearInterval(timer);
    display.settle();
  }, SETTLE_CHECK_MS);
  return timer;
}
