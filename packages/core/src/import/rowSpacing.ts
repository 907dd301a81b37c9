import { INTERVALS, type Interval, intervalMs } from '../domain/time/interval.ts';
import { MINUTE_MS } from '../domain/time/time.ts';
import { formatTimeframe } from '../domain/time/timeframe.ts';
import type { FileRow } from '../ports.ts';

/** Rows of a file that are not candles of the expected interval. */
export interface ForeignRows {
  /** Line of the first of them. */
  readonly line: number;
  /** Their spacing: the name of an interval, else minutes such as `21m`. */
  readonly spacing: string;
  /** The interval that the rows fit; null when the exchange has none of this length. */
  readonly interval: Interval | null;
}

/** Spacings that are judged together. */
const WINDOW = 32;
/** A spacing that is no interval of the exchange counts only when it repeats. */
const REPEATS = 3;

/** Looks for rows of another interval, one row after the other. */
export interface SpacingCheck {
  /** Takes the next row, ascending by open time; returns foreign rows when it completes their window. */
  add(row: FileRow): ForeignRows | null;
  /** Judges the rows after the last whole window. */
  end(): ForeignRows | null;
}

/**
 * Starts a check for rows of another interval: in a window of spacings none is that of `interval`, and more
 * than half are equal. A file with random holes has no such window.
 */
export function createSpacingCheck(interval: Interval): SpacingCheck {
  const recent: FileRow[] = [];
  let unjudged = 0;
  const judge = () => {
    unjudged = 0;
    return judgeWindow(recent, interval);
  };
  return {
    add(row) {
      if (recent.length > 0) unjudged += 1;
      recent.push(row);
      if (recent.length > WINDOW + 1) recent.shift();
      return unjudged === WINDOW ? judge() : null;
    },
    end: () => (unjudged > 0 ? judge() : null),
  };
}

function judgeWindow(rows: readonly FileRow[], interval: Interval): ForeignRows | null {
  const repeatsOf = countSpacings(rows);
  if (repeatsOf.has(intervalMs(interval))) return null;
  const half = (rows.length - 1) / 2;
  const [spacingMs, repeats] = [...repeatsOf].find(([, repeated]) => repeated > half) ?? [];
  if (spacingMs === undefined || repeats === undefined) return null;
  const fits = INTERVALS.find((one) => intervalMs(one) === spacingMs) ?? null;
  if (fits === null && repeats < REPEATS) return null;
  return { line: rows[0]!.line, spacing: fits ?? formatTimeframe(spacingMs / MINUTE_MS), interval: fits };
}

/** How often each spacing of neighbours occurs. */
function countSpacings(rows: readonly FileRow[]): ReadonlyMap<number, number> {
  const repeatsOf = new Map<number, number>();
  for (let row = 1; row < rows.length; row++) {
    const spacingMs = rows[row]!.openTime - rows[row - 1]!.openTime;
    repeatsOf.set(spacingMs, (repeatsOf.get(spacingMs) ?? 0) + 1);
  }
  return repeatsOf;
}
