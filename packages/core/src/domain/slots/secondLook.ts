import type { Candle } from '../candle/candle.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../time/time.ts';

/**
 * Every request also shows the slots of this long before those that it asks for, if there is room: a look
 * about an hour after the close.
 */
export const LOOK_BACK_MS = 90 * MINUTE_MS;

/** How many finals get the look a day after their close together. */
const DAY_LOOK_MS = 30 * MINUTE_MS;

/** Slots that open in [from, to). */
export interface SlotRange {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/**
 * The finals that get their second look when the slot of `openTime` is asked for: those that closed 24 to
 * 24.5 h before it did. Null for a slot that does not open on a half hour. So the slots of a day bring a look
 * at each slot of the day before, once (docs/decisions/0013-second-looks-without-memory.md).
 */
export function dayLook(openTime: EpochMs, intervalMs: number): SlotRange | null {
  if (openTime % DAY_LOOK_MS !== 0) return null;
  const to = openTime - DAY_MS + intervalMs;
  return { from: to - Math.max(DAY_LOOK_MS, intervalMs), to };
}

export interface DayLookOptions {
  readonly intervalMs: number;
  /** Open time of the oldest stored candle; null when there is none. */
  readonly firstSlot: EpochMs | null;
  /** What the answer has shown already. */
  readonly shown: SlotRange;
}

/**
 * The slots whose look a day after their close is brought by `settled` slots, but for those that the same
 * answer shows.
 */
export function dayLookSlots(
  settled: readonly EpochMs[],
  { intervalMs, firstSlot, shown }: DayLookOptions,
): readonly EpochMs[] {
  const slots: EpochMs[] = [];
  for (const look of settled.flatMap((openTime) => dayLook(openTime, intervalMs) ?? [])) {
    for (let slot = look.from; slot < look.to; slot += intervalMs) {
      const isShown = slot >= shown.from && slot < shown.to;
      if (firstSlot !== null && slot >= firstSlot && !isShown) slots.push(slot);
    }
  }
  return slots;
}

/**
 * Whether a stored candle is a final that was not read since a day after its close, as far as its `observed`
 * tells.
 */
export function isDayLookDue({ openTime, status, observed }: Candle, intervalMs: number): boolean {
  return status === 'final' && observed < openTime + intervalMs + DAY_MS;
}
