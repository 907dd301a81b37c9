import {
  aggregateBars,
  BAR_STATUSES,
  buildDaySlots,
  type Candle,
  canonicalDecimal,
  DAY_MS,
  EMPTY_DAY,
  type Interval,
  startOfDay,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { readCsvRows } from '../../support/csvRows.ts';

const MINUTE = 60_000;

/** Candles that BingX sent, as final ones of history. */
function realCandles(name: string): readonly Candle[] {
  return readCsvRows(`tests/fixtures/bingx/${name}-real.csv`).map((row) => {
    const decimal = (column: string) => canonicalDecimal(row[column]!)!;
    return {
      openTime: Number(row.open_time_ms),
      open: decimal('open'),
      high: decimal('high'),
      low: decimal('low'),
      close: decimal('close'),
      volume: decimal('volume'),
      status: 'final',
      source: 'history',
      observed: Number(row.open_time_ms) + DAY_MS,
    };
  });
}

/** The bars of 15 minutes of all days of these candles. */
function barsOf15m(candles: readonly Candle[], interval: Interval) {
  const days = [...Map.groupBy(candles, ({ openTime }) => startOfDay(openTime))];
  return days.flatMap(([day, ofDay]) => {
    const asOf = day + 2 * DAY_MS;
    const facts = { stored: { ...EMPTY_DAY, candles: ofDay }, launchTime: null, firstAvailable: null };
    const bars = aggregateBars(buildDaySlots({ interval, day, asOf, ...facts }), 15, asOf);
    return Array.from({ length: bars.length }, (_, row) => ({
      openTime: bars.openTime[row]!,
      open: bars.open[row]!,
      high: bars.high[row]!,
      low: bars.low[row]!,
      close: bars.close[row]!,
      volume: bars.volume[row]!,
      candleCount: bars.candleCount[row]!,
      status: BAR_STATUSES[bars.status[row]!]!,
    }));
  });
}

describe('real 1m candles of 1000PEPE-USDT', () => {
  const bars = barsOf15m(realCandles('1000pepe-usdt-1m'), '1m');
  const native = realCandles('1000pepe-usdt-15m');

  it('make the 15m candles that the exchange itself sends, in every value', () => {
    const whole = bars.filter(({ status }) => status === 'complete');
    const nativeAt = new Map(native.map((candle) => [candle.openTime, candle]));
    // 192 of two days, less the three that lack a minute.
    expect(whole.length).toBe(189);
    for (const { openTime, open, high, low, close, volume } of whole) {
      const { open: o, high: h, low: l, close: c, volume: v } = nativeAt.get(openTime)!;
      expect([open, high, low, close, volume], String(openTime)).toEqual([o, h, l, c, v].map(Number));
    }
  });

  it('make a short bar where the download lacks a minute', () => {
    const short = bars.filter(({ status }) => status === 'short');
    // The minutes 06:27, 23:08 and 15:49 have no row (awk over the file).
    expect(short.map(({ openTime, candleCount }) => [new Date(openTime).toISOString(), candleCount])).toEqual(
      [
        ['2025-11-20T06:15:00.000Z', 14],
        ['2025-11-20T23:00:00.000Z', 14],
        ['2025-11-21T15:45:00.000Z', 14],
      ],
    );
  });
});

describe('real 1m candles of SHIB-USDT', () => {
  it('are candles also in the 14 minutes without a trade: their bars are complete', () => {
    const candles = realCandles('shib-usdt-1m');
    expect(candles.filter(({ volume }) => Number(volume) === 0).length).toBe(14);
    const bars = barsOf15m(candles, '1m');
    const quarterOf = (time: number) => Math.floor(time / (15 * MINUTE)) * 15 * MINUTE;
    const flat = new Set(
      candles.filter(({ volume }) => Number(volume) === 0).map(({ openTime }) => quarterOf(openTime)),
    );
    const ofFlat = bars.filter(({ openTime }) => flat.has(openTime));
    expect(ofFlat.length).toBe(flat.size);
    expect(new Set(ofFlat.map(({ candleCount, status }) => `${candleCount} ${status}`))).toEqual(
      new Set(['15 complete']),
    );
    // 1,439 of 1,440 minutes are in the file.
    expect(bars.filter(({ status }) => status === 'short').length).toBe(1);
  });
});

describe('the real 15m candle of UNI-USDT whose open lies above its high', () => {
  it('makes a bar with the values as sent', () => {
    const bar = barsOf15m(realCandles('uni-usdt-15m'), '15m').find(
      ({ openTime }) => openTime === Date.parse('2025-06-22T07:30Z'),
    );
    // The line of the file.
    expect(bar).toMatchObject({ open: 6.434, high: 6.433, low: 6.389, close: 6.402, volume: 28368 });
  });
});
