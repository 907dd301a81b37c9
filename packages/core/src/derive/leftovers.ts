import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import { timeframeOfBarsPath } from '../lake/partitions.ts';
import type { DerivationStore } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';

/** A wrong clock can have put the watermark no further than this into the future. */
const LAST_DAYS = 36_525;

/**
 * Which paths are objects that no derivation replaces any more and that the next inspection removes: bars of
 * timeframes that the recorded settings do not name, and objects that this store recorded of days after a
 * watermark that was lowered since. Objects that the store did not record are not among them: after the loss
 * of a store the lake may be the only copy.
 */
export async function findLeftovers(
  derivation: Pick<DerivationStore, 'readAsOf' | 'readObjects'>,
  { timeframes }: LakeSettings,
): Promise<(path: string) => boolean> {
  const from: EpochMs = startOfDay((await derivation.readAsOf()) + DAY_MS - 1);
  const recorded = await derivation.readObjects(from, from + LAST_DAYS * DAY_MS);
  const future = new Set(recorded.flatMap(({ objects }) => objects).map(({ path }) => path));
  return (path) => {
    const timeframe = timeframeOfBarsPath(path);
    return future.has(path) || (timeframe !== null && !timeframes.includes(timeframe));
  };
}
