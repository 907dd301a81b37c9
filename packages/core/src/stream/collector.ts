import type { LakeKeeper } from '../derive/keepLake.ts';
import type { Series } from '../domain/candle/candle.ts';
import { type Interval, intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, MINUTE_MS } from '../domain/time/time.ts';
import type {
  CandleStore,
  Clock,
  DerivationStore,
  ExchangeClock,
  History,
  MarketStream,
  MarketStreamEvent,
  Random,
  Report,
  ReportedEvent,
} from '../ports.ts';
import { createRepairer } from '../repair/repairPass.ts';
import { untilSettled } from '../repair/settled.ts';
import { type RecordOptions, recordStream } from './record.ts';
import { createStatusBoard, type StreamStatus } from './status.ts';
import { createStreamRepair } from './streamRepair.ts';
import { keepWatermark, watermarkAt } from './watermark.ts';

export interface CollectorPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly exchangeClock: ExchangeClock;
  readonly history: History;
  readonly marketStream: MarketStream;
  readonly candles: CandleStore;
  readonly derivation: DerivationStore;
  readonly lake: LakeKeeper;
  readonly report: Report;
  /**
   * Made when the stream stops: aborts when the host can wait no longer for the lake. What is not derived
   * then stays marked.
   */
  readonly flushLimit: () => AbortSignal;
  /** Hears how long the candles that closed together took to become durable, in ms of the clock. */
  readonly onStored?: (candles: number, latencyMs: number) => void;
}

export interface CollectorOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** The window of history starts at 00:00 UTC of the day this many days ago. */
  readonly historyDays: number;
  readonly backfill: boolean;
  readonly gapFill: boolean;
  /** Stop when every slot that closes by then is settled; null to go on. */
  readonly until: EpochMs | null;
}

const CLOCK_SYNC_MS = 10 * MINUTE_MS;

/**
 * The long-running use case: stream, repair, derive. `run` resolves when `until` is settled and derived, or
 * when the signal aborts, with all that was seen stored and the lake derived; it throws ConfigError for a
 * symbol that the exchange does not list, and what the store throws.
 */
export function createCollector(
  ports: CollectorPorts,
  options: CollectorOptions,
): { run(signal: AbortSignal): Promise<void>; status(): StreamStatus } {
  const lengthMs = intervalMs(options.interval);
  const startedAt = ports.exchangeClock.now();
  const board = createStatusBoard(options.symbols, startedAt);
  const series = options.symbols.map(
    (symbol): Series => ({ market: 'swap', symbol, interval: options.interval }),
  );
  const repairer = createRepairer(ports);
  const liveFrom = Math.floor(startedAt / lengthMs) * lengthMs;
  const repair = createStreamRepair({ ...ports, repairer, board }, { ...options, series, liveFrom });

  async function record(signal: AbortSignal): Promise<void> {
    const onEvent = (event: MarketStreamEvent) => {
      board.event(event, ports.exchangeClock.now());
      if (event.kind === 'connected') repair.nudge();
      if (event.kind !== 'heartbeat' && event.kind !== 'update') ports.report(reportOf(event));
    };
    const onStored: RecordOptions['onStored'] = (closed, latencyMs) => {
      for (const { symbol, candle } of closed) board.stored(symbol, candle.openTime + lengthMs);
      ports.onStored?.(closed.length, latencyMs);
    };
    await recordStream(ports, { ...options, onEvent, onStored }, signal);
  }

  async function run(signal: AbortSignal): Promise<void> {
    const { until } = options;
    const done = new AbortController();
    const stop = AbortSignal.any([signal, done.signal]);
    const watermark = { interval: options.interval, until, ready: repair.firstBackfill };
    const tasks = [
      record(stop),
      repair.run(stop),
      keepWatermark(ports, watermark, stop),
      syncClock(ports, stop),
    ];
    if (until !== null) {
      const scopes = () => repair.scopesUntil(until);
      tasks.push(untilSettled({ ...ports, repairer }, { scopes, until }, stop).then(() => done.abort()));
    }
    try {
      await Promise.all(tasks.map((task) => task.catch(endWith(done, stop))));
    } finally {
      const asOf = watermarkAt(ports.exchangeClock.now(), options.interval, until);
      await ports.derivation.advanceAsOf(asOf);
      await ports.lake.flush(ports.flushLimit());
    }
  }

  return { run, status: () => board.read(ports.lake.status()) };
}

/**
 * One task's failure ends them all and is thrown; what a task throws because it was stopped is no failure.
 */
function endWith(done: AbortController, stop: AbortSignal) {
  return (error: unknown) => {
    if (stop.aborted) return;
    done.abort(error);
    throw error;
  };
}

async function syncClock({ clock, history, report }: CollectorPorts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(CLOCK_SYNC_MS, signal);
    await history.syncClock(signal).catch((error: unknown) => {
      if (!signal.aborted)
        report({ level: 'debug', kind: 'clock', message: `no time from the exchange: ${error}` });
    });
  }
}

function reportOf(event: Exclude<MarketStreamEvent, { kind: 'heartbeat' | 'update' }>): ReportedEvent {
  if (event.kind === 'connected') {
    const { connection, symbols } = event;
    const message = `connected: ${symbols.length} symbol${symbols.length === 1 ? '' : 's'} on connection ${connection}`;
    return { level: 'info', kind: 'connected', message, fields: { connection, symbols: symbols.length } };
  }
  if (event.kind === 'disconnected') {
    const { connection, reason, retryInMs } = event;
    const message = `disconnected: ${reason}; trying again in ${(retryInMs / 1000).toFixed(1)} s`;
    return { level: 'warn', kind: 'disconnected', message, fields: { connection, reason, retryInMs } };
  }
  const { symbol, code } = event;
  const message = `${symbol}: the exchange rejected the subscription (${code} ${event.message})`;
  return { level: 'error', kind: 'rejected', message, fields: { symbol, code } };
}
