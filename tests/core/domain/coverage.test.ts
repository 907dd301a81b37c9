import { coverageOf, isDaySettled, MINUTE_MS } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { candle, confirmedAbsence, daySlots, fullDay } from './makeCandles.ts';

const DAY = Date.parse('2026-11-22');
const SLOT_MS = 3 * MINUTE_MS;

describe('coverageOf', () => {
  it('counts every state once and names the first missing slot', () => {
    const at = (index: number) => DAY + index * SLOT_MS;
    const slots = daySlots(DAY, {
      launchTime: at(2),
      firstAvailable: at(5),
      asOf: at(20),
      candles: [
        candle(at(3)),
        candle(at(6)),
        candle(at(7), { status: 'imported', source: 'import' }),
        candle(at(8), { status: 'provisional', source: 'stream' }),
        candle(at(25)),
      ],
      absences: [confirmedAbsence(at(9)), confirmedAbsence(at(10))],
    });
    expect(coverageOf(slots)).toEqual({
      expected: 18,
      final: 3,
      provisional: 1,
      quiet: 2,
      unavailable: 2,
      missing: 10,
      firstMissing: at(5),
    });
  });

  it('has no first missing slot when none is missing', () => {
    const coverage = coverageOf(daySlots(DAY, { candles: fullDay(DAY, '3m') }));
    expect(coverage).toEqual({
      expected: 480,
      final: 480,
      provisional: 0,
      quiet: 0,
      unavailable: 0,
      missing: 0,
      firstMissing: null,
    });
  });

  it('names the first slot of the day when that one is missing', () => {
    expect(coverageOf(daySlots(DAY, { candles: fullDay(DAY, '3m', [0, 7]) })).firstMissing).toBe(DAY);
  });

  it('expects nothing of a day that has not begun', () => {
    const coverage = coverageOf(daySlots(DAY, { asOf: DAY }));
    expect(coverage.expected).toBe(0);
    expect(coverage.missing).toBe(0);
  });
});

describe('isDaySettled', () => {
  const at = (index: number) => DAY + index * SLOT_MS;
  const settled = (day: Parameters<typeof daySlots>[1]) => isDaySettled(coverageOf(daySlots(DAY, day)));

  it('says no while a slot is missing, and while one is provisional', () => {
    expect(settled({ candles: fullDay(DAY, '3m', [7]) })).toBe(false);
    const unconfirmed = candle(at(7), { status: 'provisional', source: 'stream' });
    expect(settled({ candles: [...fullDay(DAY, '3m', [7]), unconfirmed] })).toBe(false);
  });

  it('says yes when each slot is final, quiet, unavailable or not expected', () => {
    const candles = fullDay(DAY, '3m', [0, 1, 2, 9]);
    const absences = [confirmedAbsence(at(9))];
    expect(settled({ candles, absences, launchTime: at(1), firstAvailable: at(3) })).toBe(true);
  });
});
