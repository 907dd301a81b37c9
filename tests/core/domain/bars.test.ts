import {
  aggregateBar,
  aggregateBars,
  BAR_STATUSES,
  type BarColumns,
  type BarStatus,
  type Candle,
  DAY_MS,
  type Interval,
  MINUTE_MS,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { candle, confirmedAbsence, type DayOptions, daySlots, fullDay } from './makeCandles.ts';

const DAY = Date.parse('2026-11-22');
const SLOT_MS = 3 * MINUTE_MS;
const LATER = DAY + 2 * DAY_MS;
const at = (index: number) => DAY + index * SLOT_MS;

function bars(options: DayOptions, asOf = LATER, timeframeMinutes = 21): BarColumns {
  return aggregateBars(daySlots(DAY, { asOf, ...options }), timeframeMinutes, asOf);
}

function statusOf(columns: BarColumns, barIndex: number): BarStatus | null {
  const row = columns.barIndex.indexOf(barIndex);
  return row < 0 ? null : BAR_STATUSES[columns.status[row]!]!;
}

/** All slots of some 21m bars, for leaving them out. */
function slotsOfBars(...indexes: readonly number[]): number[] {
  return indexes.flatMap((index) => Array.from({ length: 7 }, (_, slot) => index * 7 + slot));
}

describe('a bar', () => {
  it('opens with its first candle, closes with its last, spans the highest and the lowest, adds the volume', () => {
    const candles = [
      candle(at(7), { open: '10', high: '11', low: '9.5', close: '10.5', volume: '0.1' }),
      candle(at(8), { open: '10.4', high: '12.25', low: '10.3', close: '12', volume: '0.2' }),
      candle(at(13), { open: '12', high: '12.1', low: '8', close: '8.5', volume: '0.7' }),
    ];
    const absences = [9, 10, 11, 12].map((index) => confirmedAbsence(at(index)));
    const columns = bars({ candles, absences });
    expect(columns.length).toBe(1);
    expect(columns.barIndex[0]).toBe(1);
    expect([columns.open[0], columns.high[0], columns.low[0], columns.close[0]]).toEqual([10, 12.25, 8, 8.5]);
    expect(columns.volume[0]).toBe(1);
    expect([columns.candleCount[0], columns.expectedCount[0]]).toEqual([3, 7]);
  });

  it('takes high and low from the highs and lows as sent, also of an irregular candle (trap 37)', () => {
    // UNI-USDT 15m 2025-06-22T07:30Z as recorded: its open is above its high.
    const candles = [candle(at(0), { open: '6.434', high: '6.433', low: '6.389', close: '6.402' })];
    const columns = bars({ candles, asOf: DAY + 21 * MINUTE_MS + SLOT_MS }, DAY + 21 * MINUTE_MS + SLOT_MS);
    expect([columns.open[0], columns.high[0], columns.low[0], columns.close[0]]).toEqual([
      6.434, 6.433, 6.389, 6.402,
    ]);
  });

  it('closes with the first ms after it, whatever source its candles have (predecessor fault 13)', () => {
    const last = (source: Candle['source']) => fullDay(DAY, '3m').map((one) => ({ ...one, source }));
    for (const source of ['history', 'stream', 'import'] as const) {
      const columns = bars({ candles: last(source) });
      expect(columns.closeTime[0]! - columns.openTime[0]!).toBe(21 * MINUTE_MS);
      expect(columns.closeTime[68]! - columns.openTime[68]!).toBe(12 * MINUTE_MS);
      expect(columns.closeTime[68]).toBe(DAY + DAY_MS);
    }
  });

  it('of 23:48 has four candles of 3m and is the last of the session', () => {
    const columns = bars({ candles: fullDay(DAY, '3m') });
    expect(columns.length).toBe(69);
    expect(columns.openTime[68]).toBe(DAY + (23 * 60 + 48) * MINUTE_MS);
    expect([columns.candleCount[68], columns.expectedCount[68]]).toEqual([4, 4]);
    expect(statusOf(columns, 68)).toBe('complete');
  });

  it('does not exist without a candle', () => {
    const quiet = slotsOfBars(3).map((index) => confirmedAbsence(at(index)));
    const columns = bars({ candles: fullDay(DAY, '3m', slotsOfBars(3, 10)), absences: quiet });
    expect(columns.length).toBe(67);
    expect(statusOf(columns, 3)).toBeNull();
    expect(statusOf(columns, 10)).toBeNull();
  });

  it('counts a candle without volume as a candle (predecessor fault 26)', () => {
    const columns = bars({ candles: fullDay(DAY, '3m').map((one) => ({ ...one, volume: '0' })) });
    expect(columns.length).toBe(69);
    expect(columns.volume[0]).toBe(0);
    expect(columns.candleCount[0]).toBe(7);
  });

  it('is made of candles of any interval, not of seven (predecessor fault 11)', () => {
    const made = (interval: Interval, timeframeMinutes: number) => {
      const columns = bars({ interval, candles: fullDay(DAY, interval) }, LATER, timeframeMinutes);
      return [columns.length, columns.candleCount[0], columns.candleCount[columns.length - 1]];
    };
    expect(made('1m', 21)).toEqual([69, 21, 12]);
    expect(made('5m', 35)).toEqual([42, 7, 1]);
    expect(made('15m', 45)).toEqual([32, 3, 3]);
    expect(made('1h', 420)).toEqual([4, 7, 3]);
    expect(made('1d', 1440)).toEqual([1, 1, 1]);
  });
});

describe('the status of a bar', () => {
  const provisional = { status: 'provisional', source: 'stream', observed: 0 } as const;
  const barOne = fullDay(DAY, '3m').slice(7, 14);
  it.each<[string, DayOptions, BarStatus]>([
    ['all slots are final', { candles: barOne }, 'complete'],
    ['one is imported', { candles: barOne.with(2, { ...barOne[2]!, status: 'imported' }) }, 'complete'],
    ['one is quiet', { candles: barOne.toSpliced(2, 1), absences: [confirmedAbsence(at(9))] }, 'complete'],
    ['one is before the launch', { candles: barOne.slice(1), launchTime: at(8) }, 'complete'],
    ['one is provisional', { candles: barOne.with(6, { ...barOne[6]!, ...provisional }) }, 'provisional'],
    [
      'one is provisional and one quiet',
      { candles: [candle(at(7), provisional), ...barOne.slice(1, 6)], absences: [confirmedAbsence(at(13))] },
      'provisional',
    ],
    ['one is missing', { candles: barOne.slice(1) }, 'short'],
    [
      'one is missing and one provisional',
      { candles: [candle(at(7), provisional), ...barOne.slice(2)] },
      'short',
    ],
    ['one is unavailable', { candles: barOne.slice(1), firstAvailable: at(8) }, 'short'],
    [
      'one read does not show one',
      { candles: barOne.slice(1), absences: [{ openTime: at(7), firstRead: 9, lastRead: 9 }] },
      'short',
    ],
  ])('when %s', (_, options, expected) => {
    expect(statusOf(bars(options), 1)).toBe(expected);
  });

  it('expects no candle before the launch', () => {
    const columns = bars({ candles: fullDay(DAY, '3m').slice(10), launchTime: at(10) });
    expect(columns.barIndex[0]).toBe(1);
    expect([columns.candleCount[0], columns.expectedCount[0]]).toEqual([4, 4]);
  });
});

describe('a bar and the watermark', () => {
  const close = at(14);
  it('appears with its close, not a millisecond before', () => {
    const candles = fullDay(DAY, '3m');
    expect(bars({ candles }, close - 1).length).toBe(1);
    expect(bars({ candles }, close).length).toBe(2);
  });

  it('appears one interval after its close when a candle is missing, never not at all (predecessor fault 3)', () => {
    const candles = fullDay(DAY, '3m', [9]);
    expect(statusOf(bars({ candles }, close), 1)).toBeNull();
    expect(statusOf(bars({ candles }, close + SLOT_MS - 1), 1)).toBeNull();
    expect(statusOf(bars({ candles }, close + SLOT_MS), 1)).toBe('short');
    expect(statusOf(bars({ candles }, close + SLOT_MS), 0)).toBe('complete');
  });

  it('waits as long for the last bar of a session, into the next one', () => {
    const candles = fullDay(DAY, '3m', [479]);
    expect(statusOf(bars({ candles }, DAY + DAY_MS), 68)).toBeNull();
    expect(statusOf(bars({ candles }, DAY + DAY_MS + SLOT_MS), 68)).toBe('short');
  });

  it('is the same bar whether a candle came late or in time (predecessor fault 4)', () => {
    const late = [...fullDay(DAY, '3m', [9]), candle(at(9))];
    expect(bars({ candles: late })).toEqual(bars({ candles: fullDay(DAY, '3m') }));
    expect([...bars({ candles: late }).barIndex]).toEqual(Array.from({ length: 69 }, (_, index) => index));
  });

  it('does not exist on a day that has not begun', () => {
    const columns = bars({ candles: fullDay(DAY, '3m') }, DAY);
    expect(columns.length).toBe(0);
    expect(columns.openTime).toHaveLength(0);
    expect(columns.endsInOutage).toBe(false);
  });
});

describe('one bar of a session', () => {
  it('is the row that all bars of the session hold', () => {
    const slots = daySlots(DAY, { candles: fullDay(DAY, '3m', [15]) });
    const all = aggregateBars(slots, 21, LATER);
    for (const index of [0, 2, 68]) {
      const one = aggregateBar(slots, 21, index);
      expect(one.length).toBe(1);
      for (const name of ['barIndex', 'openTime', 'closeTime', 'close', 'volume', 'status'] as const)
        expect([...one[name]], name).toEqual([all[name][index]]);
    }
  });

  it('has no row without a candle, and is short while its slots have not closed', () => {
    const slots = daySlots(DAY, { candles: fullDay(DAY, '3m', slotsOfBars(3)), asOf: at(9) });
    expect(aggregateBar(slots, 21, 3).length).toBe(0);
    expect(statusOf(aggregateBar(slots, 21, 1), 1)).toBe('short');
  });
});
