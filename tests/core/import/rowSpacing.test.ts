import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSpacingCheck, type ForeignRows } from '../../../packages/core/src/import/rowSpacing.ts';
import { INTERVALS, type Interval, intervalMs, MINUTE_MS } from '../../../packages/core/src/index.ts';
import { createSeededRandom } from '../../support/seededRandom.ts';

const START = Date.UTC(2026, 10, 20);
const times = (minutes: readonly number[]) => minutes.map((minute) => START + minute * MINUTE_MS);
const every = (step: number, count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => from + index * step);

/** What the check says of rows of these times, the row with index 0 on line 0. */
function findForeignRows(openTimes: readonly number[], interval: Interval): ForeignRows | null {
  const check = createSpacingCheck(interval);
  for (const [line, openTime] of openTimes.entries()) {
    const foreign = check.add({ line, openTime });
    if (foreign) return foreign;
  }
  return check.end();
}

describe('rows of the interval', () => {
  it.each([
    ['one row', [0]],
    ['two neighbours', [0, 3]],
    ['a long file', every(3, 1_000)],
    ['pairs with long holes between them', every(60, 50).flatMap((minute) => [minute, minute + 3])],
    ['two rows with a hole of no interval between them', [0, 6]],
    ['three rows with such holes', [0, 21, 42]],
    ['hourly rows with one neighbour', [0, 60, 120, 123, 180]],
    ['isolated rows', [0, 9, 60, 63, 141]],
  ])('are %s', (_, minutes) => {
    expect(findForeignRows(times(minutes), '3m')).toBeNull();
  });

  it('are never refused where rows are missing at random, as in files without the quiet minutes', () => {
    const random = createSeededRandom(7);
    for (const share of [0.9, 0.6, 0.34, 0.1, 0.02]) {
      const kept = every(1, 100_000).filter(() => random() < share);
      expect(findForeignRows(times(kept), '1m'), `${share} of the minutes`).toBeNull();
    }
  });
});

describe('rows of another interval', () => {
  it('are found for every pair of intervals, with their name', () => {
    const pairs = INTERVALS.flatMap((own) =>
      INTERVALS.filter((other) => intervalMs(other) > intervalMs(own)).map((other) => [own, other] as const),
    );
    fc.assert(
      fc.property(fc.constantFrom(...pairs), fc.integer({ min: 2, max: 100 }), ([own, other], count) => {
        const rows = every(intervalMs(other) / MINUTE_MS, count);
        expect(findForeignRows(times(rows), own)).toEqual({ line: 0, spacing: other, interval: other });
      }),
    );
  });

  it('are found in a part of a long file, with the row where they begin or at most a window earlier', () => {
    const rows = [...every(3, 5_000), ...every(60, 200, 30_000), ...every(3, 5_000, 60_000)];
    const found = findForeignRows(times(rows), '3m');
    expect(found).toMatchObject({ spacing: '1h', interval: '1h' });
    expect(Math.abs(found!.line - 5_000)).toBeLessThanOrEqual(32);
  });

  it('are found at the end of a file', () => {
    const rows = [...every(3, 100), ...every(15, 33, 600)];
    expect(findForeignRows(times(rows), '3m')).toMatchObject({ interval: '15m' });
  });
});
