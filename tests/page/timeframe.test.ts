import { barAt, DAY_MS } from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  axisPosition,
  axisTimes,
  lastAtOrBefore,
  timeframeMs,
} from '../../packages/page/src/model/timeframe.ts';

const MS_21M = 1_260_000;
const at = (time: string) => Date.parse(`2026-11-${time}Z`);

describe('timeframeMs', () => {
  it.each([
    ['21m', 1_260_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
  ])('%s is %i ms', (timeframe, lengthMs) => expect(timeframeMs(timeframe)).toBe(lengthMs));

  it.each(['', '21', '21s', 'm'])('refuses "%s"', (timeframe) =>
    expect(() => timeframeMs(timeframe)).toThrow(`timeframe "${timeframe}": expected`),
  );
});

describe('axisTimes', () => {
  it('has a place for each bar that lacks, across the short last bar of the day', () => {
    const times = axisTimes([at('20T23:27'), at('21T00:42')], MS_21M);
    expect(times).toEqual(['20T23:27', '20T23:48', '21T00:00', '21T00:21', '21T00:42'].map(at));
  });

  it('goes on to the present when bars end before it', () => {
    const times = axisTimes([at('20T23:27')], MS_21M, at('21T00:05'));
    expect(times).toEqual(['20T23:27', '20T23:48', '21T00:00'].map(at));
    expect(axisTimes([at('20T23:27')], MS_21M, at('20T23:48'))).toEqual([at('20T23:27')]);
    expect(axisTimes([], MS_21M, at('21T00:05'))).toEqual([]);
  });

  it('draws a gap of years as 500 places', () => {
    const times = axisTimes([0, 1000 * DAY_MS], MS_21M);
    expect([times.length, times.at(-1)]).toEqual([502, 1000 * DAY_MS]);
  });

  it('of bars without a gap has nothing but them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 1e9 }), (count, start) => {
        const opens = [barAt(start, 21).openTime];
        while (opens.length < count) opens.push(barAt(opens.at(-1)!, 21).closeTime);
        expect(axisTimes(opens, MS_21M)).toEqual(opens);
      }),
    );
  });
});

describe('axisPosition', () => {
  const times = [at('20T23:27'), at('20T23:48'), at('21T00:00')];

  it.each([
    ['20T23:27', -0.5],
    ['20T23:37:30', 0],
    ['20T23:48', 0.5],
    ['20T23:54', 1],
    ['21T00:00', 1.5],
    ['21T00:21', 2.5],
    ['22T00:00', 2.5],
    ['19T00:00', -0.5],
  ])('%s is at %f bars', (time, position) => {
    expect(axisPosition(at(time), times, MS_21M)).toBeCloseTo(position, 10);
  });
});

describe('lastAtOrBefore', () => {
  it('agrees with a search from the end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 })),
        fc.integer({ min: -1, max: 51 }),
        (values, value) => {
          const sorted = [...new Set(values)].sort((a, b) => a - b);
          expect(lastAtOrBefore(sorted, value)).toBe(sorted.findLastIndex((candidate) => candidate <= value));
        },
      ),
    );
  });
});
