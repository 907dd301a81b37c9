import {
  type BarColumns,
  computeIndicators,
  INITIAL_INDICATOR_STATE,
  type IndicatorColumns,
  MA_CROSSES,
  type Periods,
  TRENDS,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { barColumns, barsOfCloses, type SimpleBar } from './makeCandles.ts';

const PERIODS: Periods = { maShort: 3, maLong: 7, atr: 14 };
const SMALL: Periods = { maShort: 1, maLong: 2, atr: 2 };

function indicatorsOf(
  bars: BarColumns,
  periods = PERIODS,
  state = INITIAL_INDICATOR_STATE,
): IndicatorColumns {
  return computeIndicators(bars, periods, state).indicators;
}

function crossesOf(columns: IndicatorColumns): (string | null)[] {
  return Array.from(columns.maCross, (code) => (code === 0 ? null : MA_CROSSES[code - 1]!));
}

function trendsOf(columns: IndicatorColumns): (string | null)[] {
  return Array.from(columns.trend, (code) => (code === 0 ? null : TRENDS[code - 1]!));
}

describe('a simple moving average', () => {
  it('is not there before its period is full, and is the mean of the last closes from then on', () => {
    const { maShort } = indicatorsOf(barsOfCloses([1, 2, 6, 4]));
    expect([...maShort]).toEqual([Number.NaN, Number.NaN, 3, 4]);
  });

  it('adds the oldest close first, anew for each bar', () => {
    // A running sum would still hold what 1e17 swallowed; adding from the newest one would not lose the 1.
    const { maShort } = indicatorsOf(barsOfCloses([1e17, 1, 2, 4, 8]));
    expect([...maShort].slice(2)).toEqual([(1e17 + 1 + 2) / 3, 7 / 3, 14 / 3]);
    expect(indicatorsOf(barsOfCloses([1e16, 1, 1])).maShort[2]).toBe(1e16 / 3);
    expect(indicatorsOf(barsOfCloses([1, 1, 1e16])).maShort[2]).toBe((1e16 + 2) / 3);
  });

  it('of zero is a number and not "not yet" (predecessor fault 17)', () => {
    const columns = indicatorsOf(barsOfCloses([0, 0, 0, 5]), SMALL);
    expect([...columns.maShort]).toEqual([0, 0, 0, 5]);
    expect(trendsOf(columns)).toEqual([null, 'NEUTRAL', 'NEUTRAL', 'BULLISH']);
    expect(crossesOf(columns)[3]).toBe('GOLDEN_CROSS');
    const { state } = computeIndicators(barsOfCloses([0, 0]), SMALL, INITIAL_INDICATOR_STATE);
    expect(state.cross).toEqual({ maShort: 0, maLong: 0 });
    expect(crossesOf(indicatorsOf(barsOfCloses([5]), SMALL, state))).toEqual(['GOLDEN_CROSS']);
  });
});

describe('a crossover', () => {
  const closes = [5, 5, 6, 7, 4, 3, 9];
  it('is golden when the short average rises above the long one, and a death cross the other way', () => {
    expect(crossesOf(indicatorsOf(barsOfCloses(closes), SMALL))).toEqual([
      null,
      null,
      'GOLDEN_CROSS',
      null,
      'DEATH_CROSS',
      null,
      'GOLDEN_CROSS',
    ]);
  });

  it('needs an average before: the first pair is none', () => {
    expect(crossesOf(indicatorsOf(barsOfCloses([5, 6]), SMALL))).toEqual([null, null]);
    expect(trendsOf(indicatorsOf(barsOfCloses([5, 6]), SMALL))).toEqual([null, 'BULLISH']);
  });

  it('starts from equality too, and touching without passing is none', () => {
    expect(crossesOf(indicatorsOf(barsOfCloses([5, 6, 6, 7]), SMALL))).toEqual([
      null,
      null,
      null,
      'GOLDEN_CROSS',
    ]);
    expect(crossesOf(indicatorsOf(barsOfCloses([6, 5, 5, 4]), SMALL))).toEqual([
      null,
      null,
      null,
      'DEATH_CROSS',
    ]);
  });

  it('compares raw values: coins of a hundred-millionth cross as any other (predecessor fault 16)', () => {
    const cheap = closes.map((close) => close * 1e-8);
    const columns = indicatorsOf(barsOfCloses(cheap), SMALL);
    expect(crossesOf(columns)).toEqual(crossesOf(indicatorsOf(barsOfCloses(closes), SMALL)));
    expect(trendsOf(columns).slice(2)).toEqual(['BULLISH', 'BULLISH', 'BEARISH', 'BEARISH', 'BULLISH']);
  });

  it('fires on the last bit of a double and not before', () => {
    const next = 1 + Number.EPSILON;
    expect(crossesOf(indicatorsOf(barsOfCloses([1, 1, next + Number.EPSILON]), SMALL))[2]).toBe(
      'GOLDEN_CROSS',
    );
    expect(crossesOf(indicatorsOf(barsOfCloses([1, 1, 1]), SMALL))[2]).toBeNull();
  });

  it.each(['complete', 'provisional'] as const)('takes part with %s bars', (status) => {
    const bars = [5, 5, 6].map((close) => ({ high: close, low: close, close, status }));
    expect(crossesOf(indicatorsOf(barColumns(bars), SMALL))[2]).toBe('GOLDEN_CROSS');
  });

  it('is none when the bar or the one before it is short, while averages and trend go on', () => {
    const withShort = (short: number) =>
      barColumns(
        [5, 5, 6, 4].map((close, row) => {
          return { high: close, low: close, close, status: row === short ? 'short' : 'complete' };
        }),
      );
    expect(crossesOf(indicatorsOf(withShort(2), SMALL))).toEqual([null, null, null, null]);
    expect(crossesOf(indicatorsOf(withShort(1), SMALL))).toEqual([null, null, null, 'DEATH_CROSS']);
    expect(crossesOf(indicatorsOf(withShort(0), SMALL))).toEqual([null, null, 'GOLDEN_CROSS', 'DEATH_CROSS']);
    expect([...indicatorsOf(withShort(2), SMALL).maLong]).toEqual([Number.NaN, 5, 5.5, 5]);
    expect(trendsOf(indicatorsOf(withShort(2), SMALL))).toEqual([null, 'NEUTRAL', 'BULLISH', 'BEARISH']);
  });
});

describe('the true range', () => {
  it('of the first bar is high minus low', () => {
    expect([...indicatorsOf(barColumns([{ high: 12, low: 9, close: 10 }])).tr]).toEqual([3]);
  });

  it.each([
    ['the bar itself', { high: 12, low: 8, close: 9 }, 4],
    ['a gap up', { high: 20, low: 18, close: 19 }, 10],
    ['a gap down', { high: 4, low: 3, close: 3 }, 7],
    ['nothing', { high: 10, low: 10, close: 10 }, 0],
  ])('spans %s', (_, bar, expected) => {
    expect(indicatorsOf(barColumns([{ high: 11, low: 9, close: 10 }, bar])).tr[1]).toBe(expected);
  });
});

describe('the average true range', () => {
  const ranges = [0.1, 0.2, 0.3, 0.5, 0.7];
  const bars = barColumns(ranges.map((range) => ({ high: 100, low: 100 - range, close: 100 })));
  const tr = ranges.map((range) => 100 - (100 - range));

  it('begins with the mean of the first ranges and goes on as (previous * (n - 1) + range) / n', () => {
    const { atr } = indicatorsOf(bars, { ...PERIODS, atr: 3 });
    const seed = (tr[0]! + tr[1]! + tr[2]!) / 3;
    const fourth = (seed * 2 + tr[3]!) / 3;
    expect([...atr]).toEqual([Number.NaN, Number.NaN, seed, fourth, (fourth * 2 + tr[4]!) / 3]);
  });

  it('of period 1 is the range', () => {
    expect([...indicatorsOf(bars, { ...PERIODS, atr: 1 }).atr]).toEqual(tr);
  });

  it('of zero is a value: a silent market hands it over as one (predecessor fault 26)', () => {
    const silent = barsOfCloses([5, 5, 5]);
    const flat = { ...silent, high: silent.close, low: silent.close };
    const first = computeIndicators(flat, { maShort: 1, maLong: 2, atr: 2 }, INITIAL_INDICATOR_STATE);
    expect([...first.indicators.atr]).toEqual([Number.NaN, 0, 0]);
    expect(first.state.atr).toBe(0);
    const next = indicatorsOf(barColumns([{ high: 9, low: 5, close: 7 }]), SMALL, first.state);
    expect(next.atr[0]).toBe(2);
  });

  it('as a percentage is of the close of its own bar (predecessor fault 19)', () => {
    const columns = indicatorsOf(
      barColumns([
        { high: 110, low: 90, close: 100 },
        { high: 60, low: 50, close: 50 },
      ]),
      { ...PERIODS, atr: 1 },
    );
    expect([...columns.atrPercent]).toEqual([20, 100]);
  });
});

describe('the state that is handed over', () => {
  it('holds no more closes than the longer average needs, and no ranges once the ATR is there', () => {
    const closes = Array.from({ length: 40 }, (_, index) => 100 + index);
    const { state } = computeIndicators(barsOfCloses(closes), PERIODS, INITIAL_INDICATOR_STATE);
    expect(state).toEqual({
      closes: closes.slice(-7),
      trueRanges: [],
      atr: 2,
      cross: { maShort: 138, maLong: 136 },
      outage: false,
    });
  });

  it('is the initial one before the first bar', () => {
    expect(computeIndicators(barColumns([]), PERIODS, INITIAL_INDICATOR_STATE).state).toEqual(
      INITIAL_INDICATOR_STATE,
    );
  });

  it('names no averages that a crossover may not look back to', () => {
    const bars = (status: SimpleBar['status']) =>
      barColumns([5, 6].map((close) => ({ high: close, low: close, close, status: status! })));
    const state = (status: SimpleBar['status']) =>
      computeIndicators(bars(status), SMALL, INITIAL_INDICATOR_STATE).state;
    expect(state('short').cross).toBeNull();
    expect(state('provisional').cross).toEqual({ maShort: 6, maLong: 5.5 });
    expect(computeIndicators(barsOfCloses([5]), SMALL, INITIAL_INDICATOR_STATE).state.cross).toBeNull();
  });
});
