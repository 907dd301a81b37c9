import type { LakeKeeper } from '../derive/lakeKeeper.ts';
import { keepWatermark, raiseWatermark } from '../derive/watermark.ts';
import type { CandleUpdate } from '../domain/candle/candle.ts';
import { CLOCK_TOLERANCE_MS } from '../domain/candle/closing.ts';
import { type Interval, intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type {
  CandleStore,
  Clock,
  DerivationStore,
  History,
  MarketStream,
  MarketStreamEvent,
  Random,
  Report,
  ReportedEvent,
  SyncedExchangeClock,
  YieldToHost,
} from '../ports.ts';
import { createExceptions, exceptionEvent } from './exceptions.ts';
import { type RecordOptions, recordStream } from './record.ts';
import { StatusBoard, type StreamStatus } from './status.ts';
import { createStreamRepair, type StreamRepair } from './streamRepair.ts';

export interface CollectorPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly exchangeClock: SyncedExchangeClock;
  readonly history: History;
  readonly marketStream: MarketStream;
  readonly candles: CandleStore;
  readonly derivation: DerivationStore;
  readonly lake: LakeKeeper;
  readonly report: Report;
  readonly yieldToHost: YieldToHost;
  /**
   * Called when the stream stops. The signal aborts when the host's time for the last derivation is over;
   * days that are not derived by then stay marked.
   */
  readonly flushLimit: () => AbortSignal;
  /** Called after candles that closed together became durable; the latency is in ms of the clock. */
  readonly onStored?: (candles: number, latencyMs: number) => void;
  /** Called with each update of an open candle that the exchange's time allows. */
  readonly onUpdate?: (update: CandleUpdate) => void;
}

export interface CollectorOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** The window of history starts at 00:00 UTC of the day this many days ago. */
  readonly historyDays: number;
  readonly backfill: boolean;
  readonly gapFill: boolean;
  /** Stop when every slot that closes by then is settled; null for never. */
  readonly until: EpochMs | null;
}

export interface Collector {
  /**
   * Resolves when `until` is settled and derived, or when the signal aborts; by then all candles that were
   * seen are stored and the lake is derived. Throws ConfigError when neither exchange nor store knows any of
   * the symbols, and errors of the store.
   */
  run(signal: AbortSignal): Promise<void>;
  status(): StreamStatus;
}

interface Parts extends CollectorPorts {
  readonly board: StatusBoard;
  readonly repair: StreamRepair;
}

const CLOCK_SYNC_MS = 10 * MINUTE_MS;
/** How soon a jump of the machine's clock is noticed. */
const CLOCK_CHECK_MS = 10 * SECOND_MS;

/** The long-running use case: stream, repair, derive. */
export function createCollector(ports: CollectorPorts, options: CollectorOptions): Collector {
  const { symbols, interval } = options;
  const exceptions = createExceptions((change) => ports.report(exceptionEvent(change, options)));
  const board = new StatusBoard(symbols, ports.exchangeClock.now(), exceptions);
  const { market } = ports.history;
  const series = symbols.map((symbol) => ({ market, symbol, interval }));
  const repair = createStreamRepair({ ...ports, board, exceptions }, { ...options, series });
  const parts: Parts = { ...ports, board, repair };
  return { run: (signal) => collect(parts, options, signal), status: () => board.read(ports.lake.status()) };
}

async function collect(parts: Parts, options: CollectorOptions, signal: AbortSignal): Promise<void> {
  const { repair, exchangeClock, derivation, lake, flushLimit } = parts;
  const { interval, until } = options;
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  const tasks = [
    record(parts, options, stop),
    repair.run(stop).then(() => done.abort()),
    keepWatermark(parts, { interval, until, ready: repair.firstBackfill }, stop),
    syncClock(parts, stop),
  ];
  try {
    await Promise.all(tasks.map((task) => task.catch(endWith(done, stop))));
  } finally {
    await raiseWatermark({ exchangeClock, derivation }, { interval, until });
    await lake.flush(flushLimit());
  }
}

async function record(parts: Parts, options: CollectorOptions, signal: AbortSignal): Promise<void> {
  const { board, repair, exchangeClock, report } = parts;
  const lengthMs = intervalMs(options.interval);
  const onEvent: RecordOptions['onEvent'] = (event) => {
    board.event(event, exchangeClock.now());
    if (event.kind === 'connected') repair.wake();
    if (event.kind === 'update') {
      repair.streamed(event.update.symbol, event.update.openTime + lengthMs);
      const isFuture = event.update.openTime > event.receivedAt + CLOCK_TOLERANCE_MS;
      if (!isFuture && exchangeClock.isSynced()) parts.onUpdate?.(event.update);
    }
    if (event.kind === 'connected' || event.kind === 'disconnected') report(linkEvent(event));
  };
  const onStored: RecordOptions['onStored'] = (closed, added, latencyMs) => {
    for (const { symbol, candle } of closed) board.closed(symbol, candle.openTime + lengthMs);
    board.stored(added);
    parts.onStored?.(closed.length, latencyMs);
  };
  const { market } = parts.history;
  await recordStream(parts, { ...options, market, onEvent, onStored }, signal);
}

/** The failure of one task stops all tasks and is thrown; an error after the stop is not a failure. */
function endWith(done: AbortController, stop: AbortSignal) {
  return (error: unknown) => {
    if (stop.aborted) return;
    done.abort(error);
    throw error;
  };
}

/**
 * Syncs the exchange's clock every ten minutes, and at once after a jump of the machine's clock. Of failures
 * in a row only the first is a warning.
 */
async function syncClock(
  { clock, exchangeClock, history, report }: CollectorPorts,
  signal: AbortSignal,
): Promise<void> {
  let lastTry = clock.monotonic();
  let hasFailed = false;
  while (!signal.aborted) {
    await clock.sleep(CLOCK_CHECK_MS, signal);
    if (exchangeClock.isSynced() && clock.monotonic() - lastTry < CLOCK_SYNC_MS) continue;
    try {
      await history.syncClock(signal);
      hasFailed = false;
    } catch (error) {
      if (signal.aborted) return;
      const level = exchangeClock.isSynced() || hasFailed ? 'debug' : 'warn';
      hasFailed = true;
      const reason = error instanceof Error ? error.message : String(error);
      report({ level, kind: 'clock-failed', message: `no time from the exchange: ${reason}` });
    }
    lastTry = clock.monotonic();
  }
}

function linkEvent(event: Extract<MarketStreamEvent, { kind: 'connected' | 'disconnected' }>): ReportedEvent {
  if (event.kind === 'connected') {
    const { connection, symbols } = event;
    const message = `connected: ${symbols.length} symbol${symbols.length === 1 ? '' : 's'} on connection ${connection}`;
    return { level: 'info', kind: 'connected', message, fields: { connection, symbols: symbols.length } };
  }
  const { connection, reason, retryInMs } = event;
  const message = `disconnected: ${reason}; trying again in ${(retryInMs / 1000).toFixed(1)} s`;
  return { level: 'warn', kind: 'disconnected', message, fields: { connection, reason, retryInMs } };
}
