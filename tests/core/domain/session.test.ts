import {
  type BarSpan,
  barAt,
  barCloseTime,
  barOpenTime,
  barsPerSession,
  DAY_MS,
  MINUTE_MS,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { type LiteralSpan, walkSession } from './literalLaws.ts';

/** All seven weekdays, then leap day, month ends and year ends, each with the day after it. */
const DATES = [
  ...['2026-11-16', '2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21', '2026-11-22'],
  ...['2028-02-28', '2028-02-29', '2028-03-01'],
  ...['2026-02-28', '2026-03-01', '2026-04-30', '2026-05-01'],
  ...['2026-12-31', '2027-01-01'],
  ...['1970-01-01', '2000-02-29'],
];
const TIMEFRAMES = Array.from({ length: 480 }, (_, index) => 3 * (index + 1));

describe('the bar grid', () => {
  it('equals a walk through the session, minute by minute, for 480 timeframes on every kind of day', () => {
    const wrong: string[] = [];
    for (const date of DATES) {
      const day = Date.parse(date);
      for (const minutes of TIMEFRAMES) wrong.push(...differencesFromWalk(day, minutes));
    }
    expect(wrong).toEqual([]);
  });

  it('puts every minute of a day into the bar of that walk', () => {
    const day = Date.parse('2026-11-17');
    const wrong: string[] = [];
    for (const minutes of TIMEFRAMES) {
      for (const [index, span] of walkSession(day, minutes).entries()) {
        for (let time = span.openTime; time < span.closeTime; time += MINUTE_MS) {
          if (!isSameBar(barAt(time, minutes), index, span)) wrong.push(`${minutes}m at ${time}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('holds the seven weekdays, so that the days above are what they are meant to be', () => {
    expect(new Set(DATES.map((date) => new Date(date).getUTCDay())).size).toBe(7);
  });

  it('has 69 bars of 21 minutes, indexed 0 to 68, none overlapping, the last from 23:48 to 24:00 (predecessor fault 45)', () => {
    const day = Date.parse('2025-08-02');
    expect(barsPerSession(21)).toBe(69);
    const bars = Array.from({ length: 69 }, (_, index) => [
      (barOpenTime(day, 21, index) - day) / MINUTE_MS,
      (barCloseTime(day, 21, index) - day) / MINUTE_MS,
    ]);
    expect(bars[0]).toEqual([0, 21]);
    expect(bars[2]).toEqual([42, 63]);
    expect(bars[67]).toEqual([1407, 1428]);
    expect(bars[68]).toEqual([1428, 1440]);
    for (let index = 1; index < 69; index++) expect(bars[index]![0]).toBe(bars[index - 1]![1]);
  });

  it('is not the grid of the epoch: for 21m they agree on Thursdays only', () => {
    const agreeing: number[] = [];
    for (let weekday = 0; weekday < 7; weekday++) {
      const day = Date.parse('2026-11-16') + weekday * DAY_MS;
      const noon = day + 12 * 60 * MINUTE_MS;
      const flooredToEpoch = Math.floor(noon / (21 * MINUTE_MS)) * 21 * MINUTE_MS;
      expect(barAt(noon, 21).openTime - day).toBe(714 * MINUTE_MS);
      if (flooredToEpoch === barAt(noon, 21).openTime) agreeing.push(new Date(day).getUTCDay());
    }
    expect(agreeing).toEqual([4]);
  });

  it('gives the last millisecond to the bar that ends and the next one to the bar that opens', () => {
    const day = Date.parse('2025-08-03');
    expect(barAt(day - 1, 21)).toEqual({ index: 68, openTime: day - 12 * MINUTE_MS, closeTime: day });
    expect(barAt(day, 21)).toEqual({ index: 0, openTime: day, closeTime: day + 21 * MINUTE_MS });
    expect(barAt(day + 21 * MINUTE_MS - 1, 21).index).toBe(0);
    expect(barAt(day + 21 * MINUTE_MS, 21).index).toBe(1);
  });

  it('works before 1970', () => {
    const day = Date.parse('1969-12-31');
    expect(barAt(day + 5, 21)).toEqual({ index: 0, openTime: day, closeTime: day + 21 * MINUTE_MS });
    expect(barAt(-1, 21)).toEqual({ index: 68, openTime: -12 * MINUTE_MS, closeTime: 0 });
  });
});

/** Where our grid differs from the walk: the count, the times, and the bar of an instant at the start, the middle and the end of each. */
function differencesFromWalk(day: number, minutes: number): string[] {
  const walked = walkSession(day, minutes);
  const name = `${minutes}m on ${new Date(day).toISOString()}`;
  const wrong: string[] = [];
  if (barsPerSession(minutes) !== walked.length) wrong.push(`${name}: count`);
  for (const [index, span] of walked.entries()) {
    if (barOpenTime(day, minutes, index) !== span.openTime) wrong.push(`${name}: open time of bar ${index}`);
    if (barCloseTime(day, minutes, index) !== span.closeTime)
      wrong.push(`${name}: close time of bar ${index}`);
    for (const instant of [span.openTime, (span.openTime + span.closeTime) / 2, span.closeTime - 1]) {
      if (!isSameBar(barAt(instant, minutes), index, span)) wrong.push(`${name}: bar at ${instant}`);
    }
  }
  return wrong;
}

function isSameBar(bar: BarSpan, index: number, span: LiteralSpan): boolean {
  return bar.index === index && bar.openTime === span.openTime && bar.closeTime === span.closeTime;
}
