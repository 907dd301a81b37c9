import type { EpochMs } from '../domain/time/time.ts';
import type { LakeObject } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { objectPaths } from './partitions.ts';

/** The versions of existing objects by path; null where the version is not known. */
export type FoundObjects = ReadonlyMap<string, string | null>;

/** A day that no mark names: its objects have to be those that its last derivation left. */
export interface SettledDay {
  readonly day: EpochMs;
  /** Null when the store has no record of them, as after an upgrade of the program. */
  readonly objects: readonly LakeObject[] | null;
}

/** Days whose objects have to be written again. */
export interface LakeDamage {
  /** An object is missing, has other content, or should not exist. */
  readonly damaged: readonly EpochMs[];
  /** It is not known what the objects should be. */
  readonly unrecorded: readonly EpochMs[];
}

/** The one answer to which objects belong to the lake and whether they are there. */
export function compareObjects(
  days: readonly SettledDay[],
  found: FoundObjects,
  settings: LakeSettings,
): LakeDamage {
  const isDamaged = ({ day, objects }: SettledDay): boolean => {
    const expected = new Map(objects?.map(({ path, version }) => [path, version]));
    return pathsOf({ day, objects }, settings).some((path) => {
      if (found.has(path) !== expected.has(path)) return true;
      const version = found.get(path) ?? null;
      return version !== null && version !== expected.get(path);
    });
  };
  const recorded = days.filter(({ objects }) => objects !== null);
  const unrecorded = days.filter(({ objects }) => objects === null);
  return {
    damaged: recorded.filter(isDamaged).map(({ day }) => day),
    unrecorded: unrecorded.map(({ day }) => day),
  };
}

/** The paths to look at for a day: what it can have under the settings, and what it is recorded to have. */
export function pathsOf({ day, objects }: SettledDay, settings: LakeSettings): readonly string[] {
  return [...new Set([...objectPaths(settings, day), ...(objects ?? []).map(({ path }) => path)])];
}
