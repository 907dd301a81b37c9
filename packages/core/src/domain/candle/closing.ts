import { type Interval, intervalMs } from '../time/interval.ts';
import { type EpochMs, SECOND_MS } from '../time/time.ts';
import type { Candle, CandleUpdate } from './candle.ts';

/**
 * A candle's last update was seen 0.5 s after its end and the next candle's first one 2.6 s after; 5 s leaves
 * room for both.
 */
export const SETTLE_DELAY_MS = 5 * SECOND_MS;

/**
 * How far the exchange's clock and our estimate of it may be apart: a record that opens later than this from
 * now is no record.
 */
export const CLOCK_TOLERANCE_MS = 10 * SECOND_MS;

/** A candle that just closed, as the stream knows it: provisional. */
export interface ClosedCandle {
  readonly symbol: string;
  readonly candle: Candle;
}

/**
 * Turns candle updates into closed candles. Every call returns the candles that closed by it. Times are
 * exchange time.
 */
export interface Closer {
  update(update: CandleUpdate, connection: number, receivedAt: EpochMs): readonly ClosedCandle[];
  heartbeat(connection: number, receivedAt: EpochMs): readonly ClosedCandle[];
  tick(exchangeNow: EpochMs): readonly ClosedCandle[];
  disconnect(connection: number): readonly ClosedCandle[];
}

/** The newest candle of a symbol. */
interface Newest {
  openTime: EpochMs;
  /** Its last update while it is open; null once it closed or its connection died. */
  open: { readonly update: CandleUpdate; readonly connection: number } | null;
  closed: boolean;
}

interface Link {
  lastFrameAt: EpochMs;
  /**
   * Last updates of candles that are over, by symbol and open time, until a frame proves that the link
   * outlived them.
   */
  readonly unproven: Map<string, CandleUpdate>;
}

const NONE: readonly ClosedCandle[] = [];

/**
 * Closes candles by the law of design §3: a newer open time, or the clock {@link SETTLE_DELAY_MS} past the
 * end, ends a candle; its last update counts only once its own connection has delivered a frame at or after
 * the close, and is dropped when that connection ends before. A later update of a closed candle comes out
 * again: the merge law sorts them. Skipped open times are the repair's work.
 */
export function createCloser(interval: Interval): Closer {
  const length = intervalMs(interval);
  const symbols = new Map<string, Newest>();
  const links = new Map<number, Link>();

  /** Notes a frame; returns the candles that waited for it. */
  const noteFrame = (connection: number, receivedAt: EpochMs): readonly ClosedCandle[] => {
    const link = links.get(connection);
    if (!link) {
      links.set(connection, { lastFrameAt: receivedAt, unproven: new Map() });
      return NONE;
    }
    if (receivedAt > link.lastFrameAt) link.lastFrameAt = receivedAt;
    return link.unproven.size === 0 ? NONE : takeProven(link, length);
  };

  const close = (update: CandleUpdate, connection: number): readonly ClosedCandle[] => {
    const link = links.get(connection);
    if (!link) return NONE;
    if (link.lastFrameAt >= update.openTime + length) return [toClosed(update)];
    link.unproven.set(`${update.symbol} ${update.openTime}`, update);
    return NONE;
  };

  const advance = (update: CandleUpdate, connection: number): readonly ClosedCandle[] => {
    const newest = symbols.get(update.symbol);
    if (!newest) {
      symbols.set(update.symbol, { openTime: update.openTime, open: { update, connection }, closed: false });
      return NONE;
    }
    const over = update.openTime < newest.openTime || (update.openTime === newest.openTime && newest.closed);
    if (over) return close(update, connection);
    const before = update.openTime > newest.openTime ? newest.open : null;
    newest.openTime = update.openTime;
    newest.open = { update, connection };
    newest.closed = false;
    return before ? close(before.update, before.connection) : NONE;
  };

  return {
    update(update, connection, receivedAt) {
      const proven = noteFrame(connection, receivedAt);
      if (update.openTime > receivedAt + CLOCK_TOLERANCE_MS) return proven;
      const closed = advance(update, connection);
      return proven.length === 0 ? closed : [...proven, ...closed];
    },
    heartbeat: noteFrame,
    tick(exchangeNow) {
      const closed: ClosedCandle[] = [];
      for (const newest of symbols.values()) {
        if (!newest.open || exchangeNow < newest.openTime + length + SETTLE_DELAY_MS) continue;
        closed.push(...close(newest.open.update, newest.open.connection));
        newest.open = null;
        newest.closed = true;
      }
      return closed;
    },
    disconnect(connection) {
      links.delete(connection);
      for (const newest of symbols.values()) {
        if (newest.open?.connection === connection) newest.open = null;
      }
      return NONE;
    },
  };
}

function takeProven(link: Link, length: number): readonly ClosedCandle[] {
  const proven: ClosedCandle[] = [];
  for (const [key, update] of link.unproven) {
    if (link.lastFrameAt < update.openTime + length) continue;
    link.unproven.delete(key);
    proven.push(toClosed(update));
  }
  return proven;
}

function toClosed({ symbol, ...values }: CandleUpdate): ClosedCandle {
  return { symbol, candle: { ...values, status: 'provisional', source: 'stream', observed: 0 } };
}
