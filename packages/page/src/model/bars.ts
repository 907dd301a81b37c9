import type { BarRow } from '@candlelake/core';

/** What became of a list of bars, and how much of it has to be drawn again. */
export interface BarsChange {
  readonly bars: readonly BarRow[];
  /** Only the last bar changed, or one was added after it. */
  readonly onlyLast: boolean;
}

/**
 * Puts bars into a list that is sorted by open time; of two with one open time the new one stays, but a bar
 * that has closed is not replaced by an open one.
 */
export function mergeBars(known: readonly BarRow[], incoming: readonly BarRow[]): BarsChange {
  if (incoming.length === 1) return mergeOne(known, incoming[0]!);
  const byTime = new Map(known.map((bar) => [bar.open_time, bar]));
  for (const bar of incoming) {
    const old = byTime.get(bar.open_time);
    if (!(bar.is_open && old && !old.is_open)) byTime.set(bar.open_time, bar);
  }
  const bars = [...byTime.values()].sort((a, b) => a.open_time - b.open_time);
  return { bars, onlyLast: false };
}

function mergeOne(known: readonly BarRow[], bar: BarRow): BarsChange {
  const index = known.findLastIndex(({ open_time }) => open_time <= bar.open_time);
  const old = known[index];
  const replaces = old?.open_time === bar.open_time;
  if (replaces && bar.is_open && !old.is_open) return { bars: known, onlyLast: true };
  const bars = known.toSpliced(replaces ? index : index + 1, replaces ? 1 : 0, bar);
  return { bars, onlyLast: bars.at(-1) === bar };
}

/** The bar with this open time and the one before it in the list; undefined where there is none. */
export function barAndPrevious(
  bars: readonly BarRow[],
  openTime: number | null,
): { readonly bar: BarRow | undefined; readonly previous: BarRow | undefined } {
  const index =
    openTime === null ? bars.length - 1 : bars.findLastIndex(({ open_time }) => open_time === openTime);
  return { bar: bars[index], previous: index > 0 ? bars[index - 1] : undefined };
}
