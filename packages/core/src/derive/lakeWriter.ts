import type { EpochMs } from '../domain/time/time.ts';
import type { LakeDamage } from '../lake/objects.ts';
import { type DerivedDay, type DerivePorts, deriveDay } from './deriveDay.ts';
import { inspectLake, inspectShare, type LakeShare } from './inspectLake.ts';

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
  /**
   * Marks the days whose objects are missing or changed, and removes objects that no longer belong to the
   * lake. Reads the content of the newest objects only, where the listing does not tell their version.
   */
  inspect(signal: AbortSignal): Promise<LakeDamage>;
  /** Marks the days of a share whose objects are missing or changed, by reading all of them. */
  inspectShare(share: LakeShare, signal: AbortSignal): Promise<LakeDamage>;
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
    inspect: (signal) => inspectLake(ports, signal),
    inspectShare: (share, signal) => inspectShare(ports, share, signal),
  };
}
