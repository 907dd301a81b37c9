import type { EpochMs } from '../domain/time/time.ts';
import { type DerivedDay, type DerivePorts, deriveDay } from './deriveDay.ts';
import { removeUnnamedBars, restoreDays } from './lakeObjects.ts';

/** Days from `from` on. */
export interface DayRange {
  readonly from: EpochMs;
}

/** What one step of a derivation did. */
export interface DeriveStep {
  /** The day that was derived; null when none in the range was marked. */
  readonly derived: DerivedDay | null;
  /** Marked days when the step began, those outside the range included. */
  readonly dirtyDays: number;
}

/**
 * Everything that changes the lake, in steps that each read what they need: a host can run each step under a
 * lease.
 */
export interface LakeWriter {
  /** Derives the first marked day of the range. */
  deriveNext(range: DayRange, signal: AbortSignal): Promise<DeriveStep>;
  /** Removes the objects that do not belong to the lake and rewrites the days whose objects were deleted. */
  inspect(signal: AbortSignal): Promise<void>;
}

/**
 * A writer for hosts with one deriving process, or whose object store refuses a write over a newer version.
 */
export function createLakeWriter(ports: DerivePorts): LakeWriter {
  return {
    async deriveNext(range, signal) {
      const marks = await ports.derivation.dirtyDays();
      const mark = marks.find(({ day }) => day >= range.from);
      const derived = mark ? await deriveDay(ports, mark, signal) : null;
      return { derived, dirtyDays: marks.length };
    },
    async inspect(signal) {
      const settings = await ports.derivation.readSettings();
      if (!settings) return;
      await removeUnnamedBars(ports.objects, settings);
      await restoreDays(ports, settings, signal);
    },
  };
}
