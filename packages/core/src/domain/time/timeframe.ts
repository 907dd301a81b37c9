import { type Interval, intervalMs } from './interval.ts';
import { DAY_MS, MINUTE_MS } from './time.ts';

const UNITS: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440 };
const MINUTES_PER_DAY = DAY_MS / MINUTE_MS;

/**
 * Reads `21m`, `1h` or `1d` as minutes; null for anything else. {@link timeframeProblem} says if it can be
 * built.
 */
export function parseTimeframe(text: string): number | null {
  const match = /^(\d{1,6})([mhd])$/.exec(text.trim());
  return match ? Number(match[1]) * UNITS[match[2]!]! : null;
}

/** Timeframes are written in minutes everywhere: `21m`. */
export function formatTimeframe(minutes: number): string {
  return `${minutes}m`;
}

/**
 * Why bars of `minutes` cannot be built from candles of the interval, with the nearest timeframes that can;
 * null when they can.
 */
export function timeframeProblem(minutes: number, interval: Interval): string | null {
  const step = intervalMs(interval) / MINUTE_MS;
  if (minutes >= step && minutes <= MINUTES_PER_DAY && minutes % step === 0) return null;
  const named = `timeframe "${formatTimeframe(minutes)}"`;
  if (!Number.isFinite(minutes))
    return `${named} is no number of minutes; expected one like "${formatTimeframe(step)}"`;
  const below = Math.floor(minutes / step) * step;
  const nearest = [below, below + step]
    .map((candidate) => Math.min(Math.max(candidate, step), MINUTES_PER_DAY))
    .map((candidate) => `"${formatTimeframe(candidate)}"`);
  return `${named} ${complaint(minutes, step, interval)}; the nearest that can be built: ${[...new Set(nearest)].join(' and ')}`;
}

function complaint(minutes: number, step: number, interval: Interval): string {
  if (minutes < step) return `is shorter than the interval "${interval}"`;
  if (minutes > MINUTES_PER_DAY) return 'is longer than a session, which is a UTC day';
  return `is not a multiple of the interval "${interval}"`;
}
