import type { LakeDamage } from '../lake/objects.ts';
import type { DerivedDay, DerivePorts } from './deriveDay.ts';
import { type DayRange, deriveRun } from './deriveRun.ts';
import { inspectLake, inspectShare, type LakeShare } from './inspectLake.ts';

/**
 * Everything that changes the lake, in steps that each read what they need: a host can run each step under a
 * lease.
 */
export interface LakeWriter {
  /**
   * Derives the marked days from the first day of the range on: up to a day without a mark, or as many as one
   * step takes. Returns them, oldest first; none when the first day is not marked.
   */
  deriveRun(range: DayRange, signal: AbortSignal): Promise<readonly DerivedDay[]>;
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
    deriveRun: (range, signal) => deriveRun(ports, range, signal),
    inspect: (signal) => inspectLake(ports, signal),
    inspectShare: (share, signal) => inspectShare(ports, share, signal),
  };
}
