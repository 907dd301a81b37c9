import {
  formatTimeframe,
  INTERVALS,
  intervalMs,
  MINUTE_MS,
  parseTimeframe,
  timeframeProblem,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';

describe('parseTimeframe', () => {
  it.each([
    ['21m', 21],
    ['1h', 60],
    ['60m', 60],
    ['4h', 240],
    ['1d', 1440],
    [' 21m ', 21],
    ['0m', 0],
    ['2000m', 2000],
  ])('reads "%s" as %i minutes', (text, minutes) => {
    expect(parseTimeframe(text)).toBe(minutes);
  });

  it.each(['', '21', 'm', '21 m', '21M', '1.5h', '-3m', '21min', '1w', '21m,3m', '1h30m', '9999999m'])(
    'refuses "%s"',
    (text) => {
      expect(parseTimeframe(text)).toBeNull();
    },
  );

  it('reads back what formatTimeframe writes', () => {
    for (let minutes = 1; minutes <= 1440; minutes++) {
      expect(parseTimeframe(formatTimeframe(minutes))).toBe(minutes);
    }
  });
});

describe('timeframeProblem', () => {
  it('accepts exactly the multiples of the interval from the interval up to a day, for every interval (predecessor fault 11)', () => {
    for (const interval of INTERVALS) {
      const step = intervalMs(interval) / MINUTE_MS;
      const accepted = Array.from({ length: 1500 }, (_, minutes) => minutes).filter(
        (minutes) => timeframeProblem(minutes, interval) === null,
      );
      const expected = [];
      for (let minutes = step; minutes <= 1440; minutes += step) expected.push(minutes);
      expect(accepted, interval).toEqual(expected);
    }
  });

  it('knows 480 timeframes for 3m candles', () => {
    const minutes = Array.from({ length: 1441 }, (_, index) => index);
    expect(minutes.filter((one) => timeframeProblem(one, '3m') === null)).toHaveLength(480);
  });

  it.each([
    [20, '3m', 'timeframe "20m" is not a multiple of the interval "3m"', ['18m', '21m']],
    [21, '5m', 'timeframe "21m" is not a multiple of the interval "5m"', ['20m', '25m']],
    [1439, '3m', 'timeframe "1439m" is not a multiple of the interval "3m"', ['1437m', '1440m']],
    [21.5, '3m', 'timeframe "21.5m" is not a multiple of the interval "3m"', ['21m', '24m']],
    [1, '3m', 'timeframe "1m" is shorter than the interval "3m"', ['3m']],
    [0, '3m', 'timeframe "0m" is shorter than the interval "3m"', ['3m']],
    [-21, '1h', 'timeframe "-21m" is shorter than the interval "1h"', ['60m']],
    [1441, '3m', 'timeframe "1441m" is longer than a session', ['1440m']],
    [2880, '1d', 'timeframe "2880m" is longer than a session', ['1440m']],
  ] as const)(
    'refuses %d minutes of %s and names the nearest timeframes',
    (minutes, interval, complaint, nearest) => {
      const problem = timeframeProblem(minutes, interval);
      expect(problem).toContain(complaint);
      const named = [...problem!.split('can be built')[1]!.matchAll(/"(\d+m)"/g)].map((match) => match[1]);
      expect(named).toEqual(nearest);
    },
  );

  it('names only timeframes that it would accept', () => {
    for (const interval of INTERVALS) {
      for (let minutes = -5; minutes < 1500; minutes += minutes < 100 ? 0.5 : 13) {
        const problem = timeframeProblem(minutes, interval);
        if (problem === null) continue;
        const named = [...problem.split('can be built')[1]!.matchAll(/"(\d+m)"/g)];
        expect(named.length).toBeGreaterThan(0);
        for (const match of named) expect(timeframeProblem(parseTimeframe(match[1]!)!, interval)).toBeNull();
      }
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %d, which is no number of minutes', (minutes) => {
    expect(timeframeProblem(minutes, '3m')).toContain('is no number of minutes');
  });
});
