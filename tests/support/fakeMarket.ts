import {
  type CandleValues,
  type Clock,
  type EpochMs,
  type Interval,
  intervalMs,
  type MarketStream,
  type MarketStreamEvent,
} from '@candlelake/core';

export interface FakeMarketOptions {
  readonly clock: Clock;
  readonly valuesAt: (openTime: EpochMs) => CandleValues | null;
  /** Time between pings; updates within a candle are sent with a ping. 5 s when left out, as recorded. */
  readonly pingMs?: number;
}

export interface FakeMarket extends MarketStream {
  /** While true the connection is down: no frames, no pings. */
  down: boolean;
  /** Symbols without frames. */
  readonly silent: Set<string>;
  /** Makes the stream yield an event. */
  send(event: MarketStreamEvent): void;
}

/** Recorded (docs/bingx.md, "WebSocket"). */
const PING_MS = 5000;
/** Ms into a slot: the last update of the candle before, the first update of the open one (docs/bingx.md trap 12). */
const LAST_UPDATE_MS = 400;
const FIRST_UPDATE_MS = 2600;
const MINUTE_MS = 60_000;

/**
 * A stream with the recorded rollover: the last update of a candle 0.4 s after its close with a volume slightly
 * below the final one, the first update of the next candle after 2.6 s, one more each minute, a ping every 5 s.
 */
export function createFakeMarket({ clock, valuesAt, pingMs = PING_MS }: FakeMarketOptions): FakeMarket {
  const state: MarketState = { isDown: false, events: [], silent: new Set(), change: new AbortController() };
  return {
    get down() {
      return state.isDown;
    },
    set down(isDown) {
      state.isDown = isDown;
      state.change.abort();
    },
    silent: state.silent,
    send(event) {
      state.events.push(event);
      state.change.abort();
    },
    events: (symbols, interval, signal) =>
      stream(state, { clock, valuesAt, pingMs }, symbols, interval, signal),
  };
}

interface MarketState {
  isDown: boolean;
  readonly events: MarketStreamEvent[];
  readonly silent: ReadonlySet<string> & Set<string>;
  /** Ends the wait for the next frame. */
  change: AbortController;
}

async function* stream(
  state: MarketState,
  { clock, valuesAt, pingMs }: Required<FakeMarketOptions>,
  symbols: readonly string[],
  interval: Interval,
  signal: AbortSignal,
): AsyncGenerator<MarketStreamEvent> {
  const lengthMs = intervalMs(interval);
  let connection = 0;
  let isUp = false;
  let sentAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    state.change = new AbortController();
    if (isUp === state.isDown) {
      isUp = !isUp;
      if (isUp) yield { kind: 'connected', connection: ++connection, symbols };
      else yield { kind: 'disconnected', connection, symbols, reason: 'gone', retryInMs: 1000 };
    }
    yield* state.events.splice(0);
    const now = clock.now();
    if (isUp && now > sentAt) {
      sentAt = now;
      if (now % pingMs === 0) yield { kind: 'heartbeat', connection, receivedAt: now };
      for (const symbol of symbols) {
        const update = state.silent.has(symbol) ? null : updateAt(now, { symbol, lengthMs, valuesAt });
        if (update) yield { kind: 'update', connection, receivedAt: now, update };
      }
    }
    const wakes = AbortSignal.any([signal, state.change.signal]);
    await clock.sleep(nextFrame(now, lengthMs, pingMs) - now, wakes).catch(() => {});
  }
}

/** The update of a symbol at an instant; null for no frame. */
function updateAt(
  now: EpochMs,
  of: {
    readonly symbol: string;
    readonly lengthMs: number;
    readonly valuesAt: FakeMarketOptions['valuesAt'];
  },
) {
  const into = now % of.lengthMs;
  const isLast = into === LAST_UPDATE_MS;
  if (!isLast && into !== FIRST_UPDATE_MS && (into === 0 || into % MINUTE_MS !== 0)) return null;
  const openTime = now - into - (isLast ? of.lengthMs : 0);
  const values = of.valuesAt(openTime);
  if (!values) return null;
  const volume = isLast ? String(Number(values.volume) - 0.01) : '0.1';
  return { symbol: of.symbol, openTime, ...values, volume };
}

/** The next instant with a ping or an update; each full minute has a ping. */
function nextFrame(now: EpochMs, lengthMs: number, pingMs: number): EpochMs {
  const next = (everyMs: number, offset: number) =>
    Math.floor((now - offset) / everyMs) * everyMs + everyMs + offset;
  return Math.min(next(pingMs, 0), next(lengthMs, LAST_UPDATE_MS), next(lengthMs, FIRST_UPDATE_MS));
}
