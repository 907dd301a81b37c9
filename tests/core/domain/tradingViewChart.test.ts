import {
  barAt,
  computeIndicators,
  DAY_MS,
  INITIAL_INDICATOR_STATE,
  MINUTE_MS,
  startOfDay,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { readCsvRows } from '../../support/csvRows.ts';
import { barColumns } from './makeCandles.ts';

const TIMEFRAME = 23;
/** One long session, as the exporting chart had it: ta.atr(14), and SMA(29) of the volume. */
const PERIODS = { maShort: 29, maLong: 29, atr: 14 };

const chart = readCsvRows('tests/fixtures/tradingview/kcex-eth-usdt-perp-23m.csv').map((row) => ({
  openTime: Number(row.time) * 1_000,
  high: Number(row.high),
  low: Number(row.low),
  close: Number(row.close),
  volume: Number(row.Volume),
  volumeMa: row['Volume MA'] === '' ? Number.NaN : Number(row['Volume MA']),
  atr: row.ATR === '' ? Number.NaN : Number(row.ATR),
}));

describe('a chart exported from TradingView', () => {
  it('has all its 21,793 bars on the session grid, which restarts at each of 345 midnights', () => {
    expect(chart.length).toBe(21_793);
    expect(chart.filter(({ openTime }) => barAt(openTime, TIMEFRAME).openTime !== openTime)).toEqual([]);
    const midnights = chart.filter(({ openTime }) => openTime === startOfDay(openTime));
    expect(midnights.length).toBe(346);
    // A grid that is counted from the epoch would hold few of them.
    expect(chart.filter(({ openTime }) => openTime % (TIMEFRAME * MINUTE_MS) === 0).length).toBe(1_003);
  });

  it('ends each day with a bar of 14 minutes', () => {
    const last = chart.filter(
      ({ openTime }, row) => chart[row + 1]?.openTime === startOfDay(openTime) + DAY_MS,
    );
    expect(last.length).toBe(345);
    for (const { openTime } of last) {
      const bar = barAt(openTime, TIMEFRAME);
      expect([bar.index, bar.closeTime - bar.openTime]).toEqual([62, 14 * MINUTE_MS]);
    }
  });

  it('shows the ATR that we compute from its bars, with no difference in 21,780 values', () => {
    expect(chart.filter(({ atr }) => !Number.isNaN(atr)).length).toBe(21_780);
    const ours = indicatorsOf(chart).atr;
    expect(ours.length).toBe(chart.length);
    expect(chart.filter(({ atr }, row) => !Object.is(atr, ours[row])).slice(0, 3)).toEqual([]);
  });

  it('shows the SMA that we compute, but for the last bits of a sum that goes on from bar to bar', () => {
    const volumes = chart.map(({ volume }) => ({ high: volume, low: volume, close: volume, openTime: 0 }));
    const ours = indicatorsOf(volumes).maShort;
    // The last bit of the greatest sum.
    const tolerance = 29 * Number.EPSILON * Math.max(...chart.map(({ volume }) => volume));
    let compared = 0;
    for (const [row, { volumeMa }] of chart.entries()) {
      if (Number.isNaN(volumeMa)) continue;
      compared += 1;
      expect(Math.abs(ours[row]! - volumeMa)).toBeLessThan(tolerance);
    }
    expect(compared).toBe(21_793 - 28);
  });
});

/** The indicators of all rows, computed day by day, with the state stored as JSON in between. */
function indicatorsOf(rows: readonly { openTime: number; high: number; low: number; close: number }[]) {
  const days = [...Map.groupBy(rows, ({ openTime }) => startOfDay(openTime)).values()];
  const atr: number[] = [];
  const maShort: number[] = [];
  let state = INITIAL_INDICATOR_STATE;
  for (const day of days) {
    const computed = computeIndicators(barColumns(day), PERIODS, state);
    atr.push(...computed.indicators.atr);
    maShort.push(...computed.indicators.maShort);
    state = JSON.parse(JSON.stringify(computed.state));
  }
  return { atr, maShort };
}
