import type { Candle, Revision, StoredDay } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { isLiveBar } from '../../../packages/core/src/domain/bars/liveBars.ts';
import { BTC, FRIDAY, HOUR, MINUTE, makeCandle, SLOT } from '../../contracts/storeFixture.ts';

/** The second bar of 21 minutes. */
const BAR = { openTime: FRIDAY + 21 * MINUTE, closeTime: FRIDAY + 42 * MINUTE };
const SLOTS = Array.from({ length: 7 }, (_, index) => BAR.openTime + index * SLOT);
const NOTHING = { absences: [], unreadable: [] };

/** The candles of the bar, each read eight seconds after its close; `parts` of the last one differ. */
function barWith(parts: Partial<Candle> | null): StoredDay {
  const read = (openTime: number) => makeCandle(openTime, { observed: openTime + SLOT + 8_000 });
  const candles = SLOTS.map(read);
  const last = candles.pop()!;
  return { candles: parts ? [...candles, { ...last, ...parts }] : candles, ...NOTHING };
}

const isLive = (stored: StoredDay, keptSince: number | null = FRIDAY, revisions: readonly Revision[] = []) =>
  isLiveBar(BAR, { stored, keptSince, revisions });

describe('a complete bar is live', () => {
  test('when its last final was read within an hour of its close', () => {
    expect(isLive(barWith({}))).toBe(true);
    expect(isLive(barWith({ observed: BAR.closeTime + HOUR }))).toBe(true);
    expect(isLive(barWith({ observed: BAR.closeTime + HOUR + 1 }))).toBe(false);
  });

  test('not when it closed before the series was kept, whatever was read then', () => {
    expect(isLive(barWith({}), BAR.closeTime - 1)).toBe(true);
    expect(isLive(barWith({}), BAR.closeTime)).toBe(false);
    // A store of an older version does not tell.
    expect(isLive(barWith({}), null)).toBe(true);
  });

  test('not with an imported candle', () => {
    expect(isLive(barWith({ status: 'imported', source: 'import' }))).toBe(false);
  });

  test('when a slot was shown empty in time: ten minutes after the first read', () => {
    const openTime = SLOTS[6]!;
    const quiet = (firstRead: number) => ({
      ...barWith(null),
      absences: [{ openTime, firstRead, lastRead: firstRead + 24 * HOUR }],
    });
    expect(isLive(quiet(BAR.closeTime + 50 * MINUTE))).toBe(true);
    expect(isLive(quiet(BAR.closeTime + 50 * MINUTE + 1))).toBe(false);
    // Reads before an unreadable row of the slot do not count.
    const unreadable = [{ openTime, firstRead: BAR.closeTime, lastRead: BAR.closeTime + HOUR }];
    expect(isLive({ ...quiet(BAR.closeTime), unreadable })).toBe(false);
  });

  test('when the candle of the stream stayed because history shows the slot empty', () => {
    const openTime = SLOTS[6]!;
    const stored = barWith({ status: 'provisional', source: 'stream', observed: 0 });
    const absence = { openTime, firstRead: BAR.closeTime + MINUTE, lastRead: BAR.closeTime + HOUR };
    expect(isLive({ ...stored, absences: [absence] })).toBe(true);
    const late = { ...absence, firstRead: BAR.closeTime + HOUR };
    expect(isLive({ ...stored, absences: [late] })).toBe(false);
  });

  test('whatever history showed empty of a slot with a final, and of slots of other bars', () => {
    const readLate = { firstRead: BAR.closeTime + 9 * HOUR, lastRead: BAR.closeTime + 10 * HOUR };
    const absences = [SLOTS[6]!, BAR.openTime - SLOT, BAR.closeTime].map((openTime) => ({
      openTime,
      ...readLate,
    }));
    expect(isLive({ ...barWith({}), absences })).toBe(true);
  });

  test('when a late correction replaced a final that was read in time', () => {
    const stored = barWith({ observed: BAR.closeTime + 24 * HOUR });
    const before = makeCandle(SLOTS[6]!, { observed: BAR.closeTime + MINUTE });
    const revision = { series: BTC, openTime: SLOTS[6]!, at: 0, before, after: stored.candles[6]! };
    expect(isLive(stored)).toBe(false);
    expect(isLive(stored, FRIDAY, [revision])).toBe(true);
    const imported = { ...revision, before: { ...before, status: 'imported' as const } };
    expect(isLive(stored, FRIDAY, [imported])).toBe(false);
    expect(isLive(stored, FRIDAY, [{ ...revision, openTime: SLOTS[5]! }])).toBe(false);
  });
});
