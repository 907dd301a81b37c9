import type { EpochMs } from '../domain/time/time.ts';
import type { DerivePass } from './deriveMarkedDays.ts';

/** How far the lake is behind the store. Instants are those of the process clock. */
export interface LakeStatus {
  /** Marked days, as last counted. */
  readonly dirtyDays: number;
  /** Since when at least one day has been marked without interruption; null when none is. */
  readonly oldestDirtySince: EpochMs | null;
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
 * The status after a pass that ran from `startedAt` to `endedAt`: a mark that is left counts from its start.
 */
export function statusAfterPass(
  pass: DerivePass,
  { startedAt, endedAt }: { readonly startedAt: EpochMs; readonly endedAt: EpochMs },
): LakeStatus {
  return {
    dirtyDays: pass.dirtyDays,
    oldestDirtySince: pass.dirtyDays > 0 ? startedAt : null,
    lastDerivedAt: endedAt,
    lastAsOf: pass.asOf,
    lastError: null,
  };
}
