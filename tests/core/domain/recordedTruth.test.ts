import {
  aggregateBars,
  BAR_STATUSES,
  barAt,
  buildDaySlots,
  computeIndicators,
  DAY_MS,
  EMPTY_DAY,
  INITIAL_INDICATOR_STATE,
  startOfDay,
} from '@candlelake/core';
import { ATR, NATR, SMA, TR } from 'trading-signals';
import { describe, expect, it } from 'vitest';
import { indicatorRow } from './indicatorRow.ts';
import { literalIndicators } from './literalLaws.ts';
import { barColumns } from './makeCandles.ts';
import { barsBySql, recordedBars, recordedCandles, type SqlBar } from './recording.ts';

const PERIODS = { maShort: 3, maLong: 7, atr: 14 };
const MIDNIGHT = Date.parse('2025-08-03');

describe('the recorded candles', () => {
  it('give bars whose prices, counts, times and volumes equal an SQL computation from the file', async () => {
    const ours = deriveRecording().map(({ status, afterOutage, indicators, ...bar }): SqlBar => bar);
    const theirs = await barsBySql();
    expect(theirs.length).toBe(51);
    expect(ours).toEqual(theirs);
  });

  it('give the bar of 23:48 with its four candles, and the first bar of the next day with seven', () => {
    const rows = deriveRecording();
    const last = rows.findIndex((row) => row.closeTime === MIDNIGHT);
    // The four lines of the file from 23:48 on, read by eye.
    expect(rows[last]).toMatchObject({
      openTime: Date.parse('2025-08-02T23:48Z'),
      open: 112707.5,
      high: 112710.7,
      low: 112450,
      close: 112509.5,
      volume: 44.67,
      candleCount: 4,
      status: 'complete',
      afterOutage: false,
    });
    expect(rows[last + 1]).toMatchObject({
      openTime: MIDNIGHT,
      open: 112509.5,
      candleCount: 7,
      status: 'complete',
    });
  });

  it('give averages, crossovers and ATR that equal a literal restatement over the SQL bars, bit for bit', async () => {
    const theirs = await barsBySql();
    const bars = theirs.map((bar, index) => ({
      ...bar,
      status:
        bar.candleCount < (bar.closeTime - bar.openTime) / 180_000
          ? ('short' as const)
          : ('complete' as const),
      afterOutage: bar.openTime !== theirs[index - 1]?.closeTime,
    }));
    const expected = bars.map((_, index) => literalIndicators(bars.slice(0, index + 1), PERIODS));
    expect(deriveRecording().map((row) => row.indicators)).toEqual(expected);
    const crosses = expected.map((row) => row.maCross).filter((cross) => cross !== null);
    expect(new Set(crosses).size).toBe(2);
    expect(expected.filter((row) => row.atr !== null).length).toBeGreaterThan(20);
  });

  it('are marked as what they are: short next to a hole, provisional from the stream', () => {
    const rows = deriveRecording();
    const statusAt = (time: string) => rows.find((row) => row.openTime === Date.parse(time))?.status;
    expect(statusAt('2025-07-15T19:15Z')).toBe('short');
    expect(statusAt('2025-08-02T12:36Z')).toBe('complete');
    expect(rows.filter((row) => row.status === 'short').every((row) => row.candleCount < 7)).toBe(true);
  });
});

describe('the bars that the predecessor recorded', () => {
  it('lie on our grid, every one of 427', () => {
    const recorded = recordedBars();
    expect(recorded.length).toBe(427);
    for (const bar of recorded) {
      expect(barAt(bar.openTime, 21)).toEqual({
        index: bar.index,
        openTime: bar.openTime,
        closeTime: bar.lastMs + 1,
      });
      expect((bar.lastMs + 1 - bar.openTime) / 180_000).toBe(bar.candleCount);
    }
  });

  it('agree with ours wherever a candle of theirs was kept', () => {
    const recorded = new Map(recordedBars().map((bar) => [bar.openTime, bar]));
    const shared = deriveRecording().filter((row) => recorded.has(row.openTime));
    expect(shared.map((row) => row.openTime)).toEqual([
      Date.parse('2025-07-20T06:39Z'),
      Date.parse('2025-07-20T18:54Z'),
    ]);
    for (const row of shared) {
      const bar = recorded.get(row.openTime)!;
      expect(row.close).toBe(bar.close);
      expect(row.high).toBeLessThanOrEqual(bar.high);
      expect(row.low).toBeGreaterThanOrEqual(bar.low);
      expect(row.volume).toBeLessThan(bar.volume);
    }
  });

  it('have averages, crossovers and ATR that equal a literal restatement, bit for bit', () => {
    const recorded = recordedBars();
    const { indicators } = computeIndicators(barColumns(recorded), PERIODS, INITIAL_INDICATOR_STATE);
    const expected = recorded.map((_, index) => literalIndicators(recorded.slice(0, index + 1), PERIODS));
    expect(recorded.map((_, row) => indicatorRow(indicators, row))).toEqual(expected);
    expect(expected.filter((row) => row.maCross === 'GOLDEN_CROSS').length).toBe(36);
    expect(expected.filter((row) => row.maCross === 'DEATH_CROSS').length).toBe(36);
  });

  it('have the averages, ranges and ATR that the library trading-signals computes, but for its rounding', () => {
    const recorded = recordedBars();
    const { indicators } = computeIndicators(barColumns(recorded), PERIODS, INITIAL_INDICATOR_STATE);
    const theirs = {
      short: new SMA(3),
      long: new SMA(7),
      tr: new TR(),
      atr: new ATR(14),
      percent: new NATR(14),
    };
    const greatestRange = Math.max(...indicators.tr);
    const greatestClose = Math.max(...recorded.map((bar) => bar.close));
    // One rounding is at most half an epsilon of the value. An average of n has n of them, on either side. Wilder's average in the library's form
    // (previous + (x - previous) * (1 / n)) has four a bar, ours three; each fades by 1 - 1/n a bar, so that they add up to n times that of one bar.
    const averageTolerance = 7 * Number.EPSILON * greatestClose;
    const atrTolerance = 14 * 8 * Number.EPSILON * greatestRange;
    let compared = 0;
    for (const [row, bar] of recorded.entries()) {
      const short = theirs.short.update(bar.close, false);
      const long = theirs.long.update(bar.close, false);
      const atr = theirs.atr.update(bar, false);
      const percent = theirs.percent.update(bar, false);
      expect(theirs.tr.update(bar, false)).toBe(indicators.tr[row]);
      expect([short === null, long === null, atr === null]).toEqual([row < 2, row < 6, row < 13]);
      if (short === null || long === null || atr === null || percent === null) continue;
      compared++;
      expect(Math.abs(indicators.maShort[row]! - short)).toBeLessThanOrEqual(averageTolerance);
      expect(Math.abs(indicators.maLong[row]! - long)).toBeLessThanOrEqual(averageTolerance);
      expect(Math.abs(indicators.atr[row]! - atr)).toBeLessThanOrEqual(atrTolerance);
      expect(Math.abs(indicators.atrPercent[row]! - percent)).toBeLessThanOrEqual(
        (atrTolerance / bar.close) * 100 + 4 * Number.EPSILON * percent,
      );
    }
    expect(compared).toBe(414);
  });
});

/** The recording through slots, bars and indicators, day after day, the state handed over as JSON. */
function deriveRecording() {
  const candles = recordedCandles();
  const firstDay = startOfDay(candles[0]!.openTime);
  const asOf = startOfDay(candles.at(-1)!.openTime) + 2 * DAY_MS;
  let state = INITIAL_INDICATOR_STATE;
  const rows = [];
  for (let day = firstDay; day < asOf; day += DAY_MS) {
    const stored = { ...EMPTY_DAY, candles: candles.filter((one) => startOfDay(one.openTime) === day) };
    const slots = buildDaySlots({
      interval: '3m',
      day,
      stored,
      launchTime: null,
      firstAvailable: null,
      asOf,
    });
    const bars = aggregateBars(slots, 21, asOf);
    const derived = computeIndicators(bars, PERIODS, state);
    state = JSON.parse(JSON.stringify(derived.state));
    for (let row = 0; row < bars.length; row++) {
      rows.push({
        openTime: bars.openTime[row]!,
        closeTime: bars.closeTime[row]!,
        open: bars.open[row]!,
        high: bars.high[row]!,
        low: bars.low[row]!,
        close: bars.close[row]!,
        volume: bars.volume[row]!,
        candleCount: bars.candleCount[row]!,
        status: BAR_STATUSES[bars.status[row]!]!,
        afterOutage: bars.afterOutage[row] === 1,
        indicators: indicatorRow(derived.indicators, row),
      });
    }
  }
  return rows;
}
