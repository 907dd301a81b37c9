import { describe, expect, test } from 'vitest';
import { DAY, DAY_ONE, deriveOnce, listPaths, SETTINGS } from '../../support/lake.ts';
import { BTC, candles, createLake, derive, ETH, rowsOf, SLOT, signal, versions } from './dayLake.ts';

describe('one object', () => {
  test('holds all symbols by name, each in time order, and no key twice (predecessor faults 36, 40)', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: ETH, candles: candles(0, 480) }]);
    await lake.store.merge([{ series: BTC, candles: candles(200, 480) }]);
    await derive(lake);
    await lake.store.merge([{ series: BTC, candles: candles(0, 300) }]);
    await derive(lake);
    for (const [table, perSymbol] of [
      ['candles', 480],
      ['bars', 69],
      ['coverage', 1],
    ] as const) {
      const keys = (await rowsOf(lake, table)).map(({ symbol, open_time }) => `${symbol} ${open_time ?? ''}`);
      expect(keys).toHaveLength(2 * perSymbol);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys).toEqual(keys.toSorted());
    }
  });

  test('is removed when no row belongs to it any more', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 4) }]);
    await derive(lake);
    expect(await rowsOf(lake, 'bars')).toHaveLength(1);
    await lake.store.writeSettings({ ...SETTINGS, skipPartial: true });
    await derive(lake);
    expect(await listPaths(lake.objects)).toEqual([
      'candles/interval=3m/date=2026-11-20/candles.parquet',
      'coverage/interval=3m/date=2026-11-20/coverage.parquet',
    ]);
  });

  test('is left alone when its rows are the same', async () => {
    const lake = await createLake({}, DAY_ONE + DAY / 2);
    await lake.store.merge([{ series: BTC, candles: candles(0, 240) }]);
    await derive(lake);
    await lake.store.advanceAsOf(DAY_ONE + DAY / 2 + SLOT - 1);
    const counts: number[] = [];
    await deriveOnce(lake.ports, signal, ({ objects }) => counts.push(objects));
    expect(counts).toEqual([0]);
    await lake.store.advanceAsOf(DAY_ONE + DAY / 2 + SLOT);
    await deriveOnce(lake.ports, signal, ({ objects }) => counts.push(objects));
    expect(counts).toEqual([0, 1]);
  });

  test('does not depend on the order in which its candles came', async () => {
    const all = [...candles(0, 480)];
    const lakes = await Promise.all(
      [all, all.toReversed()].map(async (ordered) => {
        const lake = await createLake();
        const [first, second] = ordered === all ? [BTC, ETH] : [ETH, BTC];
        for (const one of [first, second]) {
          for (let i = 0; i < ordered.length; i += 96)
            await lake.store.merge([{ series: one, candles: ordered.slice(i, i + 96) }]);
        }
        await derive(lake);
        return Promise.all(
          (await listPaths(lake.objects)).map(async (path) => [path, await lake.objects.read(path)]),
        );
      }),
    );
    expect(lakes[0]).toEqual(lakes[1]);
  });
});

describe('other settings', () => {
  test('derive every day again, and touch only what they shape', async () => {
    const lake = await createLake({}, DAY_ONE + 2 * DAY);
    await lake.store.merge([{ series: BTC, candles: candles(0, 960) }]);
    await derive(lake);
    const before = await versions(lake);
    await lake.store.writeSettings({ ...SETTINGS, periods: { maShort: 2, maLong: 5, atr: 3 } });
    expect(await derive(lake)).toEqual([DAY_ONE, DAY_ONE + DAY]);
    const after = await versions(lake);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    for (const path of Object.keys(after))
      expect(after[path] === before[path]).toBe(!path.startsWith('bars/'));
    const rows = await rowsOf(lake, 'bars');
    const closes = rows.map(({ close }) => close as number);
    expect(rows[70]!.ma_short).toBe((closes[69]! + closes[70]!) / 2);
  });

  test('without averages change no ATR, and the averages are back with the flag', async () => {
    const lake = await createLake();
    await lake.store.merge([{ series: BTC, candles: candles(0, 480) }]);
    await derive(lake);
    const before = await rowsOf(lake, 'bars');
    await lake.store.writeSettings({ ...SETTINGS, writeMa: false });
    await derive(lake);
    const without = await rowsOf(lake, 'bars');
    expect(without.map(({ atr }) => atr)).toEqual(before.map(({ atr }) => atr));
    expect(new Set(without.map(({ ma_short }) => ma_short))).toEqual(new Set([null]));
    await lake.store.writeSettings(SETTINGS);
    await derive(lake);
    expect(await rowsOf(lake, 'bars')).toEqual(before);
  });
});
