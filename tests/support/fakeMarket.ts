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
}

export interface FakeMarket extends MarketStream {
  /** While true the connection is down: no frames, no pings. */
  down: boolean;
  /** Symbols without frames. */
  readonly silent: Set<string>;
  /** Events that the stream yields next. */
  readonly extra: MarketStreamEvent[];
}

/**
 * A stream with the recorded rollover (docs/bingx.md trap 12): the last update of a candle 0.4 s after its
 * close with a volume slightly below the final one, the first update of the next candle after 2.6 s, a ping
 * every 5 s.
 */
export function createFakeMarket({ clock, valuesAt }: FakeMarketOptions): FakeMarket {
  const fake: FakeMarket = {
    down: false,
    silent: new Set(),
    extra: [],
    events: (symbols, interval, signal) => stream(fake, { clock, valuesAt }, symbols, interval, signal),
  };
  return fake;
}

async function* stream(
  fake: FakeMarket,
  { clock, valuesAt }: FakeMarketOptions,
  symbols: readonly string[],
  interval: Interval,
  signal: AbortSignal,
): AsyncGenerator<MarketStreamEvent> {
  const lengthMs = intervalMs(interval);
  let connection = 0;
  let up = false;
  while (!signal.aborted) {
    if (up === fake.down) {
      up = !up;
      if (up) yield { kind: 'connected', connection: ++connection, symbols };
      else yield { kind: 'disconnected', connection, symbols, reason: 'gone', retryInMs: 1000 };
    }
    yield* fake.extra.splice(0);
    const now = clock.now();
    const into = now % lengthMs;
    if (up && now % 5000 === 0) yield { kind: 'heartbeat', connection, receivedAt: now };
    const current = Math.floor(now / lengthMs) * lengthMs;
    const openTime =
      into === 400 ? current - lengthMs : into === 2600 || into % 60_000 === 0 ? current : null;
    for (const symbol of up && openTime !== null && into !== 0 ? symbols : []) {
      const values = openTime === null || fake.silent.has(symbol) ? null : valuesAt(openTime);
      if (!values || openTime === null) continue;
      const volume = into === 400 ? String(Number(values.volume) - 0.01) : '0.1';
      yield { kind: 'update', connection, receivedAt: now, update: { symbol, openTime, ...values, volume } };
    }
    await clock.sleep(200 - (now % 200), signal).catch(() => {});
  }
}
