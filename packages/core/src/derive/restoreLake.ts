import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { WithLakeLease } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { type DerivePorts, writeDay } from './derive.ts';
import { objectPaths } from './deriveRows.ts';

/**
 * Writes the days again of which an object is gone, as when somebody removed the folder of the lake: nothing in the store says so. Days that
 * are marked are left to the derivation. Returns how many objects it wrote.
 */
export async function restoreLake(
  ports: DerivePorts & { readonly withLakeLease: WithLakeLease },
  settings: LakeSettings,
  signal: AbortSignal,
): Promise<number> {
  const present = new Set(await ports.objects.list());
  const marked = new Set((await ports.derivation.dirtyDays()).map(({ day }) => day));
  let objects = 0;
  for (const day of await daysOf(ports, settings)) {
    // Some objects have no rows and do not exist; such a day is derived in vain, once for each start.
    if (marked.has(day) || objectPaths(settings, day).every((path) => present.has(path))) continue;
    const written = await ports.withLakeLease(() => writeDay(ports, settings, { day, signal }), signal);
    objects += written.objects;
  }
  return objects;
}

/** The days of the lake: from the first slot of all series to the watermark. */
async function daysOf({ candles, derivation }: DerivePorts, { interval }: LakeSettings): Promise<EpochMs[]> {
  const asOf = await derivation.readAsOf();
  const days: EpochMs[] = [];
  const firstSlots = (await candles.listSeries())
    .filter((series) => series.interval === interval)
    .flatMap(({ firstSlot }) => firstSlot ?? []);
  if (firstSlots.length === 0) return days;
  for (let day = startOfDay(Math.min(...firstSlots)); day < asOf; day += DAY_MS) days.push(day);
  return days;
}
