import {
  BAR_STATUSES,
  type BarStatus,
  type DerivedBars,
  type EpochMs,
  MA_CROSSES,
  TRENDS,
} from '@candlelake/core';

/** One bar with its indicators, read out of the columns. Null is "not yet". */
export interface BarRow {
  readonly symbol: string;
  readonly pricePrecision: number | null;
  readonly timeframeMinutes: number;
  readonly barIndex: number;
  readonly openTime: EpochMs;
  readonly closeTime: EpochMs;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly candleCount: number;
  readonly expectedCount: number;
  readonly status: BarStatus;
  readonly maShort: number | null;
  readonly maLong: number | null;
  readonly maCross: (typeof MA_CROSSES)[number] | null;
  readonly trend: (typeof TRENDS)[number] | null;
  readonly atr: number | null;
  readonly atrPercent: number | null;
}

/** The bars of one derived day, in time order. */
export function barRows({ series, timeframeMinutes, bars, indicators }: DerivedBars): readonly BarRow[] {
  return Array.from({ length: bars.length }, (_, row) => ({
    symbol: series.symbol,
    pricePrecision: series.pricePrecision,
    timeframeMinutes,
    barIndex: bars.barIndex[row]!,
    openTime: bars.openTime[row]!,
    closeTime: bars.closeTime[row]!,
    open: bars.open[row]!,
    high: bars.high[row]!,
    low: bars.low[row]!,
    close: bars.close[row]!,
    volume: bars.volume[row]!,
    candleCount: bars.candleCount[row]!,
    expectedCount: bars.expectedCount[row]!,
    status: BAR_STATUSES[bars.status[row]!]!,
    maShort: known(indicators.maShort[row]!),
    maLong: known(indicators.maLong[row]!),
    maCross: MA_CROSSES[indicators.maCross[row]! - 1] ?? null,
    trend: TRENDS[indicators.trend[row]! - 1] ?? null,
    atr: known(indicators.atr[row]!),
    atrPercent: known(indicators.atrPercent[row]!),
  }));
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
