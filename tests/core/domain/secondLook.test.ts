import { type Candle, dayLook, dayLookSlots, isDayLookDue } from '@candlelake/core';
import { describe, expect, it } from 'vitest';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 22, 12);

describe('dayLook', () => {
  it.each([1, 3, 5, 15, 30, 60, 120, 240, 480, 1440])(
    'the slots of a day of %i minutes bring a look at every slot of the day before, each once',
    (minutes) => {
      const intervalMs = minutes * MINUTE;
      const day = Date.UTC(2026, 10, 22);
      const seen: number[] = [];
      for (let slot = day; slot < day + DAY; slot += intervalMs) {
        const look = dayLook(slot, intervalMs) ?? { from: 0, to: 0 };
        for (let final = look.from; final < look.to; final += intervalMs) seen.push(final);
      }
      const shift = seen[0]! - (day - DAY);
      expect(shift).toBeGreaterThan(-30 * MINUTE);
      expect(shift).toBeLessThanOrEqual(0);
      expect(seen).toEqual(
        Array.from({ length: DAY / intervalMs }, (_, index) => day - DAY + shift + index * intervalMs),
      );
    },
  );

  it('closes its finals 24 to 24.5 hours before the slot closes', () => {
    expect(dayLook(NOON, MINUTE)).toEqual({ from: NOON - DAY - 29 * MINUTE, to: NOON - DAY + MINUTE });
    expect(dayLook(NOON, HOUR)).toEqual({ from: NOON - DAY, to: NOON - DAY + HOUR });
    expect(dayLook(NOON + MINUTE, MINUTE)).toBeNull();
    expect(dayLook(NOON + 15 * MINUTE, 15 * MINUTE)).toBeNull();
  });
});

describe('dayLookSlots', () => {
  const intervalMs = 10 * MINUTE;
  const [one, two, three] = [NOON - DAY - 20 * MINUTE, NOON - DAY - 10 * MINUTE, NOON - DAY];

  it('leaves out what the answer showed and what lies before the first candle', () => {
    const nothing = { from: 0, to: 0 };
    const slots = (firstSlot: number | null, shown = nothing) =>
      dayLookSlots([NOON, NOON + intervalMs], { intervalMs, firstSlot, shown });
    expect(slots(0)).toEqual([one, two, three]);
    expect(slots(two)).toEqual([two, three]);
    expect(slots(null)).toEqual([]);
    expect(slots(0, { from: two, to: NOON })).toEqual([one]);
    expect(slots(0, { from: two, to: three })).toEqual([one, three]);
  });
});

describe('isDayLookDue', () => {
  const candle = (status: Candle['status'], observed: number): Candle => ({
    openTime: NOON,
    ...{ open: '1', high: '2', low: '1', close: '2', volume: '3', source: 'history', status, observed },
  });

  it('is due for a final that was read before a day had passed since its close', () => {
    expect(isDayLookDue(candle('final', NOON + MINUTE + DAY - 1), MINUTE)).toBe(true);
    expect(isDayLookDue(candle('final', NOON + MINUTE + DAY), MINUTE)).toBe(false);
    expect(isDayLookDue(candle('provisional', 0), MINUTE)).toBe(false);
    expect(isDayLookDue(candle('imported', NOON + HOUR), MINUTE)).toBe(false);
  });
});
