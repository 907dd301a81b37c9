import type { Candle } from '@candlelake/core';
import { expect, test } from 'vitest';
import {
  BTC,
  ETH,
  FRIDAY,
  makeCandle,
  type OpenStore,
  PROCESS_NOW,
  SLOT,
  visibleSlots,
  withStore,
} from './storeFixture.ts';

/** Which candle of a slot stays, and what the log keeps. */
export function candleReplacementTests(open: OpenStore): void {
  const replacements = [
    [
      'a provisional candle by one with more volume',
      { status: 'provisional', volume: '9' },
      { status: 'provisional', volume: '10' },
    ],
    [
      'a provisional candle by an imported one',
      { status: 'provisional', volume: '9' },
      { status: 'imported', volume: '1', observed: 1 },
    ],
    [
      'an imported candle by a final one that was read earlier',
      { status: 'imported', observed: 9 },
      { status: 'final', close: '101', observed: 8 },
    ],
    ['a final candle by one read a millisecond later', { observed: 999 }, { close: '101', observed: 1000 }],
  ] as const;

  test.each(replacements)('replaces %s, in whichever order they come', (_title, loser, winner) =>
    withStore(open, async ({ store }) => {
      const [lost, won] = [makeCandle(FRIDAY, loser), makeCandle(FRIDAY, winner)];
      await store.merge([{ series: BTC, candles: [lost] }]);
      expect(visibleSlots(await store.merge([{ series: BTC, candles: [won] }]))).toHaveLength(1);
      await store.merge([{ series: ETH, candles: [won] }]);
      expect(await store.merge([{ series: ETH, candles: [lost] }])).toEqual([]);
      expect((await store.readDay(BTC, FRIDAY)).candles).toEqual([won]);
      expect((await store.readDay(ETH, FRIDAY)).candles).toEqual([won]);
    }),
  );

  test('raises `observed` of an equal candle, which the lake does not show', () =>
    withStore(open, async ({ store }) => {
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY, { observed: 1000 })] }]);
      expect(
        visibleSlots(await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY, { observed: 2000 })] }])),
      ).toHaveLength(0);
      // It was read before the equal candle was read again, so it must not win.
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY, { close: '1', observed: 1500 })] }]);
      expect((await store.readDay(BTC, FRIDAY)).candles).toEqual([makeCandle(FRIDAY, { observed: 2000 })]);
      expect(await store.revisions(BTC)).toEqual([]);
    }));

  test('skips finals that equal the stored ones when the facts say so', () =>
    withStore(open, async ({ store }) => {
      const reread = (...candles: readonly Candle[]) =>
        store.merge([{ series: BTC, candles, skipEqualFinals: true }]);
      const [first, second] = [makeCandle(FRIDAY), makeCandle(FRIDAY + SLOT)];
      const later = { observed: PROCESS_NOW };
      expect(await reread(first)).toHaveLength(1);
      expect(await reread({ ...first, ...later })).toEqual([]);
      expect(await reread({ ...first, ...later }, second)).toHaveLength(1);
      expect((await store.readDay(BTC, FRIDAY)).candles).toEqual([first, second]);
      const corrected = { ...second, ...later, close: '111' };
      expect(await reread(first, corrected)).toHaveLength(1);
      expect((await store.readDay(BTC, FRIDAY)).candles).toEqual([first, corrected]);
    }));

  test('writes a final over an equal provisional or imported candle also when equal finals are skipped', () =>
    withStore(open, async ({ store }) => {
      const known = [
        makeCandle(FRIDAY, { status: 'provisional' }),
        makeCandle(FRIDAY + SLOT, { status: 'imported' }),
      ];
      await store.merge([{ series: BTC, candles: known }]);
      const finals = known.map((candle) => makeCandle(candle.openTime));
      const merged = await store.merge([{ series: BTC, candles: finals, skipEqualFinals: true }]);
      expect(visibleSlots(merged)).toHaveLength(2);
      expect((await store.readDay(BTC, FRIDAY)).candles).toEqual(finals);
    }));

  test('writes to no slot of which nothing is stored, when the facts ask for it', () =>
    withStore(open, async ({ store }) => {
      const [known, empty, unknown] = [0, 1, 2].map((index) => makeCandle(FRIDAY + index * SLOT));
      const absence = { openTime: empty!.openTime, firstRead: 1, lastRead: 2 };
      await store.merge([{ series: BTC, candles: [known!], absences: [absence] }]);
      const corrected = { ...known!, close: '111', observed: PROCESS_NOW };
      const candles = [corrected, empty!, unknown!];
      expect(await store.merge([{ series: BTC, candles, skipEmptySlots: true }])).toHaveLength(2);
      expect((await store.readDay(BTC, FRIDAY)).candles).toEqual([corrected, empty]);
      // Other facts of the same write may fill the slot.
      const both = [
        { series: BTC, candles: [known!], skipEmptySlots: true },
        { series: BTC, candles: [unknown!] },
      ];
      expect(await store.merge(both)).toHaveLength(1);
      expect((await store.readDay(BTC, FRIDAY)).candles).toEqual([corrected, empty, unknown]);
    }));

  test('logs each final or imported candle that other values replaced, oldest first', () =>
    withStore(open, async ({ store }) => {
      const steps = [
        makeCandle(FRIDAY, { status: 'provisional', volume: '1', source: 'stream' }),
        makeCandle(FRIDAY, { status: 'imported', source: 'import', observed: 10 }),
        makeCandle(FRIDAY, { close: '111', observed: 20 }),
        makeCandle(FRIDAY, { close: '112', observed: 30 }),
        makeCandle(FRIDAY, { close: '112', observed: 40, source: 'stream' }),
      ] as const;
      for (const candle of steps) await store.merge([{ series: BTC, candles: [candle] }]);
      const logged = { series: BTC, openTime: FRIDAY, at: PROCESS_NOW };
      expect(await store.revisions(BTC)).toEqual([
        { ...logged, before: steps[1], after: steps[2] },
        { ...logged, before: steps[2], after: steps[3] },
      ]);
      expect(await store.revisions(ETH)).toEqual([]);
    }));
}
