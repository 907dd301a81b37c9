/** The status of a bar (design §4), as a column's code. */
export const BAR_STATUSES = ['complete', 'provisional', 'short'] as const;
export type BarStatus = (typeof BAR_STATUSES)[number];

/** Bars of one session, one series and one timeframe as columns of equal length, in time order. */
export interface BarColumns {
  readonly length: number;
  /** Index on the session grid: 0…68 for 21m. */
  readonly barIndex: Int32Array;
  /** Epoch ms; doubles because they pass 2^31. */
  readonly openTime: Float64Array;
  readonly closeTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** The nearest double to the exact decimal sum. */
  readonly volume: Float64Array;
  readonly candleCount: Int32Array;
  readonly expectedCount: Int32Array;
  /** Index into {@link BAR_STATUSES}. */
  readonly status: Uint8Array;
  /** 1 where missing or unavailable slots covered a whole bar since the bar before: indicators start anew. */
  readonly afterOutage: Uint8Array;
  /** Such an outage follows the last bar (or fills the whole session). */
  readonly endsInOutage: boolean;
}

/** Lengths of the indicators, in bars. */
export interface Periods {
  readonly maShort: number;
  readonly maLong: number;
  readonly atr: number;
}

export const MA_CROSSES = ['GOLDEN_CROSS', 'DEATH_CROSS'] as const;
export const TRENDS = ['BULLISH', 'BEARISH', 'NEUTRAL'] as const;

/** Indicators of the same bars. NaN is "not yet"; codes are 1 + the index into the constant, 0 is none. */
export interface IndicatorColumns {
  readonly maShort: Float64Array;
  readonly maLong: Float64Array;
  /** 1 + index into {@link MA_CROSSES}, 0 for none. */
  readonly maCross: Uint8Array;
  /** 1 + index into {@link TRENDS}, 0 for not yet. */
  readonly trend: Uint8Array;
  readonly tr: Float64Array;
  readonly atr: Float64Array;
  /** ATR as a percentage of the close of the same bar. */
  readonly atrPercent: Float64Array;
}

/** The last values that the next bar needs; what a checkpoint holds. No running sums. Plain JSON. */
export interface IndicatorState {
  /** The last closes, oldest first, at most as many as the longest period of the averages. */
  readonly closes: readonly number[];
  /** True ranges seen while the ATR warms up, oldest first; empty once `atr` is set. */
  readonly trueRanges: readonly number[];
  readonly atr: number | null;
  /** The averages of the last bar while that bar may take part in a crossover (complete or provisional), else null. */
  readonly cross: { readonly maShort: number; readonly maLong: number } | null;
  /** Missing or unavailable slots have covered a whole bar since the last bar. */
  readonly outage: boolean;
}
