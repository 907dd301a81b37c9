import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from './time.ts';

/**
 * The exchange's candle intervals up to a day, with their lengths in ms. Longer ones (3d, 1w, 1M) do not fit
 * into a session. Source: docs/bingx.md, "Time".
 */
const LENGTHS = {
  '1m': MINUTE_MS,
  '3m': 3 * MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': HOUR_MS,
  '2h': 2 * HOUR_MS,
  '4h': 4 * HOUR_MS,
  '6h': 6 * HOUR_MS,
  '8h': 8 * HOUR_MS,
  '12h': 12 * HOUR_MS,
  '1d': DAY_MS,
} as const;

/** The size of an exchange candle. */
export type Interval = keyof typeof LENGTHS;

export const INTERVALS = Object.keys(LENGTHS) as readonly Interval[];

/** The length of an interval in milliseconds. */
export function intervalMs(interval: Interval): number {
  return LENGTHS[interval];
}

/**
 * The open time of the candle of an interval that holds `time`: the grid of every interval starts at the
 * epoch.
 */
export function floorToInterval(time: EpochMs, interval: Interval): EpochMs {
  const lengthMs = intervalMs(interval);
  return Math.floor(time / lengthMs) * lengthMs;
}
