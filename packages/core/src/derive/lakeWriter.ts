import type { EpochMs } from '../domain/time/time.ts';
import type { LakeDamage } from '../lake/objects.ts';
import { type DerivedDay, type DerivePorts, deriveDay } from './deriveDay.ts';
import { inspectLake, inspectShare, type LakeShare } from './inspectLake.ts';

/**
 * Everything that changes the lake, in steps that each read what they need: a host can run each step under a
 * lease.
 */
export interface LakeWriter {
  /** Derives a day if it is marked; returns null when it is not. */
  deriveDay(day: EpochMs, signal: AbortSignal): Promise<DerivedDay | null>;
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
    async deriveDay(day, signal) {
      const mark = await ports.derivation.readMark(day);
      return mark && deriveDay(ports, mark, signal);
    },
    inspect: (signal) => inspectLake(ports, signal),
    inspectShare: (share, signal) => inspectShare(ports, share, signal),
  };
}
