import { type DerivationStore, type EpochMs, INITIAL_LAKE_STATUS, type LakeKeeper } from '@candlelake/core';
import type { StatusItems } from '../adapters/dynamo/statusItems.ts';

export interface RemoteLakePorts {
  readonly status: Pick<StatusItems, 'readLake'>;
  readonly derivation: Pick<DerivationStore, 'readAsOf'>;
}

/** A lake that another process keeps: it finds the marks in the store by itself, so there is nothing to ask of it. */
export interface RemoteLake extends LakeKeeper {
  /** Reads anew what its keeper says of it. */
  look(): Promise<void>;
}

/** `startedAt` stands for the last derivation while there was none. */
export function createRemoteLake({ status, derivation }: RemoteLakePorts, startedAt: EpochMs): RemoteLake {
  let known = INITIAL_LAKE_STATUS;
  return {
    request() {},
    async flush() {},
    status: () => known,
    async look() {
      const said = (await status.readLake()) ?? INITIAL_LAKE_STATUS;
      const isBehind = (await derivation.readAsOf()) > said.lastAsOf;
      const behindSince = isBehind ? (said.lastDerivedAt ?? startedAt) : null;
      known = { ...said, oldestDirtySince: said.oldestDirtySince ?? behindSince };
    },
  };
}
