import type { EpochMs } from '../time/time.ts';

/** Rows that one history request may ask for: more are cut silently, the newest kept (dossier §1.1). */
export const MAX_HISTORY_ROWS = 1000;

/** Slots beside those asked for that a request shows if there is room: an empty slot is only believed with candles on both sides. */
const MARGIN_SLOTS = 20;

/** One planned history request: open times from `from` (inclusive) to `to` (exclusive). */
export interface HistoryWindow {
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** The slots that it is for, ascending. */
  readonly slots: readonly EpochMs[];
}

/**
 * The fewest requests that show every slot of `asked` together with its two neighbours, newest first. Slots of `riders` that fit into such a request without making it longer than allowed go along.
 * Both lists ascend by open time.
 */
export function planWindows(
  asked: readonly EpochMs[],
  riders: readonly EpochMs[],
  intervalMs: number,
): readonly HistoryWindow[] {
  const windows: HistoryWindow[] = [];
  let next = asked.length - 1;
  while (next >= 0) {
    const newest = asked[next] as EpochMs;
    const to = newest + 2 * intervalMs;
    const lowest = to - (MAX_HISTORY_ROWS - 1) * intervalMs;
    const slots: EpochMs[] = [];
    while (next >= 0 && (asked[next] as EpochMs) >= lowest) slots.push(asked[next--] as EpochMs);
    const along = riders.filter((slot) => slot >= lowest && slot <= newest && !slots.includes(slot));
    slots.push(...along);
    slots.sort((a, b) => a - b);
    windows.push(withMargin({ from: (slots[0] as EpochMs) - intervalMs, to, slots }, intervalMs));
  }
  return windows;
}

function withMargin({ from, to, slots }: HistoryWindow, intervalMs: number): HistoryWindow {
  const spareSlots = MAX_HISTORY_ROWS - (to - from) / intervalMs;
  const marginMs = Math.min(MARGIN_SLOTS - 1, Math.floor(spareSlots / 2)) * intervalMs;
  return { from: from - marginMs, to: to + marginMs, slots };
}
