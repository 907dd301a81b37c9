import { daysOfAdvance, daysOfLake, type SeriesBounds, staleDays } from '@candlelake/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const DAY = 86_400_000;
const SLOT = 180_000;
const NOTHING: SeriesBounds = { firstSlot: null, launchTime: null, firstAvailable: null };

const times = fc.integer({ min: 0, max: 8 * 480 }).map((slots) => slots * SLOT);
const bounds: fc.Arbitrary<SeriesBounds> = fc.record({
  firstSlot: fc.option(times),
  launchTime: fc.option(times),
  firstAvailable: fc.option(times),
});

test('a series without a candle has no stale day', () => {
  const after = { firstSlot: null, launchTime: DAY, firstAvailable: 2 * DAY };
  expect(staleDays({ before: NOTHING, after, changedSlots: [DAY], asOf: 9 * DAY })).toEqual(new Set());
});

test('every day is stale in which a slot changed its state', () => {
  // The state of each slot without a candle, from the day of the first slot on, by the rules of the states.
  const stateOf = ({ firstSlot, launchTime, firstAvailable }: SeriesBounds, slot: number) => {
    if (firstSlot === null || slot < Math.floor(firstSlot / DAY) * DAY) return 'no row';
    if (launchTime !== null && slot < launchTime) return 'not expected';
    return firstAvailable !== null && slot < firstAvailable ? 'unavailable' : 'missing';
  };
  fc.assert(
    fc.property(bounds, bounds, times, (before, later, asOf) => {
      // A first slot never moves forward.
      const firstSlot = Math.min(before.firstSlot ?? Infinity, later.firstSlot ?? Infinity);
      const after = { ...later, firstSlot: firstSlot === Infinity ? null : firstSlot };
      const stale = staleDays({ before, after, changedSlots: [], asOf });
      for (let slot = 0; slot + SLOT <= asOf; slot += SLOT) {
        const isChanged = stateOf(before, slot) !== stateOf(after, slot);
        if (isChanged && !stale.has(Math.floor(slot / DAY) * DAY))
          expect.fail(`slot ${slot} changed unmarked`);
      }
    }),
    { numRuns: 300 },
  );
});

test.each(['launchTime', 'firstAvailable'] as const)(
  'no other day is stale than those of the slots between the two values of %s, and none for one before the first slot',
  (bound) => {
    const moments = fc.option(times);
    fc.assert(
      fc.property(moments, moments, times, times, (earlier, later, firstSlot, afterMs) => {
        const asOf = firstSlot + SLOT + afterMs;
        const before = { ...NOTHING, firstSlot, [bound]: earlier };
        const after = { ...NOTHING, firstSlot, [bound]: later };
        const expected = new Set<number>();
        for (let slot = Math.floor(firstSlot / DAY) * DAY; slot < asOf; slot += SLOT) {
          const isBefore = (moment: number | null) => moment !== null && slot < moment;
          if (isBefore(earlier) !== isBefore(later)) expected.add(Math.floor(slot / DAY) * DAY);
        }
        const stale = staleDays({ before, after, changedSlots: [], asOf });
        // Slots of the last day that have not closed yet may change as well.
        const lastDay = Math.floor((asOf - 1) / DAY) * DAY;
        expect([...stale].filter((day) => !expected.has(day) && day < lastDay)).toEqual([]);
        expect([...expected].filter((day) => !stale.has(day))).toEqual([]);
      }),
    );
  },
);

test('an advance touches the days of the slots that close by it, and of those one interval before it', () => {
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 3 * DAY }), times, (from, stepMs, firstSlot) => {
      const to = from + stepMs;
      const touched = daysOfAdvance(from, to, { firstSlot, intervalMs: SLOT });
      const expected = new Set<number>();
      for (let day = Math.floor(firstSlot / DAY) * DAY; day < to; day += DAY) {
        const lastGrace = day + DAY + SLOT;
        if (lastGrace > from) expected.add(day);
      }
      expect(touched).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['from the first slot to the watermark', SLOT, 2 * DAY + 1, [0, DAY, 2 * DAY]],
  ['without the day that begins at the watermark', SLOT, 2 * DAY, [0, DAY]],
  ['with the day of the first slot when the watermark is behind it', 3 * DAY + SLOT, DAY, [3 * DAY]],
])('the days of the lake are those %s', (_title, firstSlot, asOf, expected) => {
  expect([...daysOfLake(firstSlot, asOf)]).toEqual(expected);
});

test('an advance that ends at midnight does not touch the day that begins there', () => {
  const touched = daysOfAdvance(DAY - SLOT, DAY, { firstSlot: 0, intervalMs: SLOT });
  expect(touched).toEqual(new Set([0]));
});
