import type { StreamValues } from './frames.ts';
import { lengthOfInterval } from './intervals.ts';
import type { KlineRow } from './rows.ts';

/**
 * The names of intervals in spot's topics, as clients use them; 1h is `60min` (docs/bingx.md trap 31). Not
 * taken from the core, because the core is tested against the stand-in.
 */
const SPOT_NAMES: ReadonlyMap<string, string> = new Map([
  ['1min', '1m'],
  ['3min', '3m'],
  ['5min', '5m'],
  ['15min', '15m'],
  ['30min', '30m'],
  ['60min', '1h'],
  ['2hour', '2h'],
  ['4hour', '4h'],
  ['6hour', '6h'],
  ['8hour', '8h'],
  ['12hour', '12h'],
  ['1day', '1d'],
]);

/** The length of an interval in ms by its name in spot's topics; null for an unknown name. */
export function lengthOfSpotInterval(name: string): number | null {
  return lengthOfInterval(SPOT_NAMES.get(name) ?? '');
}

/** A row of spot's history: open time, open, high, low, close, volume, close time, quote volume; numbers. */
export function spotRow(row: unknown, intervalMs: number): readonly unknown[] {
  const { time, open, high, low, close, volume } = row as KlineRow;
  const quoteVolume = Number((Number(volume) * Number(close)).toFixed(2));
  const values = [open, high, low, close, volume].map(asNumber);
  return [time, ...values, time + intervalMs - 1, Number.isFinite(quoteVolume) ? quoteVolume : null];
}

/** `K` of a push, keys in documented order. */
export function spotCandle(
  { c, h, l, o, v, T }: StreamValues,
  { symbol, interval, intervalMs }: { symbol: string; interval: string; intervalMs: number },
): object {
  const open = T % intervalMs === intervalMs - 1 ? T + 1 - intervalMs : T;
  const q = String(Number((Number(v) * Number(c)).toFixed(6)));
  return { T: open + intervalMs - 1, c, h, i: interval, l, n: 1, o, q, s: symbol, t: open, v };
}

/** The number of a decimal text; other values, which faults send, as they are. */
function asNumber(value: unknown): unknown {
  return typeof value === 'string' && Number.isFinite(Number(value)) ? Number(value) : value;
}
