import {
  ABSENCE_CONFIRM_MS,
  type Candle,
  DAY_MS,
  isSettled,
  isShownEmpty,
  MINUTE_MS,
  SlotState,
  slotsUntil,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { candle, confirmedAbsence, type DayOptions, daySlots } from './makeCandles.ts';

const DAY = Date.parse('2026-11-22');
const SLOT_MS = 3 * MINUTE_MS;
/** The slot of the tables: the eleventh of the day. */
const AT = DAY + 10 * SLOT_MS;

const provisional = candle(AT, { status: 'provisional', source: 'stream', observed: 0 });
const oneRead = { openTime: AT, firstRead: AT + DAY_MS, lastRead: AT + DAY_MS };

/** A row that could not be read this long after the last read of a confirmed absence. */
function refusedAfter(ms: number) {
  const read = confirmedAbsence(AT).lastRead + ms;
  return { openTime: AT, firstRead: read, lastRead: read };
}

function stateOf(options: DayOptions): string {
  const state = daySlots(DAY, options).state[10];
  return Object.entries(SlotState).find(([, code]) => code === state)![0];
}

describe('the state of a slot', () => {
  const later = AT + SLOT_MS;
  it.each<[string, DayOptions, string]>([
    ['nothing known', {}, 'missing'],
    ['a final candle', { candles: [candle(AT)] }, 'final'],
    ['an imported candle', { candles: [candle(AT, { status: 'imported', source: 'import' })] }, 'final'],
    ['a provisional candle', { candles: [provisional] }, 'provisional'],
    [
      'a provisional candle that history does not show',
      { candles: [provisional], absences: [confirmedAbsence(AT)] },
      'final',
    ],
    [
      'a provisional candle that one read did not show',
      { candles: [provisional], absences: [oneRead] },
      'provisional',
    ],
    [
      'a final candle that history does not show any more',
      { candles: [candle(AT)], absences: [confirmedAbsence(AT)] },
      'final',
    ],
    ['an absence of one read', { absences: [oneRead] }, 'missing'],
    ['an absence of two reads', { absences: [confirmedAbsence(AT)] }, 'quiet'],
    ['a row that cannot be read', { unreadable: [oneRead] }, 'missing'],
    [
      'a row that cannot be read after two reads that showed none',
      { absences: [confirmedAbsence(AT)], unreadable: [refusedAfter(0)] },
      'missing',
    ],
    [
      'a row that cannot be read less than ten minutes before the last read that showed none',
      { absences: [confirmedAbsence(AT)], unreadable: [refusedAfter(-599_999)] },
      'missing',
    ],
    [
      'a row that cannot be read ten minutes before the last read that showed none',
      { absences: [confirmedAbsence(AT)], unreadable: [refusedAfter(-600_000)] },
      'quiet',
    ],
    [
      'a provisional candle and a row that cannot be read',
      { candles: [provisional], unreadable: [oneRead] },
      'provisional',
    ],
    [
      'a final candle and a row that cannot be read',
      { candles: [candle(AT)], unreadable: [oneRead] },
      'final',
    ],
    ['history that begins later', { firstAvailable: later }, 'unavailable'],
    ['history that begins with it', { firstAvailable: AT }, 'missing'],
    [
      'history that begins later, but a provisional candle',
      { firstAvailable: later, candles: [provisional] },
      'final',
    ],
    [
      'history that begins with it, and a provisional candle',
      { firstAvailable: AT, candles: [provisional] },
      'provisional',
    ],
    ['history that begins later, but a candle', { firstAvailable: later, candles: [candle(AT)] }, 'final'],
    [
      'history that begins later, and an absence',
      { firstAvailable: later, absences: [confirmedAbsence(AT)] },
      'quiet',
    ],
    ['a launch later', { launchTime: later }, 'notExpected'],
    ['a launch in its middle', { launchTime: AT + 1 }, 'notExpected'],
    ['a launch in its middle, and a candle', { launchTime: AT + 1, candles: [candle(AT)] }, 'final'],
    [
      'a launch in its middle, and a provisional candle',
      { launchTime: AT + 1, candles: [provisional] },
      'provisional',
    ],
    ['a launch with it', { launchTime: AT }, 'missing'],
    [
      'a launch later, and an absence',
      { launchTime: later, absences: [confirmedAbsence(AT)] },
      'notExpected',
    ],
    ['a launch and history that begin later', { launchTime: later, firstAvailable: later }, 'notExpected'],
    ['a watermark one ms before its close', { asOf: AT + SLOT_MS - 1, candles: [candle(AT)] }, 'notYet'],
    [
      'a watermark one ms before its close, and an absence',
      { asOf: AT + SLOT_MS - 1, absences: [confirmedAbsence(AT)] },
      'notYet',
    ],
    [
      'a watermark one ms before its close, and a launch later',
      { asOf: AT + SLOT_MS - 1, launchTime: later },
      'notYet',
    ],
    ['a watermark at its close', { asOf: AT + SLOT_MS, candles: [candle(AT)] }, 'final'],
    ['a watermark at its close and nothing known', { asOf: AT + SLOT_MS }, 'missing'],
    ['a watermark of the day before', { asOf: DAY - 1, candles: [candle(AT)] }, 'notYet'],
    ['a watermark of 0', { asOf: 0, candles: [candle(AT)] }, 'notYet'],
  ])('with %s', (_, options, expected) => {
    expect(stateOf(options)).toBe(expected);
  });

  it('needs two reads ten minutes apart, to the millisecond, to be quiet', () => {
    const reads = (apart: number) => ({ openTime: AT, firstRead: 5, lastRead: 5 + apart });
    expect(ABSENCE_CONFIRM_MS).toBe(600_000);
    expect(isShownEmpty({ absence: reads(599_999), unreadable: null })).toBe(false);
    expect(isShownEmpty({ absence: reads(600_000), unreadable: null })).toBe(true);
  });

  it('is not settled while provisional, so the candle is read again (predecessor fault 2)', () => {
    const settled = Object.entries(SlotState).filter(([, state]) => isSettled(state));
    expect(settled.map(([name]) => name).toSorted()).toEqual([
      'final',
      'notExpected',
      'quiet',
      'unavailable',
    ]);
  });
});

describe('buildDaySlots', () => {
  it('puts each candle into the column position of its open time', () => {
    const last = DAY + DAY_MS - SLOT_MS;
    const candles: Candle[] = [
      candle(DAY, { open: '1.1', high: '1.4', low: '1', close: '1.3', volume: '0.07', source: 'stream' }),
      candle(last, { open: '2', high: '3', low: '1.5', close: '2.5', volume: '12', source: 'import' }),
    ];
    const slots = daySlots(DAY, { candles: candles.toReversed() });
    expect(slots.length).toBe(480);
    expect([slots.open[0], slots.high[0], slots.low[0], slots.close[0]]).toEqual([1.1, 1.4, 1, 1.3]);
    expect([slots.open[479], slots.high[479], slots.low[479], slots.close[479]]).toEqual([2, 3, 1.5, 2.5]);
    expect([slots.source[0], slots.source[479]]).toEqual([1, 2]);
    expect(slots.volume.scale).toBe(2);
    expect([slots.volume.units[0], slots.volume.units[479]]).toEqual([7, 1200]);
    expect([slots.open[1], slots.close[1], slots.volume.units[1]]).toEqual([Number.NaN, Number.NaN, 0]);
  });

  it('shows nothing of a candle that closes after the watermark', () => {
    const slots = daySlots(DAY, { candles: [candle(AT)], asOf: AT + SLOT_MS - 1 });
    expect(slots.open[10]).toBeNaN();
    expect(slots.volume.units[10]).toBe(0);
  });

  it('has a day divided by the interval as its length', () => {
    expect(daySlots(DAY, { interval: '1m' }).length).toBe(1440);
    expect(daySlots(DAY, { interval: '1h' }).length).toBe(24);
    expect(daySlots(DAY, { interval: '1d' }).length).toBe(1);
  });

  it.each([
    ['off the grid', AT + 1],
    ['of the day before', DAY - SLOT_MS],
    ['of the day after', DAY + DAY_MS],
  ])('refuses a record %s', (_, openTime) => {
    expect(() => daySlots(DAY, { candles: [candle(openTime)] })).toThrow(RangeError);
    expect(() => daySlots(DAY, { absences: [confirmedAbsence(openTime)] })).toThrow(
      /expected a slot of the day/,
    );
  });
});

describe('the session at an earlier time', () => {
  // Sums of the second volume are beyond the whole numbers that doubles hold.
  it.each(['1.5', '90071992547409921.5'])('is the one that was built then: volume %s', (volume) => {
    const candles = [0, 1, 3, 4].map((index) => candle(DAY + index * SLOT_MS, { volume, source: 'import' }));
    const absences = [confirmedAbsence(DAY + 2 * SLOT_MS)];
    const whole = daySlots(DAY, { candles, absences });
    for (const closed of [0, 3, 4, 480])
      expect(slotsUntil(whole, closed).state).toEqual(
        daySlots(DAY, { candles, absences, asOf: DAY + closed * SLOT_MS }).state,
      );
    expect(slotsUntil(whole, 4)).toEqual(daySlots(DAY, { candles, absences, asOf: DAY + 4 * SLOT_MS }));
    expect(whole).toEqual(daySlots(DAY, { candles, absences }));
  });
});
