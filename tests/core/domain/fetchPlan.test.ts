import { type PlanOptions, planWindows } from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const MINUTE = 60_000;
const SLOT = 180_000;
const DAY = 86_400_000;
/** The first slot of the property tests' grid is the epoch, a half hour. */
const slotList = (most: number) =>
  fc
    .uniqueArray(fc.nat(5000), { maxLength: most })
    .map((slots) => slots.sort((a, b) => a - b).map((slot) => slot * SLOT));
const firstSlots = fc.option(fc.nat(5000).map((slot) => slot * SLOT));
const plan = (asked: readonly number[], options: Partial<PlanOptions> = {}) =>
  planWindows(asked, { intervalMs: SLOT, firstSlot: 0, ...options });

/**
 * The fewest stretches of 998 slots (1000 rows less two neighbours) that hold all points: swept from the
 * oldest, the other way round than the code.
 */
function fewest(slots: readonly number[]): number {
  let count = 0;
  let reach = Number.NEGATIVE_INFINITY;
  for (const slot of slots) {
    if (slot < reach) continue;
    count += 1;
    reach = slot + 998 * SLOT;
  }
  return count;
}

describe('planWindows', () => {
  it('covers every slot that is asked for, with a neighbour on either side, by the fewest requests', () => {
    fc.assert(
      fc.property(slotList(400), firstSlots, (asked, firstSlot) => {
        const windows = plan(asked, { firstSlot });
        for (const slot of asked) {
          const holds = windows.filter(({ from, to }) => from <= slot - SLOT && slot + 2 * SLOT <= to);
          expect(holds.filter(({ slots }) => slots.includes(slot))).toHaveLength(1);
        }
        expect(windows).toHaveLength(fewest(asked));
      }),
    );
  });

  it('never asks for more rows than the 1000 that history gives (predecessor fault 22)', () => {
    fc.assert(
      fc.property(slotList(400), firstSlots, (asked, firstSlot) => {
        for (const { from, to } of plan(asked, { firstSlot }))
          expect((to - from) / SLOT).toBeLessThanOrEqual(1000);
      }),
    );
  });

  it('gives the same requests when the slots become known day by day, each as soon as it shows no unknown one', () => {
    fc.assert(
      fc.property(
        slotList(400),
        firstSlots,
        fc.integer({ min: 1, max: 700 }),
        (asked, firstSlot, slotsADay) => {
          const found = [];
          let left: readonly number[] = [];
          for (let knownFrom = 5600 * SLOT; knownFrom > -2000 * SLOT; ) {
            const to = knownFrom;
            knownFrom -= slotsADay * SLOT;
            left = [...asked.filter((slot) => slot >= knownFrom && slot < to), ...left];
            const windows = plan(left, { firstSlot, knownFrom });
            for (const { from, slots } of windows) {
              expect(from).toBeGreaterThanOrEqual(knownFrom);
              left = left.slice(0, left.length - slots.length);
            }
            // Nothing waits that could be asked for: the newest slot is less than a request away.
            expect(left.length === 0 || left.at(-1)! - 998 * SLOT < knownFrom).toBe(true);
            found.push(...windows);
          }
          expect(found).toEqual(plan(asked, { firstSlot }));
        },
      ),
    );
  });

  it('asks for 998 slots at once, which are 1000 rows with two neighbours', () => {
    const slots = (count: number) => Array.from({ length: count }, (_, index) => index * SLOT);
    expect(plan(slots(998)).map(({ slots: asked }) => asked.length)).toEqual([998]);
    expect(plan(slots(999)).map(({ slots: asked }) => asked.length)).toEqual([998, 1]);
  });

  it('waits until it is known whether the oldest rows of a request have to be asked for', () => {
    const slot = 5000 * SLOT;
    // The newest row is the neighbour after the slot, the oldest lies 998 slots before it.
    expect(plan([slot], { knownFrom: slot - 998 * SLOT })).toHaveLength(1);
    expect(plan([slot], { knownFrom: slot - 997 * SLOT })).toEqual([]);
  });

  it('asks for the newest slots first', () => {
    const windows = plan([0, 2000 * SLOT, 4000 * SLOT]);
    expect(windows.map(({ slots }) => slots)).toEqual([[4000 * SLOT], [2000 * SLOT], [0]]);
  });

  it.each([
    ['1m', MINUTE, 90 * MINUTE],
    ['3m', SLOT, 90 * MINUTE],
    ['15m', 15 * MINUTE, 20 * 15 * MINUTE],
    ['1h', 60 * MINUTE, 20 * 60 * MINUTE],
  ])('shows the 90 minutes before a slot, twenty slots at least: %s', (_interval, intervalMs, backMs) => {
    const slot = 100 * DAY + intervalMs * 7;
    const [window] = plan([slot], { intervalMs, firstSlot: null });
    expect(window).toMatchObject({ from: slot - backMs, to: slot + 21 * intervalMs });
  });

  it('shows less before and after when the slots themselves need the rows', () => {
    const asked = Array.from({ length: 990 }, (_, index) => 100 * DAY + index * SLOT);
    const [window, ...more] = plan(asked);
    expect(more).toEqual([]);
    // 990 slots and two neighbours leave eight rows: four above, four below.
    expect(window).toMatchObject({ from: asked[0]! - 5 * SLOT, to: asked.at(-1)! + 6 * SLOT });
  });

  it('reaches back to the finals of a day before for a slot on a half hour, as far as candles are stored', () => {
    const slot = 100 * DAY + 10 * 60 * MINUTE;
    const from = (asked: readonly number[], firstSlot: number | null) => plan(asked, { firstSlot })[0]!.from;
    expect(from([slot], 0)).toBe(slot - DAY - 27 * MINUTE);
    expect(from([slot], slot - DAY - 9 * MINUTE)).toBe(slot - DAY - 9 * MINUTE);
    const near = slot - 90 * MINUTE;
    expect(from([slot], slot - DAY + SLOT)).toBe(near);
    expect(from([slot], null)).toBe(near);
    expect(from([slot + SLOT], 0)).toBe(near + SLOT);
    expect(from([slot - 2 * SLOT, slot], 0)).toBe(slot - DAY - 27 * MINUTE);
  });

  it('reaches back to the finals of a day before that take the last of 1000 rows', () => {
    // They begin 489 slots before the first of 491 slots; 20 rows after the last one are shown too.
    const asked = Array.from({ length: 491 }, (_, index) => 100 * DAY + index * SLOT);
    expect(plan(asked)).toMatchObject([{ from: asked[0]! - 489 * SLOT, to: asked[0]! + 511 * SLOT }]);
  });

  it('reaches back for those of many slots whose finals fit into the request', () => {
    // 30 h of slots and one row each side: 602 rows. The looks of the first slots would begin 490 slots
    // before them.
    const first = 100 * DAY;
    const asked = Array.from({ length: 600 }, (_, index) => first + index * SLOT);
    const [window] = plan(asked);
    expect((window!.to - window!.from) / SLOT).toBeLessThanOrEqual(1000);
    // The earliest half hour whose look fits: 1000 rows end 20 slots after the last one.
    const lowest = asked.at(-1)! + 21 * SLOT - 1000 * SLOT;
    const half = 30 * MINUTE;
    const look = Math.ceil((lowest + DAY + 27 * MINUTE) / half) * half;
    expect(window!.from).toBe(look - DAY - 27 * MINUTE);
  });
});
