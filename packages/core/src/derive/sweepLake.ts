import { timeframeOfBarsPath } from '../lake/partitions.ts';
import type { ObjectStore } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';

/**
 * Removes the bars of timeframes that the recorded settings do not name any more: nobody derives them again, so they would grow stale.
 * Returns how many objects it removed.
 */
export async function sweepLake(
  objects: ObjectStore,
  settings: Pick<LakeSettings, 'timeframes'>,
): Promise<number> {
  let removed = 0;
  for (const path of await objects.list()) {
    const timeframe = timeframeOfBarsPath(path);
    if (timeframe === null || settings.timeframes.includes(timeframe)) continue;
    await objects.remove(path, await objects.version(path));
    removed += 1;
  }
  return removed;
}
