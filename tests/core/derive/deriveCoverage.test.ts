import type { Candle } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { DAY, DAY_ONE, MINUTE } from '../../support/lake.ts';
import { BTC, candles, createLake, derive, ETH, rowsOf, SLOT } from './dayLake.ts';

describe('coverage', () => {
  test('counts every slot of every day from the first one, a day without candles included', async () => {
    const lake = await createLake({}, DAY_ONE + 2 * DAY + 100 * SLOT + 1);
    await lake.store.merge([{ series: BTC, candles: [...candles(5, 400, [17]), ...candles(960, 1060)] }]);
    await lake.store.merge([{ series: ETH, candles: candles(480, 490) }]);
    await derive(lake);
    const shown = (await rowsOf(lake, 'coverage')).map((row) => [
      row.symbol,
      row.expected,
      row.final,
      row.missing,
      row.first_missing,
    ]);
    expect(shown).toEqual([
      ['BTC-USDT', 480, 394, 86, DAY_ONE],
      ['BTC-USDT', 480, 0, 480, DAY_ONE + DAY],
      ['ETH-USDT', 480, 10, 470, DAY_ONE + DAY + 10 * SLOT],
      ['BTC-USDT', 100, 100, 0, null],
      ['ETH-USDT', 100, 0, 100, DAY_ONE + 2 * DAY],
    ]);
  });

  test('tells quiet, unavailable and unexpected slots apart, and no bar waits for them', async () => {
    const lake = await createLake();
    const read = DAY_ONE + 2 * DAY;
    await lake.store.describeSeries(BTC, { launchTime: DAY_ONE + 7 * SLOT, pricePrecision: 1 });
    await lake.store.merge([
      {
        series: BTC,
        candles: candles(14, 480, [16, 480 - 1]),
        absences: [{ openTime: DAY_ONE + 16 * SLOT, firstRead: read, lastRead: read + 10 * MINUTE }],
      },
    ]);
    for (const at of [read, read + 10 * MINUTE]) {
      const historyStart = { firstAvailable: DAY_ONE + 10 * SLOT, read: at };
      await lake.store.merge([{ series: BTC, historyStart }]);
    }
    await derive(lake);
    expect(await rowsOf(lake, 'coverage')).toEqual([
      {
        market: 'swap',
        symbol: 'BTC-USDT',
        expected: 473,
        final: 464,
        provisional: 0,
        quiet: 1,
        unavailable: 3,
        missing: 5,
        first_missing: DAY_ONE + 10 * SLOT,
      },
    ]);
    const [first] = await rowsOf(lake, 'bars');
    expect(first).toMatchObject({ bar_index: 2, candle_count: 6, expected_count: 7, status: 'complete' });
  });

  test('is what the store was told as well', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 300) }]);
    await derive(lake);
    const [recorded] = await lake.store.readCoverage(BTC, DAY_ONE, DAY_ONE + DAY);
    const [row] = await rowsOf(lake, 'coverage');
    expect(recorded!.coverage).toMatchObject({
      expected: row!.expected,
      final: row!.final,
      missing: row!.missing,
    });
    expect(recorded!.coverage.firstMissing).toBe(row!.first_missing);
  });
});

describe('imported candles', () => {
  test('are final rows of source import, and make complete bars', async () => {
    const lake = await createLake();
    const imported = candles(0, 480).map((one): Candle => ({ ...one, status: 'imported', source: 'import' }));
    await lake.store.merge([{ series: BTC, candles: imported }]);
    await derive(lake);
    const rows = await rowsOf(lake, 'candles');
    expect(new Set(rows.map(({ status, source }) => `${status} ${source}`))).toEqual(
      new Set(['final import']),
    );
    expect(new Set((await rowsOf(lake, 'bars')).map(({ status }) => status))).toEqual(new Set(['complete']));
  });
});
