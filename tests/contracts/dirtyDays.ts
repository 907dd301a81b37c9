import type { Absence, EpochMs } from '@candlelake/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { factsOf, slotFacts } from './mergeLaw.ts';
import {
  BTC,
  DAY,
  deriveAll,
  ETH,
  FRIDAY,
  HOUR,
  MINUTE,
  makeAbsence,
  makeCandle,
  markedDays,
  type OpenStore,
  SLOT,
  type Store,
  startLake,
  visibleSlots,
  withStore,
} from './storeFixture.ts';

/** The days that a write has to mark as stale. */
export function dirtyDayTests(open: OpenStore): void {
  slotMarks(open);
  absenceMarks(open);
  seriesMarks(open);
  noStaleDay(open);
}

function slotMarks(open: OpenStore): void {
  test('a new candle marks its day and no other', () =>
    marksAfter(open, [FRIDAY + DAY], async (store) => {
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY + 2 * DAY - SLOT)] }]);
    }));

  test('the same candles delivered twice mark nothing (predecessor fault 5)', () =>
    withStore(open, async ({ store, second }) => {
      await startLake(store, FRIDAY + 3 * DAY);
      const candles = Array.from({ length: 7 }, (_, index) => makeCandle(FRIDAY + DAY + index * SLOT));
      await store.merge([{ series: BTC, candles }]);
      await deriveAll(store);
      await second.merge([{ series: BTC, candles }]);
      const seenAgain = candles.map((candle) => ({ ...candle, observed: candle.observed + DAY }));
      await store.merge([{ series: BTC, candles: [...candles, ...seenAgain] }]);
      expect(await store.dirtyDays()).toEqual([]);
    }));

  test('a candle that differs only in its source marks its day', () =>
    marksAfter(open, [FRIDAY], async (store) => {
      await store.merge([
        { series: BTC, candles: [makeCandle(FRIDAY, { source: 'stream', observed: 9e12 })] },
      ]);
    }));

  test('a day after the watermark shows its mark once the watermark has passed its beginning', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + DAY);
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY + DAY)] }]);
      expect(await markedDays(store)).toEqual([]);
      await store.advanceAsOf(FRIDAY + DAY + 1);
      expect(await markedDays(store)).toEqual([FRIDAY, FRIDAY + DAY]);
    }));
}

function absenceMarks(open: OpenStore): void {
  const slot = FRIDAY + DAY + SLOT;
  test('an empty slot marks its day when the absence is confirmed, and when a later look was made', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + 3 * DAY);
      const say = async (apartMs: number) => {
        await store.merge([{ series: BTC, absences: [makeAbsence(slot, apartMs)] }]);
        const days = await markedDays(store);
        await deriveAll(store);
        return days;
      };
      expect(await say(0)).toEqual([]);
      expect(await say(10 * MINUTE - 1)).toEqual([]);
      expect(await say(10 * MINUTE)).toEqual([FRIDAY + DAY]);
      expect(await say(HOUR - 1)).toEqual([]);
      // The coverage of the day names the next look.
      expect(await say(HOUR)).toEqual([FRIDAY + DAY]);
      expect(await say(DAY - 1)).toEqual([]);
      expect(await say(DAY)).toEqual([FRIDAY + DAY]);
      expect(await say(9 * DAY)).toEqual([]);
    }));

  test.each([
    ['a provisional candle that history confirms absent', 'provisional', [FRIDAY + DAY]],
    ['no day for a final candle, which absence does not touch', 'final', []],
  ] as const)('confirmed absence marks %s', (_title, status, expected) =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + 3 * DAY);
      await store.merge([{ series: BTC, candles: [makeCandle(slot, { status })] }]);
      await deriveAll(store);
      await store.merge([{ series: BTC, absences: [makeAbsence(slot, 10 * MINUTE)] }]);
      expect(await markedDays(store)).toEqual(expected);
    }),
  );

  test('an empty slot before the first day of its own series marks nothing', () =>
    marksAfter(open, [FRIDAY + 2 * DAY], async (store) => {
      const candles = [makeCandle(FRIDAY + 2 * DAY)];
      await store.merge([{ series: ETH, candles, absences: [makeAbsence(slot, 10 * MINUTE)] }]);
    }));
}

function seriesMarks(open: OpenStore): void {
  test('the first candle of a series marks every day from its own to the watermark', () =>
    marksAfter(open, [FRIDAY + DAY, FRIDAY + 2 * DAY], async (store) => {
      await store.merge([{ series: ETH, candles: [makeCandle(FRIDAY + DAY + SLOT)] }]);
    }));

  test('an earlier first candle marks every day from its own to that of the former first one', () =>
    marksAfter(open, [FRIDAY - 2 * DAY, FRIDAY - DAY, FRIDAY], async (store) => {
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY - DAY - SLOT)] }]);
    }));

  test('a confirmed beginning of history marks the days from the first slot to it', () =>
    marksAfter(open, [FRIDAY, FRIDAY + DAY], async (store) => {
      const firstAvailable = FRIDAY + DAY + SLOT;
      await store.merge([{ series: BTC, historyStart: { firstAvailable, read: 0 } }]);
      expect(await store.dirtyDays()).toEqual([]);
      await store.merge([{ series: BTC, historyStart: { firstAvailable, read: 10 * MINUTE } }]);
    }));

  test('a beginning of history that moves back marks the days up to the old one', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + 3 * DAY);
      const believe = async (firstAvailable: EpochMs, from: EpochMs) => {
        for (const read of [from, from + 10 * MINUTE]) {
          await store.merge([{ series: BTC, historyStart: { firstAvailable, read } }]);
        }
      };
      await believe(FRIDAY + 2 * DAY, 0);
      await deriveAll(store);
      await believe(FRIDAY + SLOT, DAY);
      expect(await markedDays(store)).toEqual([FRIDAY, FRIDAY + DAY]);
    }));

  test('a launch time that is new or changed marks the days whose slots it makes expected, or no longer expected', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + 3 * DAY);
      const describe = async (launchTime: EpochMs | null, pricePrecision: number) => {
        await store.describeSeries(BTC, { launchTime, pricePrecision });
        const days = await markedDays(store);
        await deriveAll(store);
        return days;
      };
      // The launch of a contract is before its first candle: nothing changes.
      expect(await describe(FRIDAY - DAY, 1)).toEqual([]);
      expect(await describe(FRIDAY, 1)).toEqual([]);
      expect(await describe(FRIDAY + 2 * DAY, 1)).toEqual([FRIDAY, FRIDAY + DAY]);
      expect(await describe(FRIDAY + 2 * DAY, 2)).toEqual([]);
      expect(await describe(null, 2)).toEqual([]);
      expect(await describe(FRIDAY + DAY + 1, 2)).toEqual([FRIDAY + DAY]);
      expect(await describe(FRIDAY + 9 * DAY, 2)).toEqual([FRIDAY + DAY, FRIDAY + 2 * DAY]);
    }));
}

function noStaleDay(open: OpenStore): void {
  test('a write marks exactly the days whose slots the lake or their next look shows differently', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(slotFacts, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
        (batches) =>
          withStore(open, async ({ store }) => {
            await startLake(store, FRIDAY + DAY);
            await store.merge([{ series: ETH, candles: [makeCandle(FRIDAY)] }]);
            await deriveAll(store);
            for (const batch of batches) {
              const before = await view(store);
              const merged = await store.merge(batch.map(factsOf));
              const after = await view(store);
              const isChanged = after.lake !== before.lake;
              expect(await markedDays(store)).toEqual(
                isChanged || after.looks !== before.looks ? [FRIDAY] : [],
              );
              expect(visibleSlots(merged).length > 0).toBe(isChanged);
              await deriveAll(store);
            }
          }),
      ),
      { numRuns: 50 },
    ));
}

/**
 * What the lake can show of Friday, derived here from the rules: values, source and state of each slot. And
 * when slots without a final candle are looked at again: an hour and a day after the first read.
 */
async function view(store: Store): Promise<{ readonly lake: string; readonly looks: string }> {
  const lines: string[] = [];
  const looks: string[] = [];
  for (const series of [BTC, ETH]) {
    const { candles, absences, unreadable } = await store.readDay(series, FRIDAY);
    const refused = new Map(unreadable.map(({ openTime, lastRead }) => [openTime, lastRead]));
    const since = (a: Absence) => Math.max(a.firstRead, refused.get(a.openTime) ?? a.firstRead);
    const quiet = new Set(absences.filter((a) => a.lastRead >= since(a) + 600_000).map((a) => a.openTime));
    const finals = candles.filter(({ status }) => status !== 'provisional').map((one) => one.openTime);
    for (const { openTime, firstRead, lastRead } of absences) {
      if (!quiet.has(openTime) || finals.includes(openTime)) continue;
      const after = [HOUR, DAY].find((afterMs) => lastRead < firstRead + afterMs);
      if (after) looks.push(`${series.symbol} ${openTime} ${Math.ceil((firstRead + after) / (HOUR / 2))}`);
    }
    for (const { observed, ...shown } of candles) {
      const isFinal = shown.status !== 'provisional' || quiet.has(shown.openTime);
      lines.push(JSON.stringify([series.symbol, shown, isFinal]));
      quiet.delete(shown.openTime);
    }
    lines.push(...[...quiet].map((openTime) => `${series.symbol} ${openTime} quiet`));
  }
  return { lake: lines.join('\n'), looks: looks.join() };
}

/** Runs `write` on a lake of three derived days from Friday on; exactly `expected` are marked then. */
function marksAfter(open: OpenStore, expected: readonly EpochMs[], write: (store: Store) => Promise<void>) {
  return withStore(open, async ({ store }) => {
    await startLake(store, FRIDAY + 3 * DAY);
    await write(store);
    expect(await markedDays(store)).toEqual(expected);
  });
}
