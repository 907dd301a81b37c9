import type { EpochMs } from '../time/time.ts';
import { dayLook, LOOK_BACK_MS } from './secondLook.ts';

/**
 * Rows that one history request may ask for: of more, the exchange returns the newest only (docs/bingx.md,
 * "REST candles").
 */
export const MAX_HISTORY_ROWS = 1000;

/**
 * Slots on either side of those asked for that a request shows if there is room: a slot is shown empty only
 * by candles around it.
 */
const MARGIN_SLOTS = 20;

/** One planned history request: open times from `from` (inclusive) to `to` (exclusive). */
export interface HistoryWindow {
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** The slots that it asks for, ascending. */
  readonly slots: readonly EpochMs[];
}

export interface PlanOptions {
  readonly intervalMs: number;
  /**
   * Open time of the oldest stored candle: no request is made longer for what lies before it. Null when there
   * is none.
   */
  readonly firstSlot: EpochMs | null;
  /**
   * Slots before it may have to be asked for too, and are not among those asked yet: only requests that can't
   * show them are planned. All slots are known when it is left out.
   */
  readonly knownFrom?: EpochMs;
}

/**
 * The fewest requests that show every slot of `asked` (ascending) together with its two neighbours, newest
 * first. What is left of the rows of a request goes to a margin and to second looks at finals before it.
 */
export function planWindows(asked: readonly EpochMs[], options: PlanOptions): readonly HistoryWindow[] {
  const { intervalMs, knownFrom = Number.NEGATIVE_INFINITY } = options;
  const windows: HistoryWindow[] = [];
  let end = asked.length;
  while (end > 0) {
    const to = asked[end - 1]! + 2 * intervalMs;
    const lowest = to - (MAX_HISTORY_ROWS - 1) * intervalMs;
    if (lowest - intervalMs < knownFrom) break;
    let start = end;
    while (start > 0 && asked[start - 1]! >= lowest) start -= 1;
    windows.push(withSpareRows({ to, slots: asked.slice(start, end) }, options));
    end = start;
  }
  return windows;
}

function withSpareRows(
  { to, slots }: Pick<HistoryWindow, 'to' | 'slots'>,
  { intervalMs, firstSlot }: PlanOptions,
): HistoryWindow {
  const oldest = slots[0]!;
  const rows = (to - oldest) / intervalMs + 1;
  const newerSlots = Math.min(MARGIN_SLOTS - 1, Math.floor((MAX_HISTORY_ROWS - rows) / 2));
  const end = to + newerSlots * intervalMs;
  const lowest = end - MAX_HISTORY_ROWS * intervalMs;
  const marginSlots = Math.max(MARGIN_SLOTS, Math.ceil(LOOK_BACK_MS / intervalMs));
  const margin = Math.max(lowest, oldest - marginSlots * intervalMs);
  const looks = slots.flatMap((slot) => lookStart(slot, intervalMs, firstSlot) ?? []);
  const look = looks.find((from) => from >= lowest) ?? margin;
  return { from: Math.min(margin, look), to: end, slots };
}

/** Where the look a day before a slot begins; null when there is none, or when nothing is stored there. */
function lookStart(slot: EpochMs, intervalMs: number, firstSlot: EpochMs | null): EpochMs | null {
  const look = dayLook(slot, intervalMs);
  if (look === null || firstSlot === null || look.to <= firstSlot) return null;
  return Math.max(look.from, firstSlot);
}
