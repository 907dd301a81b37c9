import { ConflictError, createLakeWriter, deriveDay } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { DAY, DAY_ONE, deriveOnce, series, shapedCandle } from '../../support/lake.ts';
import { BTC, candles, createLake, derive, ETH, rowsOf, SLOT, signal } from './dayLake.ts';

describe('a derivation', () => {
  test('takes yesterday and today first, then the oldest day', async () => {
    const lake = await createLake({}, DAY_ONE + 5 * DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 5 * 480) }]);
    await derive(lake);
    const volume = (day: number) => ({ ...candles(day * 480, day * 480 + 1)[0]!, volume: '4242' });
    for (const day of [3, 1, 4, 0])
      await lake.store.merge([{ series: BTC, candles: [{ ...volume(day), observed: DAY_ONE + 30 * DAY }] }]);
    expect(await derive(lake)).toEqual([3, 4, 0, 1].map((day) => DAY_ONE + day * DAY));
  });

  test('derives yesterday and today again, when the days before changed what they begin with', async () => {
    const lake = await createLake({}, DAY_ONE + 4 * DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 4 * 480) }]);
    expect(await derive(lake)).toEqual([2, 3, 0, 1, 2, 3].map((day) => DAY_ONE + day * DAY));
    expect(await lake.store.dirtyDays()).toEqual([]);
    const inOrder = await createLake({}, DAY_ONE + 4 * DAY);
    for (const day of [0, 1, 2, 3]) {
      await inOrder.store.merge([{ series: BTC, candles: candles(day * 480, (day + 1) * 480) }]);
      const marks = await inOrder.store.dirtyDays();
      for (const mark of marks.filter((one) => one.day === DAY_ONE + day * DAY))
        await deriveDay(inOrder.ports, mark, signal);
    }
    expect(await rowsOf(lake, 'bars')).toEqual(await rowsOf(inOrder, 'bars'));
  });

  test('reads the list of marks twice, however many days are marked', async () => {
    const lake = await createLake({}, DAY_ONE + 40 * DAY);
    await lake.store.merge([
      { series: BTC, candles: [0, 39].flatMap((day) => candles(480 * day, 480 * day + 9)) },
    ]);
    let lists = 0;
    const derivation = {
      ...lake.store,
      dirtyDays: async () => {
        lists += 1;
        return lake.store.dirtyDays();
      },
    };
    const pass = await deriveOnce({ ...lake.ports, derivation }, signal);
    expect(pass.days).toBeGreaterThanOrEqual(40);
    expect(pass.dirtyDays).toBe(0);
    expect(lists).toBe(2);
  });

  test('skips a day without a mark', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 9) }]);
    await derive(lake);
    const range = { from: DAY_ONE, until: DAY_ONE + DAY };
    expect(await createLakeWriter(lake.ports).deriveRun(range, signal)).toEqual([]);
  });

  test('leaves series of another interval out', async () => {
    const lake = await createLake();
    await lake.store.merge([
      { series: BTC, candles: candles(0, 9) },
      { series: series('BTC-USDT', '1h'), candles: [shapedCandle(DAY_ONE, 3)] },
    ]);
    await derive(lake);
    expect(await rowsOf(lake, 'candles')).toHaveLength(9);
    expect(await rowsOf(lake, 'coverage')).toHaveLength(1);
  });

  test('starts a day over when another process writes one of its objects', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    let conflicts = 2;
    const objects = {
      ...lake.objects,
      put: async (...args: Parameters<typeof lake.objects.put>) => {
        if (conflicts-- > 0) throw new ConflictError('another writer was here');
        return lake.objects.put(...args);
      },
    };
    await deriveOnce({ ...lake.ports, objects }, signal);
    expect(await rowsOf(lake, 'bars')).toHaveLength(69);
    expect(await lake.store.dirtyDays()).toEqual([]);
  });

  test('gives up after five conflicts in a row, and the mark stays', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    const put = async () => {
      throw new ConflictError('another writer is here');
    };
    await expect(deriveOnce({ ...lake.ports, objects: { ...lake.objects, put } }, signal)).rejects.toThrow(
      ConflictError,
    );
    expect(await lake.store.dirtyDays()).toHaveLength(1);
  });

  test('ends with the reason of its signal, and the mark stays', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    const stop = new AbortController();
    const yieldToHost = async () => stop.abort(new Error('stopped'));
    await expect(deriveOnce({ ...lake.ports, yieldToHost }, stop.signal)).rejects.toThrow('stopped');
    expect(await lake.store.dirtyDays()).toHaveLength(1);
  });

  test('ends although its days are marked again all the time', async () => {
    const lake = await createLake({}, DAY_ONE + 2 * DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 960, [5, 500]) }]);
    let writes = 0;
    const yieldToHost = async () => {
      writes += 1;
      if (writes > 20) throw new Error('the pass does not end');
      const changed = [5, 500].map((slot) => shapedCandle(DAY_ONE + slot * SLOT, writes));
      await lake.store.merge([{ series: BTC, candles: changed }]);
    };
    expect(await deriveOnce({ ...lake.ports, yieldToHost }, signal)).toMatchObject({ days: 2 });
    expect(await lake.store.dirtyDays()).toHaveLength(2);
  });

  test('hands over the bars of every series and timeframe of the day', async () => {
    const lake = await createLake({ timeframes: [21, 60] });
    await lake.store.merge([BTC, ETH].map((one) => ({ series: one, candles: candles(0, 480) })));
    const seen: string[] = [];
    await deriveOnce(lake.ports, signal, ({ bars }) =>
      seen.push(...bars.map((one) => `${one.series.symbol} ${one.timeframeMinutes} ${one.bars.length}`)),
    );
    expect(seen).toEqual(['BTC-USDT 21 69', 'BTC-USDT 60 24', 'ETH-USDT 21 69', 'ETH-USDT 60 24']);
  });
});
