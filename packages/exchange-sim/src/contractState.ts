import type { EpochMs } from '@candlelake/core';

/** 1 online, 5 not online yet, 25 no new positions, 0 offline (docs/bingx.md, "Contracts and symbols"). */
export const CONTRACT_STATUSES = [0, 1, 5, 25] as const;
export type ContractStatus = (typeof CONTRACT_STATUSES)[number];

/** What the contract list says of a symbol, apart from its precision. */
export interface ContractState {
  readonly status: ContractStatus;
  /** Whether the API may open positions. */
  readonly apiStateOpen: boolean;
  readonly launchTime: EpochMs;
  /** When the contract goes offline; 0 for no date. */
  readonly offTime: EpochMs;
}
