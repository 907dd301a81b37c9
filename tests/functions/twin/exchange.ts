import { readFileSync } from 'node:fs';
import {
  type CandleValues,
  type Clock,
  canonicalDecimal,
  type EpochMs,
  type History,
  type HistoryRequest,
  intervalMs,
  type MarketStream,
  type MarketStreamEvent,
  RetryableError,
  SymbolRefusedError,
} from '@candlelake/core';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const SLOT = 3 * MINUTE;

export const SYMBOLS = ['BTC-USDT', 'ETH-USDT', 'SOL-USDT'] as const;
/** The symbol that the exchange rejects for a while. */
const REJECTED_SYMBOL = 'SOL-USDT';

/** A span of time, [from, to) in epoch ms. */
export interface Stretch {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Spans of each fault. Both hosts see the same faults. */
export interface Faults {
  /** The connection is down. */
  readonly linkDown: readonly Stretch[];
  /** ETH trades, but sends no frames. */
  readonly silent: readonly Stretch[];
  /** History does not answer. */
  readonly historyDown: readonly Stretch[];
  /** History lacks its newest rows, as a slow replica does. */
  readonly historyBehind: readonly Stretch[];
  /** History limits requests. */
  readonly limited: readonly Stretch[];
  /** History and stream refuse SOL, which trades on (docs/bingx.md, "Errors": 109415 and 80015). */
  readonly rejected: readonly Stretch[];
}

const inside = (stretches: readonly Stretch[], now: EpochMs) =>
  stretches.some(({ from, to }) => now >= from && now < to);

/** Closed 3m candles of BTC-USDT that were recorded from BingX on 2 and 3 August 2025. */
const RECORDED: ReadonlyMap<EpochMs, CandleValues> = readRecording();

/**
 * The candles of the exchange: recorded ones where they exist, others elsewhere. ETH has slots without a
 * trade.
 */
function valuesAt(symbol: string, openTime: EpochMs, now: EpochMs): CandleValues | null {
  const slot = openTime / SLOT;
  if (symbol === 'ETH-USDT') return slot % 37 === 5 ? null : plainValues(openTime + 7 * MINUTE);
  if (symbol === REJECTED_SYMBOL) return plainValues(openTime + 11 * MINUTE);
  const values = RECORDED.get(openTime) ?? plainValues(openTime);
  // The exchange revises some finals: from 40 minutes after the close on the volume is another one.
  return slot % 97 === 11 && now >= openTime + SLOT + 40 * MINUTE ? { ...values, volume: '99.5' } : values;
}

/** The REST side. */
export function createTwinHistory(clock: Clock, faults: Faults): History {
  const of = (symbol: string) =>
    createFakeHistory({ now: clock.now, valuesAt: (time) => valuesAt(symbol, time, clock.now()) });

  function trouble(): void {
    const now = clock.now();
    if (inside(faults.historyDown, now)) throw new RetryableError('no answer');
    if (inside(faults.limited, now)) throw new RetryableError('code 100410', { retryAfterMs: MINUTE });
  }

  return {
    market: 'swap',
    async read(request: HistoryRequest, signal) {
      trouble();
      const { symbol } = request.series;
      if (symbol === REJECTED_SYMBOL && inside(faults.rejected, clock.now()))
        throw new SymbolRefusedError(`${symbol} is pause currently`, { code: 109415, certain: true });
      const page = await of(symbol).read(request, signal);
      return inside(faults.historyBehind, clock.now()) ? { ...page, rows: page.rows.slice(0, -3) } : page;
    },
    async contracts() {
      trouble();
      return SYMBOLS.map((symbol) => ({ symbol, pricePrecision: 1, launchTime: null }));
    },
    async syncClock() {
      trouble();
    },
  };
}

/**
 * Ms into a slot at which frames come: the last update of the slot before, the first of this one, and pings.
 */
const FRAMES = [400, 2600, 30_000, 60_000, 90_000, 120_000, 150_000];

/** The WebSocket side: the last update of a candle comes 0.4 s after its close, with 99 % of its volume. */
export function createTwinMarket(clock: Clock, faults: Faults): MarketStream {
  return {
    async *events(symbols, interval, signal): AsyncGenerator<MarketStreamEvent> {
      const lengthMs = intervalMs(interval);
      let connection = 0;
      let isUp = false;
      let isRejected = false;
      while (!signal.aborted) {
        const now = clock.now();
        const isDown = inside(faults.linkDown, now);
        if (isUp === isDown) {
          isUp = !isDown;
          isRejected = false;
          if (isUp) yield { kind: 'connected', connection: ++connection, symbols };
          else yield { kind: 'disconnected', connection, symbols, reason: 'gone', retryInMs: 1000 };
        }
        if (isUp && inside(faults.rejected, now) !== isRejected) {
          isRejected = !isRejected;
          const symbol = REJECTED_SYMBOL;
          if (isRejected) yield { kind: 'rejected', symbol, code: 80015, message: 'dataType not support' };
          else yield { kind: 'accepted', symbol };
        }
        if (isUp) yield* framesAt(now, { symbols, lengthMs, connection, faults });
        const into = clock.now() % lengthMs;
        const next = FRAMES.find((at) => at > into) ?? lengthMs + FRAMES[0]!;
        await clock.sleep(next - into, signal).catch(() => {});
      }
    },
  };
}

interface FramesOptions {
  readonly symbols: readonly string[];
  readonly lengthMs: number;
  readonly connection: number;
  readonly faults: Faults;
}

function* framesAt(
  receivedAt: EpochMs,
  { symbols, lengthMs, connection, faults }: FramesOptions,
): Generator<MarketStreamEvent> {
  const into = receivedAt % lengthMs;
  yield { kind: 'heartbeat', connection, receivedAt };
  if (into !== 400 && into !== 2600) return;
  const openTime = receivedAt - into - (into === 400 ? lengthMs : 0);
  for (const symbol of symbols) {
    if (symbol === 'ETH-USDT' && inside(faults.silent, receivedAt)) continue;
    if (symbol === REJECTED_SYMBOL && inside(faults.rejected, receivedAt)) continue;
    const values = valuesAt(symbol, openTime, receivedAt);
    if (!values) continue;
    const volume = into === 400 ? String(Number((Number(values.volume) * 0.99).toFixed(6))) : '0.01';
    yield { kind: 'update', connection, receivedAt, update: { symbol, openTime, ...values, volume } };
  }
}

function readRecording(): ReadonlyMap<EpochMs, CandleValues> {
  const [, ...lines] = readFileSync('tests/fixtures/bingx/btc-usdt-3m-closed.csv', 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [time, ...texts] = line.split(',');
      const [open, high, low, close, volume] = texts.slice(0, 5).map((text) => canonicalDecimal(text)!);
      return [Number(time), { open: open!, high: high!, low: low!, close: close!, volume: volume! }];
    }),
  );
}
