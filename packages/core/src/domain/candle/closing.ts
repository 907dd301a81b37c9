import { type Interval, intervalMs } from '../time/interval.ts';
import { type EpochMs, SECOND_MS } from '../time/time.ts';
import type { Candle, CandleUpdate } from './candle.ts';
import { isIrregular } from './candleCheck.ts';

/**
 * The last update of a candle arrived 0.5 s after its end, the first one of the next candle 2.6 s after it; 5
 * s leaves room for both. Source: docs/bingx.md, "Closing of a candle".
 */
export const SETTLE_DELAY_MS = 5 * SECOND_MS;

/**
 * The largest error of our estimate of exchange time: a record that opens later than this from now is
 * refused.
 */
export const CLOCK_TOLERANCE_MS = 10 * SECOND_MS;

/** A candle that just closed, as the stream showed it: provisional. */
export interface ClosedCandle {
  readonly symbol: string;
  readonly candle: Candle;
}

/** The newest candle of a symbol. */
interface Newest {
  openTime: EpochMs;
  /** Its last update while it is open; null once it closed or its connection ended. */
  open: { readonly update: CandleUpdate; readonly connection: number } | null;
  closed: boolean;
}

interface ConnectionState {
  lastFrameAt: EpochMs;
  /**
   * Last updates of candles that have ended, until a frame shows that the connection was alive at their
   * close.
   */
  readonly unproven: Map<string, CandleUpdate>;
}

const NONE: readonly ClosedCandle[] = [];

/**
 * Turns candle updates into closed candles; every method returns the candles that it closed. Times are
 * exchange time.
 *
 * A newer open time, or the clock {@link SETTLE_DELAY_MS} past the end, ends a candle. Its last update counts
 * only if its own connection delivers a frame at or after the close; it is dropped when the connection ends
 * before that. A later update of a closed candle is returned again; the merge law decides between them.
 * Skipped open times are filled by repair, and so is a candle whose last update is irregular. Source:
 * docs/bingx.md, "Closing of a candle".
 */
export class Closer {
  readonly #lengthMs: number;
  readonly #symbols = new Map<string, Newest>();
  readonly #connections = new Map<number, ConnectionState>();

  constructor(interval: Interval) {
    this.#lengthMs = intervalMs(interval);
  }

  update(update: CandleUpdate, connection: number, receivedAt: EpochMs): readonly ClosedCandle[] {
    const proven = this.heartbeat(connection, receivedAt);
    if (update.openTime > receivedAt + CLOCK_TOLERANCE_MS) return proven;
    const closed = this.#advance(update, connection);
    return proven.length === 0 ? closed : [...proven, ...closed];
  }

  /** Notes a frame of a connection. */
  heartbeat(connection: number, receivedAt: EpochMs): readonly ClosedCandle[] {
    const state = this.#connections.get(connection);
    if (!state) {
      this.#connections.set(connection, { lastFrameAt: receivedAt, unproven: new Map() });
      return NONE;
    }
    if (receivedAt > state.lastFrameAt) state.lastFrameAt = receivedAt;
    return state.unproven.size === 0 ? NONE : takeProven(state, this.#lengthMs);
  }

  /** Closes the candles whose end is {@link SETTLE_DELAY_MS} or longer ago. */
  tick(exchangeNow: EpochMs): readonly ClosedCandle[] {
    const closed: ClosedCandle[] = [];
    for (const newest of this.#symbols.values()) {
      if (!newest.open || exchangeNow < newest.openTime + this.#lengthMs + SETTLE_DELAY_MS) continue;
      closed.push(...this.#close(newest.open.update, newest.open.connection));
      newest.open = null;
      newest.closed = true;
    }
    return closed;
  }

  /** Drops the open candles of a connection that ended. */
  disconnect(connection: number): void {
    this.#connections.delete(connection);
    for (const newest of this.#symbols.values()) {
      if (newest.open?.connection === connection) newest.open = null;
    }
  }

  #advance(update: CandleUpdate, connection: number): readonly ClosedCandle[] {
    const newest = this.#symbols.get(update.symbol);
    const open = { update, connection };
    if (!newest) {
      this.#symbols.set(update.symbol, { openTime: update.openTime, open, closed: false });
      return NONE;
    }
    const ended = update.openTime < newest.openTime || (update.openTime === newest.openTime && newest.closed);
    if (ended) return this.#close(update, connection);
    const before = update.openTime > newest.openTime ? newest.open : null;
    newest.openTime = update.openTime;
    newest.open = open;
    newest.closed = false;
    return before ? this.#close(before.update, before.connection) : NONE;
  }

  #close(update: CandleUpdate, connection: number): readonly ClosedCandle[] {
    const state = this.#connections.get(connection);
    if (!state || isIrregular(update)) return NONE;
    if (state.lastFrameAt >= update.openTime + this.#lengthMs) return [toClosed(update)];
    state.unproven.set(`${update.symbol} ${update.openTime}`, update);
    return NONE;
  }
}

function takeProven(state: ConnectionState, lengthMs: number): readonly ClosedCandle[] {
  const proven: ClosedCandle[] = [];
  for (const [key, update] of state.unproven) {
    if (state.lastFrameAt < update.openTime + lengthMs) continue;
    state.unproven.delete(key);
    proven.push(toClosed(update));
  }
  return proven;
}

function toClosed({ symbol, ...values }: CandleUpdate): ClosedCandle {
  return { symbol, candle: { ...values, status: 'provisional', source: 'stream', observed: 0 } };
}
