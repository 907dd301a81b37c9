import type { BarRow } from '@candlelake/core';
import { mergeBars } from './bars.ts';

/** A stretch of bars without a hole in what was loaded, and where to ask for more on both sides. */
export interface BarWindow {
  readonly bars: readonly BarRow[];
  /** What to ask for as `to` to get older bars; null when there are none. */
  readonly older: number | null;
  /** What to ask for as `from` to get newer bars; null when the window reaches the open bar. */
  readonly newer: number | null;
}

export const EMPTY_WINDOW: BarWindow = { bars: [], older: null, newer: null };

/** More bars than a screen shows at any zoom, few enough to be drawn again within a frame or two. */
export const MAX_BARS = 4000;

/** With a page of older bars; the newest ones are dropped beyond {@link MAX_BARS}. */
export function withOlder(window: BarWindow, bars: readonly BarRow[], older: number | null): BarWindow {
  const all = mergeBars(bars, window.bars).bars;
  if (all.length <= MAX_BARS) return { ...window, bars: all, older };
  const kept = all.slice(0, MAX_BARS);
  return { bars: kept, older, newer: kept.at(-1)!.close_time };
}

/** With a page of newer bars; the oldest ones are dropped beyond {@link MAX_BARS}. */
export function withNewer(window: BarWindow, bars: readonly BarRow[], newer: number | null): BarWindow {
  const all = mergeBars(window.bars, bars).bars;
  if (all.length <= MAX_BARS) return { ...window, bars: all, newer };
  const kept = all.slice(-MAX_BARS);
  return { bars: kept, older: kept[0]!.open_time, newer };
}

/** With live bars; those outside the window are loaded when the user scrolls there. */
export function withLive(
  window: BarWindow,
  incoming: readonly BarRow[],
): { window: BarWindow; onlyLast: boolean } {
  const from = window.older === null ? Number.NEGATIVE_INFINITY : (window.bars[0]?.open_time ?? window.older);
  const to = window.newer ?? Number.POSITIVE_INFINITY;
  const inside = incoming.filter(({ open_time }) => open_time >= from && open_time < to);
  if (inside.length === 0) return { window, onlyLast: true };
  const { bars, onlyLast } = mergeBars(window.bars, inside);
  return { window: { ...window, bars }, onlyLast };
}
