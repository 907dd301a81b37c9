import type { EpochMs } from '@candlelake/core';
import type { Instrument, UnitCandle } from './instrument.ts';
import { draw, hash, seedOf, wave } from './noise.ts';

export interface SyntheticOptions {
  readonly symbol: string;
  /** Seed of the whole market; each symbol derives its own from it. Default 1. */
  readonly seed?: number;
  /** Share of the minutes without a trade, 0 to 1. Default: 0 for large symbols, drawn for the others. */
  readonly quietShare?: number;
  readonly quietRows?: 'absent' | 'flat';
  readonly launchTime?: EpochMs;
  readonly contract?: Instrument['contract'];
  readonly updatesPerSecond?: number;
}

/** 94 to 99 frames a minute were recorded for BTC-USDT and ETH-USDT (docs/bingx.md, "WebSocket"). */
export const RECORDED_UPDATES_PER_SECOND = 1.6;

const MINUTE_MS = 60_000;
const DEFAULT_LAUNCH = Date.UTC(2021, 4, 14);
const VOLUME_DECIMALS = 4;
const HISTORY_VOLUME_DECIMALS = 2;
/** A price in the range of each large symbol, and the real digits of its prices. */
const LARGE: Readonly<Record<string, readonly [price: number, decimals: number]>> = {
  'BTC-USDT': [110_000, 1],
  'ETH-USDT': [3_900, 2],
  'SOL-USDT': [190, 3],
  'XRP-USDT': [2.5, 4],
  'BNB-USDT': [1_100, 2],
  'DOGE-USDT': [0.19, 5],
  'ADA-USDT': [0.65, 4],
  'LINK-USDT': [17.5, 3],
};

/**
 * The waves of a price, by length in minutes. The amplitude grows with the root of the length, as in a random
 * walk.
 */
const WAVES = [4, 16, 64, 256, 1024, 4096, 16_384, 65_536].map((minutes) => ({
  minutes,
  amplitude: 0.0004 * Math.sqrt(minutes),
}));

/** A drawn market of one symbol: a pure function of (seed, symbol, open time) with 1m base candles. */
export function createSyntheticInstrument(options: SyntheticOptions): Instrument {
  const seed = seedOf(options.seed ?? 1, options.symbol);
  const large = LARGE[options.symbol];
  const quietShare = options.quietShare ?? (large ? 0 : drawnQuietShare(seed));
  const [price, priceDecimals] = large ?? drawnPrice(seed);
  const launchTime = options.launchTime ?? DEFAULT_LAUNCH;
  const shape = { seed, quietShare, units: price * 10 ** priceDecimals };
  return {
    symbol: options.symbol,
    seed,
    baseMs: MINUTE_MS,
    priceDecimals,
    volumeDecimals: VOLUME_DECIMALS,
    historyVolumeDecimals: HISTORY_VOLUME_DECIMALS,
    launchTime,
    ...(options.contract ? { contract: options.contract } : {}),
    from: Math.ceil(launchTime / MINUTE_MS) * MINUTE_MS,
    to: Number.MAX_SAFE_INTEGER,
    quietRows: options.quietRows ?? 'absent',
    updatesPerSecond: options.updatesPerSecond ?? RECORDED_UPDATES_PER_SECOND,
    candle: (openTime) => minuteCandle(shape, openTime),
  };
}

/** `count` symbol names: the large ones first, then invented ones. */
export function syntheticSymbols(count: number): readonly string[] {
  const large = Object.keys(LARGE);
  return Array.from({ length: count }, (_, i) => large[i] ?? `SIM${String(i + 1).padStart(3, '0')}-USDT`);
}

function minuteCandle(
  shape: { readonly seed: number; readonly quietShare: number; readonly units: number },
  openTime: EpochMs,
): UnitCandle | null {
  const { seed, quietShare, units } = shape;
  const minute = openTime / MINUTE_MS;
  if (quietShare > 0 && draw(seed, 1, minute) < quietShare) return null;
  const start = units * level(seed, minute);
  const end = units * level(seed, minute + 1);
  const spread = units * 0.0004;
  // Drawn independently of the previous close: recorded opens differ from it more often than not
  // (docs/bingx.md trap 15).
  const open = Math.max(1, Math.round(start + spread * (draw(seed, 2, minute) - 0.5) * 0.1));
  const close = Math.max(1, Math.round(end + spread * (draw(seed, 3, minute) - 0.5) * 0.1));
  const high = Math.max(open, close) + Math.round(spread * draw(seed, 4, minute) ** 2);
  const low = Math.max(1, Math.min(open, close) - Math.round(spread * draw(seed, 5, minute) ** 2));
  const lots =
    10 + Math.round((4_000 * draw(seed, 6, minute) ** 3 + 200) * (quietShare > 0 ? 1 - quietShare : 1));
  return { open, high, low, close, volume: lots * 10 ** (VOLUME_DECIMALS - HISTORY_VOLUME_DECIMALS) };
}

/** The price relative to its base: near 1, smooth over minutes. */
function level(seed: number, minute: number): number {
  let sum = 1;
  for (const { minutes, amplitude } of WAVES) sum += amplitude * wave(seed ^ minutes, minute / minutes);
  return Math.max(0.05, sum);
}

/** Six symbols in ten trade in every minute, the others in part of them, down to 3 %. */
function drawnQuietShare(seed: number): number {
  return [0, 0, 0, 0, 0, 0, 0.05, 0.3, 0.7, 0.97][hash(seed, 7) % 10] ?? 0;
}

function drawnPrice(seed: number): readonly [price: number, decimals: number] {
  const digits = hash(seed, 8) % 5;
  return [(1 + 8 * draw(seed, 9)) * 10 ** (2 - digits), 2 + digits];
}
