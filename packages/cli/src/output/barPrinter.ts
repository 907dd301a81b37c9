import { type DerivedBars, type EpochMs, formatDate, formatTimeframe } from '@candlelake/core';
import { type BarRow, barRows } from './barRow.ts';
import { formatSpan } from './times.ts';

export interface BarPrinterOptions {
  /** Prints bars that closed, in time order. */
  readonly print: (rows: readonly BarRow[]) => void;
  /** Prints what changed of a bar that was printed before. */
  readonly printRevision: (row: BarRow, text: string) => void;
  /** Bars that closed by then are history: the last few are printed by `settle`. Infinity prints none before. */
  readonly startedAt: EpochMs;
  /** Short bars are not shown, as they are not written. */
  readonly skipPartial: boolean;
}

/** Decides which derived bars are news. Days are derived again and again, so most bars that come are not. */
export interface BarPrinter {
  take(derived: readonly DerivedBars[]): void;
  /** The history is in: prints the last bars of it. */
  settle(): void;
}

/** A bar revised later than this many bars ago is no news on a terminal; the lake has it. */
const REMEMBERED_BARS = 100;
const HISTORY_BARS = 3;
/** With more symbols and timeframes than this, one bar of history for each fills the screen. */
const MANY_SERIES = 8;

export function createBarPrinter(options: BarPrinterOptions): BarPrinter {
  const printed = createPrintedBars();
  const history = new Map<string, readonly BarRow[]>();
  let settled = false;

  function isNews(row: BarRow): boolean {
    const before = printed.find(row);
    if (!before) return row.closeTime > options.startedAt && !printed.isForgotten(row);
    const change = describeRevision(before, row);
    if (change !== null) options.printRevision(row, change);
    printed.remember(row);
    return false;
  }

  function print(rows: readonly BarRow[]): void {
    if (rows.length === 0) return;
    options.print(rows);
    rows.forEach(printed.remember);
  }

  return {
    take(derived) {
      const rows = derived.flatMap(barRows).filter((row) => !options.skipPartial || row.status !== 'short');
      if (!settled) keepHistory(history, rows, options.startedAt);
      print(rows.filter(isNews).sort(byTime));
    },
    settle() {
      if (settled) return;
      settled = true;
      const count = history.size > MANY_SERIES ? 1 : HISTORY_BARS;
      print([...history.values()].flatMap((bars) => bars.slice(-count)).sort(byTime));
      history.clear();
    },
  };
}

/** The last bars that were printed, of each series. */
function createPrintedBars() {
  const printed = new Map<string, Map<EpochMs, BarRow>>();
  return {
    find: (row: BarRow) => printed.get(seriesOf(row))?.get(row.openTime),
    /** Whether the bar is so old that it may have been printed and forgotten. */
    isForgotten(row: BarRow): boolean {
      const bars = printed.get(seriesOf(row));
      return bars?.size === REMEMBERED_BARS && row.openTime < Math.min(...bars.keys());
    },
    remember(row: BarRow): void {
      const bars = printed.get(seriesOf(row)) ?? new Map<EpochMs, BarRow>();
      printed.set(seriesOf(row), bars.set(row.openTime, row));
      if (bars.size > REMEMBERED_BARS) bars.delete(Math.min(...bars.keys()));
    },
  };
}

/** What of a printed bar is different now and worth a line; null for nothing. More volume, or final instead of provisional, is not. */
function describeRevision(before: BarRow, after: BarRow): string | null {
  const changes: string[] = [];
  for (const price of ['open', 'high', 'low', 'close'] as const) {
    if (before[price] !== after[price]) changes.push(`${price} ${before[price]} → ${after[price]}`);
  }
  if (before.candleCount !== after.candleCount) {
    changes.push(
      `candles ${before.candleCount}/${before.expectedCount} → ${after.candleCount}/${after.expectedCount}`,
    );
  } else if ((before.status === 'short') !== (after.status === 'short')) {
    changes.push(`${before.status} → ${after.status}`);
  }
  if (changes.length === 0) return null;
  const name = `${after.symbol} ${formatTimeframe(after.timeframeMinutes)}`;
  const span = `${formatDate(after.openTime)} ${formatSpan(after.openTime, after.closeTime)}`;
  return `${span} ${name} revised: ${changes.join(', ')}`;
}

function keepHistory(history: Map<string, readonly BarRow[]>, rows: readonly BarRow[], until: EpochMs): void {
  const past = rows.filter(({ closeTime }) => closeTime <= until);
  for (const [key, fresh] of Map.groupBy(past, seriesOf)) {
    const byOpenTime = new Map([...(history.get(key) ?? []), ...fresh].map((row) => [row.openTime, row]));
    history.set(key, [...byOpenTime.values()].sort(byTime).slice(-HISTORY_BARS));
  }
}

function seriesOf({ symbol, timeframeMinutes }: BarRow): string {
  return `${symbol} ${timeframeMinutes}`;
}

function byTime(one: BarRow, other: BarRow): number {
  return (
    one.closeTime - other.closeTime || one.openTime - other.openTime || (one.symbol < other.symbol ? -1 : 1)
  );
}
