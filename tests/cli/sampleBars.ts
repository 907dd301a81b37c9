import type { BarColumns, DerivedBars, IndicatorColumns, SeriesRecord } from '@candlelake/core';

/** One bar of a test; fields that do not matter there are left out. */
export interface SampleBar {
  readonly symbol?: string;
  readonly pricePrecision?: number | null;
  readonly timeframeMinutes?: number;
  readonly openTime?: number;
  readonly closeTime?: number;
  readonly prices?: readonly [open: number, high: number, low: number, close: number];
  readonly volume?: number;
  readonly candleCount?: number;
  readonly expectedCount?: number;
  /** Index into BAR_STATUSES. */
  readonly status?: number;
  readonly maShort?: number;
  readonly maLong?: number;
  /** 1 golden, 2 death. */
  readonly maCross?: number;
  readonly trend?: number;
  readonly atr?: number;
  readonly atrPercent?: number;
}

export const MIDNIGHT = Date.UTC(2026, 10, 22);
export const BAR_MS = 21 * 60_000;

/** Bars of one series in columns, as derivation returns them. */
export function derivedBars(samples: readonly SampleBar[]): DerivedBars {
  const [first = {}] = samples;
  const column = (read: (sample: SampleBar) => number) => Float64Array.from(samples, read);
  const bars: BarColumns = {
    length: samples.length,
    barIndex: Int32Array.from(samples, ({ openTime = MIDNIGHT }) => (openTime - MIDNIGHT) / BAR_MS),
    openTime: column(({ openTime = MIDNIGHT }) => openTime),
    closeTime: column(({ openTime = MIDNIGHT, closeTime = openTime + BAR_MS }) => closeTime),
    open: column(({ prices }) => prices?.[0] ?? 100),
    high: column(({ prices }) => prices?.[1] ?? 110.5),
    low: column(({ prices }) => prices?.[2] ?? 90),
    close: column(({ prices }) => prices?.[3] ?? 105),
    volume: column(({ volume = 12.5 }) => volume),
    candleCount: Int32Array.from(samples, ({ candleCount = 7 }) => candleCount),
    expectedCount: Int32Array.from(samples, ({ expectedCount = 7 }) => expectedCount),
    status: Uint8Array.from(samples, ({ status = 0 }) => status),
    afterOutage: new Uint8Array(samples.length),
    endsInOutage: false,
  };
  const indicators: IndicatorColumns = {
    maShort: column(({ maShort = Number.NaN }) => maShort),
    maLong: column(({ maLong = Number.NaN }) => maLong),
    maCross: Uint8Array.from(samples, ({ maCross = 0 }) => maCross),
    trend: Uint8Array.from(samples, ({ trend = 0 }) => trend),
    tr: column(() => Number.NaN),
    atr: column(({ atr = Number.NaN }) => atr),
    atrPercent: column(({ atrPercent = Number.NaN }) => atrPercent),
  };
  const series: SeriesRecord = {
    market: 'swap',
    symbol: first.symbol ?? 'BTC-USDT',
    interval: '3m',
    firstSlot: MIDNIGHT,
    keptSince: null,
    launchTime: null,
    pricePrecision: first.pricePrecision ?? null,
    historyStart: { firstAvailable: null, reads: null, pending: null },
    fillWindow: null,
  };
  return { series, timeframeMinutes: first.timeframeMinutes ?? 21, day: MIDNIGHT, bars, indicators };
}
