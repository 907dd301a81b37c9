import { type BackoffLimits, backoffMs } from '@candlelake/core';
import { describe, expect, test } from 'vitest';

const LIMITS: BackoffLimits = { floorMs: 1_000, baseMs: 2_000, capMs: 60_000 };
const waits = (chance: number, limits = LIMITS) =>
  [0, 1, 2, 5, 5_000].map((failures) => backoffMs(failures, limits, () => chance));

/** docs/bingx.md, trap 24: random growing waits. Worked out by hand. */
describe('the wait after a failure', () => {
  test.each([
    [0, [1_000, 1_000, 1_000, 1_000, 1_000]],
    [0.5, [1_500, 2_500, 4_500, 30_500, 30_500]],
    // A random number is below 1.
    [1 - 1e-9, [2_000, 4_000, 8_000, 60_000, 60_000]],
  ])(
    'at a random number of %d is that part of the way from the floor to a doubling end',
    (chance, expected) => {
      expect(waits(chance)).toEqual(expected);
    },
  );

  test('is the floor while the doubling end is below it', () => {
    expect(waits(0.5, { ...LIMITS, floorMs: 8_000 })).toEqual([8_000, 8_000, 8_000, 34_000, 34_000]);
  });
});
