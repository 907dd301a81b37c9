import type { EpochMs } from '../domain/time/time.ts';
import { ConflictError } from '../errors.ts';
import { objectPaths } from '../lake/partitions.ts';
import type { DerivedBars, DirtyDay, EncodeTable, ObjectStore } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { type ComputePorts, computeDay, type DayRows } from './computeDay.ts';
import { readVersions, replaceObjects } from './replaceObjects.ts';

export interface DerivePorts extends ComputePorts {
  readonly objects: ObjectStore;
  readonly encode: EncodeTable;
  /**
   * Called with the bars of a day between writing its objects and clearing its mark. When it throws, the day
   * stays marked and its bars come again.
   */
  readonly beforeCommit?: (bars: readonly DerivedBars[]) => Promise<void>;
}

export interface DerivedDay {
  readonly day: EpochMs;
  /** Objects that were written or removed; not those found unchanged. */
  readonly objects: number;
  readonly bars: readonly DerivedBars[];
}

/**
 * Without a lease, another process may write an object in between; more conflicts in a row than this are a
 * fault.
 */
const MAX_ATTEMPTS = 5;

/**
 * Derives one marked day (docs/truth.md, "How a correction travels"): writes the objects that changed,
 * commits checkpoints and coverage, and clears the mark if the day was not marked again since. Starts over
 * when another process wrote one of its objects in between; throws ConflictError when that happens {@link
 * MAX_ATTEMPTS} times in a row.
 */
export async function deriveDay(
  ports: DerivePorts,
  mark: DirtyDay,
  signal: AbortSignal,
): Promise<DerivedDay> {
  for (let attempt = 1; ; attempt++) {
    try {
      const settings = await ports.derivation.readSettings();
      if (!settings) throw new Error('the store has marked days, expected recorded settings too');
      const { objects, checkpoints, coverage, bars } = await rewriteDay(ports, settings, {
        day: mark.day,
        signal,
      });
      await ports.beforeCommit?.(bars);
      await ports.derivation.commitDay({ ...mark, checkpoints, coverage });
      return { day: mark.day, objects, bars };
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/**
 * Writes the objects of a day that differ from what the store gives, and commits nothing. The mark and the
 * settings must have been read before. Throws ConflictError when another process wrote one of the objects in
 * between.
 */
export async function rewriteDay(
  ports: DerivePorts,
  settings: LakeSettings,
  { day, signal }: { readonly day: EpochMs; readonly signal: AbortSignal },
): Promise<DayRows & Pick<DerivedDay, 'objects'>> {
  // Versions before rows: an object that another process writes from newer rows is then a conflict, not
  // overwritten.
  const versions = await readVersions(ports.objects, objectPaths(settings, day));
  const rows = await computeDay(ports, settings, { day, signal });
  const objects = await replaceObjects(ports, rows.tables, versions);
  return { ...rows, objects };
}
