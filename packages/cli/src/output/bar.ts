import {
  BAR_STATUSES,
  type BarColumns,
  type BarStatus,
  type DerivedBars,
  type EpochMs,
  MA_CROSSES,
  TRENDS,
} from '@candlelake/core';

/** Prices, volume and candle counts of one bar. */
export interface BarValues {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly candleCount: number;
  readonly expectedCount: number;
  readonly status: BarStatus;
}

/** One bar with its indicators. Null means not known yet. */
export interface Bar extends BarValues {
  readonly symbol: string;
  /** Decimals of the symbol's prices; null when the exchange does not list it. */
  readonly pricePrecision: number | null;
  readonly timeframeMinutes: number;
  readonly barIndex: number;
  readonly openTime: EpochMs;
  readonly closeTime: EpochMs;
  readonly maShort: number | null;
  readonly maLong: number | null;
  readonly maCross: (typeof MA_CROSSES)[number] | null;
  readonly trend: (typeof TRENDS)[number] | null;
  readonly atr: number | null;
  readonly atrPercent: number | null;
}

/** The bars of one derived day, in time order. */
export function barsOf({ series, timeframeMinutes, bars, indicators }: DerivedBars): readonly Bar[] {
  return Array.from({ length: bars.length }, (_, row) => ({
    symbol: series.symbol,
    pricePrecision: series.pricePrecision,
    timeframeMinutes,
    barIndex: bars.barIndex[row]!,
    openTime: bars.openTime[row]!,
    closeTime: bars.closeTime[row]!,
    ...barValuesAt(bars, row),
    maShort: numberOrNull(indicators.maShort[row]!),
    maLong: numberOrNull(indicators.maLong[row]!),
    maCross: MA_CROSSES[indicators.maCross[row]! - 1] ?? null,
    trend: TRENDS[indicators.trend[row]! - 1] ?? null,
    atr: numberOrNull(indicators.atr[row]!),
    atrPercent: numberOrNull(indicators.atrPercent[row]!),
  }));
}

/** The values in one row of the columns. */
export function barValuesAt(bars: BarColumns, row: number): BarValues {
  return {
    open: bars.open[row]!,
    high: bars.high[row]!,
    low: bars.low[row]!,
    close: bars.close[row]!,
    volume: bars.volume[row]!,
    candleCount: bars.candleCount[row]!,
    expectedCount: bars.expectedCount[row]!,
    status: BAR_STATUSES[bars.status[row]!]!,
  };
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
