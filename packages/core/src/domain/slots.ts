import type { EpochMs } from './time.ts';

/** The states of a slot (design §3), with `notExpected` before launch and `notYet` for slots that close after `as_of`. */
export const SlotState = {
  missing: 0,
  final: 1,
  provisional: 2,
  quiet: 3,
  unavailable: 4,
  notExpected: 5,
  notYet: 6,
} as const;
export type SlotState = (typeof SlotState)[keyof typeof SlotState];

/**
 * One session of one series as columns; index i is the slot that opens `i * intervalMs` after `day`. Prices are doubles here:
 * this is the edge of the arithmetic. A slot without a candle holds NaN.
 */
export interface DaySlots {
  readonly day: EpochMs;
  readonly intervalMs: number;
  /** Slots of the session: a day divided by the interval. */
  readonly length: number;
  /** {@link SlotState} of each slot. */
  readonly state: Uint8Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: DecimalColumn;
  /** {@link CANDLE_SOURCES} index of each candle. */
  readonly source: Uint8Array;
}

/** Decimals of one column, exact: value i is `units[i] / 10 ** scale`. */
export interface DecimalColumn {
  readonly scale: number;
  /** Whole numbers. Doubles when every sum over the column stays below 2^53, else bigint. 0 where there is no value. */
  readonly units: Float64Array | readonly bigint[];
}

export const CANDLE_SOURCES = ['history', 'stream', 'import'] as const;
