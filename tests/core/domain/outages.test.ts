import {
  aggregateBars,
  BAR_STATUSES,
  type BarColumns,
  computeIndicators,
  DAY_MS,
  INITIAL_INDICATOR_STATE,
  type IndicatorColumns,
  MINUTE_MS,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { barColumns, candle, confirmedAbsence, type DayOptions, daySlots, fullDay } from './makeCandles.ts';

const DAY = Date.parse('2026-11-22');
const SLOT_MS = 3 * MINUTE_MS;
const SMALL = { maShort: 1, maLong: 2, atr: 2 };
const at = (index: number) => DAY + index * SLOT_MS;

function bars(options: DayOptions, asOf = DAY + 2 * DAY_MS): BarColumns {
  return aggregateBars(daySlots(DAY, { asOf, ...options }), 21, asOf);
}

function indicatorsOf(columns: BarColumns, state = INITIAL_INDICATOR_STATE): IndicatorColumns {
  return computeIndicators(columns, SMALL, state).indicators;
}

/** All slots of some 21m bars, for leaving them out. */
function slotsOfBars(...indexes: readonly number[]): number[] {
  return indexes.flatMap((index) => Array.from({ length: 7 }, (_, slot) => index * 7 + slot));
}

describe('an outage', () => {
  const rowsAfterOutage = (columns: BarColumns) =>
    [...columns.barIndex].filter((_, row) => columns.afterOutage[row] === 1);

  it('is a whole bar of missing slots; the next bar that exists is the one after it', () => {
    const columns = bars({ candles: fullDay(DAY, '3m', slotsOfBars(10, 11)) });
    expect(rowsAfterOutage(columns)).toEqual([12]);
    expect(columns.endsInOutage).toBe(false);
  });

  it('is no bar that has but one candle', () => {
    const columns = bars({ candles: fullDay(DAY, '3m', slotsOfBars(10).slice(1)) });
    expect(rowsAfterOutage(columns)).toEqual([]);
    expect(columns.status[10]).toBe(BAR_STATUSES.indexOf('short'));
  });

  it('is no quiet bar', () => {
    const absences = slotsOfBars(10).map((index) => confirmedAbsence(at(index)));
    expect(rowsAfterOutage(bars({ candles: fullDay(DAY, '3m', slotsOfBars(10)), absences }))).toEqual([]);
  });

  it('is a bar that is quiet but for one missing slot', () => {
    const absences = slotsOfBars(10)
      .slice(1)
      .map((index) => confirmedAbsence(at(index)));
    const columns = bars({ candles: fullDay(DAY, '3m', slotsOfBars(10)), absences });
    expect(rowsAfterOutage(columns)).toEqual([11]);
  });

  it('ends when a late candle is stored', () => {
    const candles = fullDay(DAY, '3m', slotsOfBars(10));
    expect(rowsAfterOutage(bars({ candles: [...candles, candle(at(72))] }))).toEqual([]);
  });

  it('is no time before the launch, but it is one before what history can give', () => {
    const candles = fullDay(DAY, '3m').slice(21);
    expect(rowsAfterOutage(bars({ candles, launchTime: at(21) }))).toEqual([]);
    expect(rowsAfterOutage(bars({ candles, firstAvailable: at(21) }))).toEqual([3]);
  });

  it('ends the session when its last bar has no candle and its grace is over', () => {
    const candles = fullDay(DAY, '3m', [476, 477, 478, 479]);
    expect(bars({ candles }, DAY + DAY_MS + SLOT_MS - 1).endsInOutage).toBe(false);
    expect(bars({ candles }, DAY + DAY_MS + SLOT_MS).endsInOutage).toBe(true);
  });

  it('may fill the whole session', () => {
    const columns = bars({});
    expect(columns.length).toBe(0);
    expect(columns.endsInOutage).toBe(true);
  });

  it('has not begun while the first bar of the day is in its grace', () => {
    expect(bars({}, DAY + 21 * MINUTE_MS).endsInOutage).toBe(false);
    expect(bars({}, DAY + 24 * MINUTE_MS).endsInOutage).toBe(true);
  });
});

describe('indicators after an outage', () => {
  const before = [10, 11, 12, 13].map((close) => ({ high: close + 1, low: close - 1, close }));
  const after = [50, 40, 60, 70].map((close) => ({ high: close + 1, low: close - 1, close }));
  const joined = barColumns([...before, { ...after[0]!, afterOutage: true }, ...after.slice(1)]);

  it('are those of a series that begins there', () => {
    const alone = indicatorsOf(barColumns(after));
    const whole = indicatorsOf(joined);
    for (const name of Object.keys(alone) as (keyof IndicatorColumns)[]) {
      expect(whole[name].subarray(4), name).toEqual(alone[name]);
    }
  });

  it('have no crossover and a true range of high minus low in their first bar', () => {
    const columns = indicatorsOf(joined);
    expect(columns.maCross[4]).toBe(0);
    expect(columns.tr[4]).toBe(2);
    expect(columns.atr[4]).toBeNaN();
  });

  it('start anew when the session before ended in it, however many sessions without a bar lie between', () => {
    const ended = computeIndicators(barColumns(before, true), SMALL, INITIAL_INDICATOR_STATE).state;
    const silent = computeIndicators(barColumns([], false), SMALL, ended).state;
    const outage = computeIndicators(barColumns([], true), SMALL, silent).state;
    for (const state of [ended, silent, outage]) {
      expect(state.outage).toBe(true);
      expect(indicatorsOf(barColumns(after), state)).toEqual(indicatorsOf(barColumns(after)));
    }
  });

  it('start anew from a state that says so, whatever else it holds', () => {
    const { state } = computeIndicators(barColumns(before), SMALL, INITIAL_INDICATOR_STATE);
    expect(indicatorsOf(barColumns(after), { ...state, outage: true })).toEqual(
      indicatorsOf(barColumns(after)),
    );
    expect(indicatorsOf(barColumns(after), state)).not.toEqual(indicatorsOf(barColumns(after)));
  });

  it('leave to the next session only what came after it', () => {
    const { state } = computeIndicators(
      barColumns([...before, { ...after[0]!, afterOutage: true }]),
      SMALL,
      INITIAL_INDICATOR_STATE,
    );
    expect(state).toEqual({ closes: [50], trueRanges: [2], atr: null, cross: null, outage: false });
  });

  it('go on over a session that is quiet from end to end', () => {
    const ended = computeIndicators(barColumns(before), SMALL, INITIAL_INDICATOR_STATE).state;
    expect(computeIndicators(barColumns([]), SMALL, ended).state).toEqual(ended);
    expect(ended.outage).toBe(false);
  });
});
