import type { EpochMs } from '@candlelake/core';
import type { ContractState } from './contractState.ts';
import type { Instrument } from './instrument.ts';
import { createSyntheticInstrument, type SyntheticOptions, syntheticSymbols } from './synthetic.ts';

export interface ContractListingOptions extends Omit<SyntheticOptions, 'symbol' | 'launchTime' | 'contract'> {
  /** Launch times of contracts that are not online yet, and ends of contracts, lie after this instant. */
  readonly now: EpochMs;
}

interface Group {
  readonly currency: 'USDT' | 'USDC';
  readonly status: ContractState['status'];
  readonly apiStateOpen: boolean;
  readonly count: number;
  /** How many of them are stocks, forex, commodities and indices. */
  readonly tradfi: number;
}

/**
 * The contract list as recorded on 2026-09-22: 1,269 rows, 626 of them with names in NC (docs/bingx.md,
 * "Contracts and symbols"). Not recorded, and chosen here: how the NC names spread over the statuses, and the
 * last two groups.
 */
const GROUPS: readonly Group[] = [
  { currency: 'USDT', status: 1, apiStateOpen: true, count: 909, tradfi: 520 },
  { currency: 'USDC', status: 1, apiStateOpen: true, count: 49, tradfi: 0 },
  { currency: 'USDT', status: 25, apiStateOpen: true, count: 161, tradfi: 106 },
  { currency: 'USDC', status: 25, apiStateOpen: true, count: 72, tradfi: 0 },
  { currency: 'USDT', status: 1, apiStateOpen: false, count: 70, tradfi: 0 },
  { currency: 'USDT', status: 5, apiStateOpen: true, count: 8, tradfi: 0 },
];

/** Stocks, forex, commodities, indices. */
const TRADFI_PREFIXES = ['NCSK', 'NCFX', 'NCCO', 'NCSI'] as const;
/** Real names that differ in form from the others: a base that starts with a digit, forex pairs. */
const REAL_BASES = ['1000PEPE', '1000000MOG'];
const REAL_TRADFI_BASES = ['NCSKHIVE2USD', 'NCFXEUR2USD', 'NCFXUSD2JPY'];

const DAY_MS = 86_400_000;
/** Every tenth contract with status 25 has an end; it is announced this long ahead. */
const ENDING_SHARE = 10;
const ANNOUNCED_MS = 3 * DAY_MS;

/** 1,269 synthetic instruments whose contract list looks like the recorded one. */
export function createContractListing({ now, ...options }: ContractListingOptions): readonly Instrument[] {
  const bases = createBaseNames();
  return GROUPS.flatMap((group) =>
    Array.from({ length: group.count }, (_, index) => {
      const symbol = `${bases(index < group.tradfi)}-${group.currency}`;
      const isEnding = group.status === 25 && index % ENDING_SHARE === 0;
      return createSyntheticInstrument({
        ...options,
        symbol,
        ...(group.status === 5 ? { launchTime: now + DAY_MS } : {}),
        contract: {
          status: group.status,
          apiStateOpen: group.apiStateOpen,
          offTime: isEnding ? now + ANNOUNCED_MS : 0,
        },
      });
    }),
  );
}

/** Returns a new base name with each call. */
function createBaseNames(): (isTradfi: boolean) => string {
  const total = GROUPS.reduce((sum, { count }) => sum + count, 0);
  const crypto = [...REAL_BASES, ...syntheticSymbols(total).map((symbol) => symbol.split('-')[0]!)].values();
  const numbered = (index: number) =>
    `${TRADFI_PREFIXES[index % TRADFI_PREFIXES.length]!}SIM${index + 1}2USD`;
  const tradfi = [...REAL_TRADFI_BASES, ...Array.from({ length: total }, (_, i) => numbered(i))].values();
  return (isTradfi) => (isTradfi ? tradfi : crypto).next().value!;
}
