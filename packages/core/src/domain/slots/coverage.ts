import type { EpochMs } from '../time/time.ts';
import { type DaySlots, SlotState } from './slots.ts';

/** What is known of the slots of one series and day, of those that close by `as_of` and are expected. */
export interface Coverage {
  readonly expected: number;
  readonly final: number;
  readonly provisional: number;
  readonly quiet: number;
  readonly unavailable: number;
  readonly missing: number;
  /** Open time of the first missing slot. */
  readonly firstMissing: EpochMs | null;
}

/** Whether every expected slot of the day that closes by `as_of` is settled. */
export function isDaySettled({ missing, provisional }: Coverage): boolean {
  return missing === 0 && provisional === 0;
}

/** Counts the slots of a day by what is known of them. */
export function coverageOf(slots: DaySlots): Coverage {
  const counts = new Int32Array(Object.keys(SlotState).length);
  for (const state of slots.state) counts[state]!++;
  const count = (state: SlotState) => counts[state]!;
  const firstMissing = slots.state.indexOf(SlotState.missing);
  return {
    expected: slots.length - count(SlotState.notExpected) - count(SlotState.notYet),
    final: count(SlotState.final),
    provisional: count(SlotState.provisional),
    quiet: count(SlotState.quiet),
    unavailable: count(SlotState.unavailable),
    missing: count(SlotState.missing),
    firstMissing: firstMissing < 0 ? null : slots.day + firstMissing * slots.intervalMs,
  };
}
