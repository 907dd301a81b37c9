import { expect, test } from 'vitest';
import { BTC, ETH, FRIDAY, makeCandle, type OpenStore, PROCESS_NOW, withStore } from './storeFixture.ts';

/** Which candle of a slot stays, and what the log keeps of the other one. */
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
      expect(await store.merge([{ series: BTC, candles: [won] }])).toBe(1);
      await store.merge([{ series: ETH, candles: [won] }]);
      expect(await store.merge([{ series: ETH, candles: [lost] }])).toBe(0);
      expect((await store.readDay(BTC, FRIDAY)).candles).toEqual([won]);
      expect((await store.readDay(ETH, FRIDAY)).candles).toEqual([won]);
    }),
  );

  test('raises the time of observation of an equal candle without calling it a change', () =>
    withStore(open, async ({ store }) => {
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY, { observed: 1000 })] }]);
      expect(await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY, { observed: 2000 })] }])).toBe(0);
      // Read before the second look at the first one: it must not win.
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY, { close: '1', observed: 1500 })] }]);
      expect((await store.readDay(BTC, FRIDAY)).candles).toEqual([makeCandle(FRIDAY, { observed: 2000 })]);
      expect(await store.revisions(BTC)).toEqual([]);
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
