import type { EpochMs } from '../domain/time/time.ts';
import type { DerivePass } from './deriveMarkedDays.ts';

/** How far the lake is behind the store. Instants are those of the wall clock, except one. */
export interface LakeStatus {
  /** Marked days, as last counted. */
  readonly dirtyDays: number;
  /**
   * Since when at least one day has been marked without interruption; null when none is. A derivation loop
   * counts it by the monotonic clock, which the threads of its process share and no step of the wall clock
   * moves; a status that is stored, and read by other processes, by the wall clock.
   */
  readonly oldestDirtySince: number | null;
  readonly lastDerivedAt: EpochMs | null;
  /** The watermark that the last complete derivation started with; 0 before the first. */
  readonly lastAsOf: EpochMs;
  /** Why the last derivation failed; null when it succeeded. */
  readonly lastError: string | null;
}

/** The status before the first derivation. */
export const INITIAL_LAKE_STATUS: LakeStatus = {
  dirtyDays: 0,
  oldestDirtySince: null,
  lastDerivedAt: null,
  lastAsOf: 0,
  lastError: null,
};

/**
 * The status after a pass: a mark that is left counts from `startedAt`, by the clock of `oldestDirtySince`.
 */
export function statusAfterPass(
  pass: DerivePass,
  { startedAt, endedAt }: { readonly startedAt: number; readonly endedAt: EpochMs },
): LakeStatus {
  return {
    dirtyDays: pass.dirtyDays,
    oldestDirtySince: pass.dirtyDays > 0 ? startedAt : null,
    lastDerivedAt: endedAt,
    lastAsOf: pass.asOf,
    lastError: null,
  };
}
