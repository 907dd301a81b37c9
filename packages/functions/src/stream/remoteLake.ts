import { type DerivationStore, type EpochMs, INITIAL_LAKE_STATUS, type LakeKeeper } from '@candlelake/core';
import type { StatusItems } from '../adapters/dynamo/statusItems.ts';

export interface RemoteLakePorts {
  readonly status: Pick<StatusItems, 'readLake'>;
  readonly derivation: Pick<DerivationStore, 'readAsOf'>;
}

/**
 * A lake that another process derives. That process reads the marks from the store, so nothing has to be
 * requested.
 */
export interface RemoteLake extends LakeKeeper {
  /** Reads the status that the other process wrote. */
  refresh(): Promise<void>;
}

/** `startedAt` stands in for the time of the last derivation before there is one. */
export function createRemoteLake({ status, derivation }: RemoteLakePorts, startedAt: EpochMs): RemoteLake {
  let known = INITIAL_LAKE_STATUS;
  return {
    request() {},
    async flush() {},
    status: () => known,
    async refresh() {
      const written = (await status.readLake()) ?? INITIAL_LAKE_STATUS;
      const isBehind = (await derivation.readAsOf()) > written.lastAsOf;
      const behindSince = isBehind ? (written.lastDerivedAt ?? startedAt) : null;
      known = { ...written, oldestDirtySince: written.oldestDirtySince ?? behindSince };
    },
  };
}
