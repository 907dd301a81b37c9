import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import { objectPaths, timeframeOfBarsPath } from '../lake/partitions.ts';
import type { ObjectStore } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { type DerivePorts, rewriteDay } from './deriveDay.ts';

/**
 * Removes the bars of timeframes that the recorded settings no longer name: they are not derived again and
 * would go stale.
 */
export async function removeUnnamedBars(
  objects: ObjectStore,
  settings: Pick<LakeSettings, 'timeframes'>,
): Promise<void> {
  for (const path of await objects.list()) {
    const timeframe = timeframeOfBarsPath(path);
    if (timeframe === null || settings.timeframes.includes(timeframe)) continue;
    await objects.remove(path, await objects.version(path));
  }
}

/** Rewrites days whose objects were deleted. Marked days are skipped: the derivation rewrites them. */
export async function restoreDays(
  ports: DerivePorts,
  settings: LakeSettings,
  signal: AbortSignal,
): Promise<void> {
  const present = new Set(await ports.objects.list());
  const marked = new Set((await ports.derivation.dirtyDays()).map(({ day }) => day));
  for (const day of await daysOfLake(ports, settings)) {
    // An object without rows does not exist; such a day is computed again at each start.
    if (marked.has(day) || objectPaths(settings, day).every((path) => present.has(path))) continue;
    await rewriteDay(ports, settings, { day, signal });
  }
}

/** The days of the lake: from the first slot of all series to the watermark. */
async function daysOfLake(
  { candles, derivation }: DerivePorts,
  { interval }: LakeSettings,
): Promise<EpochMs[]> {
  const asOf = await derivation.readAsOf();
  const days: EpochMs[] = [];
  let first = Number.POSITIVE_INFINITY;
  for (const series of await candles.listSeries()) {
    if (series.interval === interval) first = Math.min(first, series.firstSlot ?? first);
  }
  if (first === Number.POSITIVE_INFINITY) return days;
  for (let day = startOfDay(first); day < asOf; day += DAY_MS) days.push(day);
  return days;
}
