import type { EpochMs } from '../domain/time/time.ts';
import { type DerivedDay, type DerivePorts, deriveDay } from './deriveDay.ts';
import { removeUnnamedBars, restoreDays } from './lakeObjects.ts';

/** Days from `from` to `to` (exclusive). */
export interface DayRange {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** What one step of a derivation did. */
export interface DeriveStep {
  /** The day that was derived; null when none in the ranges was marked. */
  readonly derived: DerivedDay | null;
  /** Marked days when the step began, those outside the ranges included. */
  readonly dirtyDays: number;
}

/**
 * Everything that changes the lake, in steps that each read what they need: a host can run each step under a
 * lease.
 */
export interface LakeWriter {
  /** Derives the first marked day of the first range that has one. */
  deriveNext(ranges: readonly DayRange[], signal: AbortSignal): Promise<DeriveStep>;
  /** Removes the objects that do not belong to the lake and rewrites the days whose objects were deleted. */
  inspect(signal: AbortSignal): Promise<void>;
}

/**
 * A writer for hosts with one deriving process, or whose object store refuses a write over a newer version.
 */
export function createLakeWriter(ports: DerivePorts): LakeWriter {
  return {
    async deriveNext(ranges, signal) {
      const marks = await ports.derivation.dirtyDays();
      const [mark] = ranges.flatMap(({ from, to }) => marks.find(({ day }) => from <= day && day < to) ?? []);
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
