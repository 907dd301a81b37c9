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

/** Looks for rows of another interval, one row after the other, by their order in time. */
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
  const lengthMs = intervalMs(interval);
  const recent: FileRow[] = [];
  let unjudged = 0;
  /** Spacings since the last one of the interval. */
  let foreign = 0;
  const judge = () => {
    unjudged = 0;
    return foreign < recent.length - 1 ? null : judgeWindow(recent);
  };
  return {
    add(row) {
      const before = recent.at(-1);
      if (before) {
        unjudged += 1;
        foreign = row.openTime - before.openTime === lengthMs ? 0 : foreign + 1;
      }
      recent.push(row);
      if (recent.length > WINDOW + 1) recent.shift();
      return unjudged === WINDOW ? judge() : null;
    },
    end: () => (unjudged > 0 ? judge() : null),
  };
}

/** A {@link SpacingCheck} of rows as they are read, as long as they are in order. */
export interface ReadingCheck {
  add(rows: readonly FileRow[]): void;
  /** The foreign rows, null without any; `'unsorted'` when the rows were not ascending. */
  end(): ForeignRows | null | 'unsorted';
}

/** Starts a check while a file is read. A row that repeats the one before it is left out. */
export function createReadingCheck(interval: Interval): ReadingCheck {
  const spacing = createSpacingCheck(interval);
  let newest = 0;
  let isAscending = true;
  let foreign: ForeignRows | null = null;
  return {
    add(rows) {
      for (const row of rows) {
        if (row.openTime < newest) isAscending = false;
        if (row.openTime > newest) foreign ??= spacing.add(row);
        newest = row.openTime;
      }
    },
    end: () => (isAscending ? (foreign ?? spacing.end()) : 'unsorted'),
  };
}

/** Judges rows without a spacing of the interval. */
function judgeWindow(rows: readonly FileRow[]): ForeignRows | null {
  const repeatsOf = countSpacings(rows);
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
