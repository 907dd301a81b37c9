import type { Market } from '../domain/candle/candle.ts';
import { type ClosedCandle, Closer, SETTLE_DELAY_MS } from '../domain/candle/closing.ts';
import { type Interval, intervalMs } from '../domain/time/interval.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type {
  CandleStore,
  Clock,
  MarketStream,
  MarketStreamEvent,
  SlotFacts,
  SyncedExchangeClock,
} from '../ports.ts';

export interface RecordPorts {
  readonly clock: Clock;
  readonly exchangeClock: SyncedExchangeClock;
  readonly marketStream: MarketStream;
  readonly candles: CandleStore;
}

export interface RecordOptions {
  readonly market: Market;
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** Called with every event of the stream, after it was processed. */
  readonly onEvent: (event: MarketStreamEvent) => void;
  /**
   * Called with candles after they became durable; `added` of their slots had no candle before. The latency
   * in ms runs from the moment their close was seen.
   */
  readonly onStored: (closed: readonly ClosedCandle[], added: number, latencyMs: number) => void;
}

/** How soon a clock that has become reliable again, or was set, is noticed. */
const UNSYNCED_MS = SECOND_MS;
const LONGEST_SLEEP_MS = MINUTE_MS;

/**
 * Streams until the signal aborts and stores closed candles. Candles that close during one write are stored
 * together by the next, so that hundreds of symbols that close together share a transaction. Throws errors of
 * the store.
 */
export async function recordStream(
  ports: RecordPorts,
  options: RecordOptions,
  signal: AbortSignal,
): Promise<void> {
  const { symbols, interval } = options;
  const closer = new Closer(interval);
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const writer = createWriter(ports, options, (error) => failed.abort(error));
  const { exchangeClock } = ports;
  const ticking = tickAtCloses(ports, interval, stop, () => writer.add(closer.tick(exchangeClock.now())));
  try {
    for await (const event of ports.marketStream.events(symbols, interval, stop)) {
      // Without a reliable time nothing can be closed: history fills what is skipped here.
      if (event.kind === 'disconnected') closer.disconnect(event.connection);
      else if (exchangeClock.isSynced()) writer.add(closedBy(closer, event));
      options.onEvent(event);
    }
  } finally {
    failed.abort(failed.signal.reason);
    await ticking;
    await writer.drained();
  }
  if (!signal.aborted) throw failed.signal.reason;
}

function closedBy(closer: Closer, event: MarketStreamEvent): readonly ClosedCandle[] {
  if (event.kind === 'update') return closer.update(event.update, event.connection, event.receivedAt);
  if (event.kind === 'heartbeat') return closer.heartbeat(event.connection, event.receivedAt);
  return [];
}

/** Acts after each close, when candles of symbols without newer updates are closed by the clock. */
async function tickAtCloses(
  { clock, exchangeClock }: Pick<RecordPorts, 'clock' | 'exchangeClock'>,
  interval: Interval,
  signal: AbortSignal,
  act: () => void,
): Promise<void> {
  while (!signal.aborted) {
    const sinceClose = (exchangeClock.now() - SETTLE_DELAY_MS) % intervalMs(interval);
    const untilClose = Math.min(intervalMs(interval) - sinceClose, LONGEST_SLEEP_MS);
    await clock.sleep(exchangeClock.isSynced() ? untilClose : UNSYNCED_MS, signal).catch(() => {});
    if (!signal.aborted && exchangeClock.isSynced()) act();
  }
}

function createWriter(ports: RecordPorts, options: RecordOptions, onError: (error: unknown) => void) {
  let waiting: ClosedCandle[] = [];
  let waitingSince = 0;
  let busy = false;
  let writing = Promise.resolve();

  async function write(): Promise<void> {
    busy = true;
    try {
      while (waiting.length > 0) {
        const closed = waiting;
        const since = waitingSince;
        waiting = [];
        const merged = await ports.candles.merge(factsOf(closed, options));
        const added = merged.filter(({ before }) => before.candle === null).length;
        options.onStored(closed, added, ports.clock.now() - since);
      }
    } catch (error) {
      onError(error);
    } finally {
      busy = false;
    }
  }

  return {
    add(closed: readonly ClosedCandle[]): void {
      if (closed.length === 0) return;
      if (waiting.length === 0) waitingSince = ports.clock.now();
      waiting.push(...closed);
      if (!busy) writing = write();
    },
    drained: () => writing,
  };
}

function factsOf(
  closed: readonly ClosedCandle[],
  { market, interval }: Pick<RecordOptions, 'market' | 'interval'>,
): readonly SlotFacts[] {
  return closed.map(({ symbol, candle }) => ({
    series: { market, symbol, interval },
    candles: [candle],
  }));
}
