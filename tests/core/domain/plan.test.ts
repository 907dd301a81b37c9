import { MAX_HISTORY_ROWS, planWindows } from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const SLOT = 180_000;
const slotList = (most: number) =>
  fc
    .uniqueArray(fc.nat(5000), { maxLength: most })
    .map((slots) => slots.sort((a, b) => a - b).map((slot) => slot * SLOT));

/** The fewest stretches of 998 slots (1000 rows less two neighbours) that hold all points: swept from the oldest, the other way round than the code. */
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
      fc.property(slotList(400), slotList(50), (asked, riders) => {
        const windows = planWindows(asked, riders, SLOT);
        for (const slot of asked) {
          const holds = windows.filter(({ from, to }) => from <= slot - SLOT && slot + 2 * SLOT <= to);
          expect(holds.some(({ slots }) => slots.includes(slot))).toBe(true);
        }
        expect(windows).toHaveLength(fewest(asked));
      }),
    );
  });

  it('never asks for more rows than history gives', () => {
    fc.assert(
      fc.property(slotList(400), slotList(400), (asked, riders) => {
        for (const { from, to } of planWindows(asked, riders, SLOT))
          expect((to - from) / SLOT).toBeLessThanOrEqual(MAX_HISTORY_ROWS);
      }),
    );
  });

  it('asks for the newest slots first', () => {
    const windows = planWindows([0, 2000 * SLOT, 4000 * SLOT], [], SLOT);
    expect(windows.map(({ slots }) => slots[0])).toEqual([4000 * SLOT, 2000 * SLOT, 0]);
  });

  it('takes riders along that fit, and makes no request for riders alone', () => {
    expect(
      planWindows(
        [],
        [1, 2, 3].map((slot) => slot * SLOT),
        SLOT,
      ),
    ).toEqual([]);
    const [window] = planWindows([990 * SLOT], [100 * SLOT, -500 * SLOT], SLOT);
    expect(window?.slots).toEqual([100 * SLOT, 990 * SLOT]);
  });
});
