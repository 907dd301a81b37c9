import { DAY_MS, type EpochMs, startOfDay } from '../time/time.ts';

/** What of a series decides which of its days have rows in the lake, and which slots of them are expected. */
export interface SeriesBounds {
  readonly firstSlot: EpochMs | null;
  readonly launchTime: EpochMs | null;
  readonly firstAvailable: EpochMs | null;
}

/** One write to a series: its bounds before and after, and the slots whose rows in the lake it changes. */
export interface SeriesChange {
  readonly before: SeriesBounds;
  readonly after: SeriesBounds;
  readonly changedSlots: readonly EpochMs[];
  readonly asOf: EpochMs;
}

/** The days whose lake rows a write to a series may change. Days before the first slot have no rows. */
export function staleDays({ before, after, changedSlots, asOf }: SeriesChange): Set<EpochMs> {
  const stale = new Set<EpochMs>();
  const { firstSlot } = after;
  if (firstSlot === null) return stale;
  const lastCovered = Math.max(firstSlot, asOf - 1);
  for (const slot of changedSlots) stale.add(startOfDay(slot));
  // Coverage and indicators begin at the first slot: an earlier one brings new days, and a longer past to the days up to the old one.
  if (before.firstSlot !== firstSlot) addDays(stale, firstSlot, before.firstSlot ?? lastCovered);
  if (before.firstAvailable !== after.firstAvailable) {
    addDays(stale, firstSlot, Math.max(before.firstAvailable ?? 0, after.firstAvailable ?? 0) - 1);
  }
  if (before.launchTime !== after.launchTime) addDays(stale, firstSlot, lastCovered);
  return stale;
}

/**
 * The days that a watermark touches when it moves from `from` to `to`. One interval back, because a short bar waits so long after its close.
 * `firstSlot` is the earliest of all series; null when there is none.
 */
export function daysOfAdvance(
  from: EpochMs,
  to: EpochMs,
  { firstSlot, intervalMs }: { readonly firstSlot: EpochMs | null; readonly intervalMs: number },
): Set<EpochMs> {
  const touched = new Set<EpochMs>();
  if (firstSlot !== null) addDays(touched, Math.max(firstSlot, from - intervalMs), to - 1);
  return touched;
}

/** Every day from the first slot of all to the watermark; the first slot's own day at least. */
export function daysOfLake(firstSlot: EpochMs | null, asOf: EpochMs): Set<EpochMs> {
  const days = new Set<EpochMs>();
  if (firstSlot !== null) addDays(days, firstSlot, Math.max(firstSlot, asOf - 1));
  return days;
}

/** The days of the instants from `from` to `to`, both included. */
function addDays(days: Set<EpochMs>, from: EpochMs, to: EpochMs): void {
  for (let day = startOfDay(from); day <= to; day += DAY_MS) days.add(day);
}
