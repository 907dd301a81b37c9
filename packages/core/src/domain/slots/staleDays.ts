import { DAY_MS, type EpochMs, startOfDay } from '../time/time.ts';

/** The facts about a series that decide which days have rows in the lake, and which slots are expected. */
export interface SeriesBounds {
  readonly firstSlot: EpochMs | null;
  readonly launchTime: EpochMs | null;
  readonly firstAvailable: EpochMs | null;
}

/** One write to a series: its bounds before and after, and the slots that the lake shows differently. */
export interface SeriesChange {
  readonly before: SeriesBounds;
  readonly after: SeriesBounds;
  readonly changedSlots: readonly EpochMs[];
  readonly asOf: EpochMs;
}

/** The days whose lake rows a write to a series may change. The days before the first slot have no rows. */
export function staleDays({ before, after, changedSlots, asOf }: SeriesChange): Set<EpochMs> {
  const stale = new Set<EpochMs>();
  const { firstSlot } = after;
  if (firstSlot === null) return stale;
  const lastCovered = Math.max(firstSlot, asOf - 1);
  for (const slot of changedSlots) stale.add(startOfDay(slot));
  // Coverage and indicators begin at the first slot. An earlier one adds days, and gives the indicators of
  // the days up to the former one a longer past.
  if (before.firstSlot !== firstSlot) addDays(stale, firstSlot, before.firstSlot ?? lastCovered);
  for (const bound of ['launchTime', 'firstAvailable'] as const) {
    // Empty slots before the bound have another state than those after it.
    const [low, high] = [before[bound] ?? 0, after[bound] ?? 0].sort((a, b) => a - b) as [EpochMs, EpochMs];
    if (low < high) addDays(stale, Math.max(firstSlot, low), Math.min(high - 1, lastCovered));
  }
  return stale;
}

/**
 * The days whose objects change when the watermark rises from `from` to `to`. It begins one interval before
 * `from`, because a short bar appears one interval after its close. `firstSlot` is the earliest of all
 * series; null when there is none.
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

/** Every day from the first slot of all series to the watermark, at least the day of the first slot. */
export function daysOfLake(firstSlot: EpochMs | null, asOf: EpochMs): Set<EpochMs> {
  const days = new Set<EpochMs>();
  if (firstSlot !== null) addDays(days, firstSlot, Math.max(firstSlot, asOf - 1));
  return days;
}

/** The days of the instants from `from` to `to`, both included. */
function addDays(days: Set<EpochMs>, from: EpochMs, to: EpochMs): void {
  for (let day = startOfDay(from); day <= to; day += DAY_MS) days.add(day);
}
