import { describe, expect, test } from 'vitest';
import { DAY, DAY_ONE, MINUTE } from '../../support/lake.ts';
import { readRows } from '../../support/readParquet.ts';
import { BTC, candles, createLake, derive, rowsOf, SLOT } from './dayLake.ts';

describe('bars', () => {
  test('go on over midnight as one sequence: averages and ATR as of one run over all days (predecessor fault 18)', async () => {
    const lake = await createLake({}, DAY_ONE + 3 * DAY);
    // Day by day, as a program that is restarted every midnight.
    for (const day of [0, 1, 2]) {
      await lake.store.merge([{ series: BTC, candles: candles(day * 480, (day + 1) * 480) }]);
      await derive(lake);
    }
    const rows = await rowsOf(lake, 'bars');
    expect(rows).toHaveLength(3 * 69);
    const closes = rows.map(({ close }) => close as number);
    const ranges = rows.map(({ high, low }, i) => {
      const spread = (high as number) - (low as number);
      if (i === 0) return spread;
      return Math.max(
        spread,
        Math.abs((high as number) - closes[i - 1]!),
        Math.abs((low as number) - closes[i - 1]!),
      );
    });
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    let atr = Number.NaN;
    // The formulas of docs/truth.md, "Indicators", over one list of bars, without days or checkpoints.
    rows.forEach((row, i) => {
      expect(row.ma_short).toBe(i < 2 ? null : mean(closes.slice(i - 2, i + 1)));
      expect(row.ma_long).toBe(i < 6 ? null : mean(closes.slice(i - 6, i + 1)));
      expect(row.tr).toBe(ranges[i]);
      if (i === 13) atr = mean(ranges.slice(0, 14));
      if (i > 13) atr = (atr * 13 + ranges[i]!) / 14;
      expect(row.atr).toBe(i < 13 ? null : atr);
    });
  });

  test('of the last 12 minutes of a day have four candles and end with it', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    await derive(lake);
    const rows = await rowsOf(lake, 'bars');
    expect(rows).toHaveLength(69);
    expect(rows.at(-1)).toMatchObject({
      bar_index: 68,
      open_time: DAY_ONE + (23 * 60 + 48) * MINUTE,
      close_time: DAY_ONE + DAY,
      candle_count: 4,
      expected_count: 4,
      status: 'complete',
    });
  });

  test('that are complete appear when they close, not a millisecond before (predecessor fault 37)', async () => {
    const lake = await createLake({}, DAY_ONE + 21 * MINUTE - 1);
    await lake.store.merge([{ series: BTC, candles: candles(0, 10) }]);
    await derive(lake);
    expect(await rowsOf(lake, 'bars')).toEqual([]);
    await lake.store.advanceAsOf(DAY_ONE + 21 * MINUTE);
    await derive(lake);
    expect((await rowsOf(lake, 'bars')).map(({ bar_index }) => bar_index)).toEqual([0]);
  });

  test('that are short appear one interval after their close, over midnight too', async () => {
    const lake = await createLake({}, DAY_ONE + DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 480, [478]) }]);
    await derive(lake);
    expect((await rowsOf(lake, 'bars')).at(-1)).toMatchObject({ bar_index: 67 });
    await lake.store.advanceAsOf(DAY_ONE + DAY + SLOT - 1);
    await derive(lake);
    expect((await rowsOf(lake, 'bars')).at(-1)).toMatchObject({ bar_index: 67 });
    await lake.store.advanceAsOf(DAY_ONE + DAY + SLOT);
    await derive(lake);
    expect((await rowsOf(lake, 'bars', ['2026-11-20'])).at(-1)).toMatchObject({
      bar_index: 68,
      candle_count: 3,
      status: 'short',
    });
  });

  test('that were short are whole after the repair (predecessor fault 38)', async () => {
    const lake = await createLake({}, DAY_ONE + DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 14, [3]) }]);
    await derive(lake);
    expect((await rowsOf(lake, 'bars'))[0]).toMatchObject({ candle_count: 6, status: 'short' });
    await lake.store.merge([{ series: BTC, candles: candles(3, 4) }]);
    await derive(lake);
    expect((await rowsOf(lake, 'bars'))[0]).toMatchObject({ candle_count: 7, status: 'complete' });
  });

  test('of every timeframe have objects of their own', async () => {
    const lake = await createLake({ timeframes: [21, 60, 1440] });
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    await derive(lake);
    const counts = [21, 60, 1440].map(async (minutes) => {
      const bytes = await lake.objects.read(`bars/timeframe=${minutes}m/date=2026-11-20/bars.parquet`);
      return (await readRows(bytes!)).length;
    });
    expect(await Promise.all(counts)).toEqual([69, 24, 1]);
  });
});
