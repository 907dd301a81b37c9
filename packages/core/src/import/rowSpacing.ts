import { INTERVALS, type Interval, intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, MINUTE_MS } from '../domain/time/time.ts';
import { formatTimeframe } from '../domain/time/timeframe.ts';

/** Rows of a file that are not candles of the expected interval. */
export interface ForeignRows {
  /** Index of the first of them. */
  readonly first: number;
  /** Their spacing: the name of an interval, else minutes such as `21m`. */
  readonly spacing: string;
  /** The interval that the rows fit; null when the exchange has none of this length. */
  readonly interval: Interval | null;
}

/** Spacings that are judged together. */
const WINDOW = 32;
/** A spacing that is no interval of the exchange counts only when it repeats. */
const REPEATS = 3;

/**
 * Finds rows of another interval: in a window of spacings none is that of `interval`, and more than half are
 * equal. A file with random holes has no such window. `openTimes` are ascending and unique. Null without such
 * rows.
 */
export function findForeignRows(openTimes: readonly EpochMs[], interval: Interval): ForeignRows | null {
  const count = openTimes.length - 1;
  for (let start = 0; start < count; start += WINDOW) {
    const from = Math.max(0, Math.min(start, count - WINDOW));
    const repeatsOf = countSpacings(openTimes.slice(from, from + WINDOW + 1));
    if (repeatsOf.has(intervalMs(interval))) continue;
    const half = Math.min(WINDOW, count) / 2;
    const [spacingMs, repeats] = [...repeatsOf].find(([, repeated]) => repeated > half) ?? [];
    if (spacingMs === undefined || repeats === undefined) continue;
    const fits = INTERVALS.find((one) => intervalMs(one) === spacingMs) ?? null;
    if (fits === null && repeats < REPEATS) continue;
    return { first: from, spacing: fits ?? formatTimeframe(spacingMs / MINUTE_MS), interval: fits };
  }
  return null;
}

/** How often each spacing of neighbours occurs. */
function countSpacings(openTimes: readonly EpochMs[]): ReadonlyMap<number, number> {
  const repeatsOf = new Map<number, number>();
  for (let row = 1; row < openTimes.length; row++) {
    const spacingMs = openTimes[row]! - openTimes[row - 1]!;
    repeatsOf.set(spacingMs, (repeatsOf.get(spacingMs) ?? 0) + 1);
  }
  return repeatsOf;
}
