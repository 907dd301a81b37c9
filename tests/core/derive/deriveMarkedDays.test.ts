import { ConflictError, createLakeWriter } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { DAY, DAY_ONE, deriveOnce, series, shapedCandle } from '../../support/lake.ts';
import { BTC, candles, createLake, derive, ETH, rowsOf, SLOT, signal } from './dayLake.ts';

describe('a derivation', () => {
  test('takes the oldest day first', async () => {
    const lake = await createLake({}, DAY_ONE + 3 * DAY);
    for (const day of [2, 0, 1])
      await lake.store.merge([{ series: BTC, candles: candles(day * 480, day * 480 + 9) }]);
    expect(await derive(lake)).toEqual([DAY_ONE, DAY_ONE + DAY, DAY_ONE + 2 * DAY]);
  });

  test('skips a day without a mark', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 9) }]);
    await derive(lake);
    const step = await createLakeWriter(lake.ports).deriveNext({ from: DAY_ONE }, signal);
    expect(step).toEqual({ derived: null, dirtyDays: 0 });
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
