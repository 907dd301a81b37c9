import type { Candle } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { DAY, DAY_ONE, type TestLake } from '../../support/lake.ts';
import { BTC, candles, createLake, derive, rowsOf, versions } from './dayLake.ts';

describe('a late correction', () => {
  async function fourDays(): Promise<TestLake> {
    const lake = await createLake({}, DAY_ONE + 4 * DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 4 * 480) }]);
    await derive(lake);
    return lake;
  }
  const corrected = (slot: number, parts: Partial<Candle>) => [
    { series: BTC, candles: [{ ...candles(slot, slot + 1)[0]!, observed: DAY_ONE + 30 * DAY, ...parts }] },
  ];

  test('of a close is derived forward to the last day, because the ATR remembers it', async () => {
    const lake = await fourDays();
    const before = await rowsOf(lake, 'bars');
    await lake.store.merge(corrected(479, { high: '900', close: '500' }));
    expect(await derive(lake)).toEqual([0, 1, 2, 3].map((n) => DAY_ONE + n * DAY));
    const after = await rowsOf(lake, 'bars');
    expect(after.slice(0, 68)).toEqual(before.slice(0, 68));
    for (let i = 69; i < after.length; i++) expect(after[i]!.atr).not.toBe(before[i]!.atr);
  });

  test('of a volume stays on its day, because no indicator sees it', async () => {
    const lake = await fourDays();
    await lake.store.merge(corrected(100, { volume: '4242' }));
    expect(await derive(lake)).toEqual([DAY_ONE]);
  });

  test('goes no further than the day on which the checkpoints are as they were', async () => {
    // An outage of a whole day: the indicators start anew after it, whatever was before.
    const lake = await createLake({}, DAY_ONE + 4 * DAY);
    await lake.store.merge([{ series: BTC, candles: [...candles(0, 480), ...candles(2 * 480, 4 * 480)] }]);
    await derive(lake);
    await lake.store.merge(corrected(479, { high: '900', close: '500' }));
    expect(await derive(lake)).toEqual([DAY_ONE, DAY_ONE + DAY]);
  });

  test('changes the objects that show it and no other', async () => {
    const lake = await fourDays();
    const before = await versions(lake);
    await lake.store.merge(corrected(100, { volume: '4242' }));
    await derive(lake);
    const after = await versions(lake);
    const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
    expect(changed).toEqual([
      'bars/timeframe=21m/date=2026-11-20/bars.parquet',
      'candles/interval=3m/date=2026-11-20/candles.parquet',
    ]);
  });
});
