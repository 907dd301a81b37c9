import { describe, expect, test } from 'vitest';
import { DAY, DAY_ONE, shapedCandle, type TestLake } from '../../support/lake.ts';
import { BTC, candles, createLake, derive, ETH, SLOT, versions } from './dayLake.ts';

/** The days that are read from the store while a lake is derived, as `day symbol`. */
async function daysRead(timeframes: readonly number[], days: number): Promise<readonly string[]> {
  const lake = await lakeOf(timeframes, days);
  return watchReads(lake, async () => void (await derive(lake)));
}

async function lakeOf(timeframes: readonly number[], days: number): Promise<TestLake> {
  const lake = await createLake({ timeframes }, DAY_ONE + days * DAY);
  for (const series of [BTC, ETH]) await lake.store.merge([{ series, candles: candles(0, days * 480) }]);
  return lake;
}

async function watchReads({ ports }: TestLake, work: () => Promise<void>): Promise<readonly string[]> {
  const read: string[] = [];
  const { candles: store } = ports;
  const readDay: typeof store.readDay = (series, day) => {
    read.push(`${(day - DAY_ONE) / DAY} ${series.symbol}`);
    return store.readDay(series, day);
  };
  Object.assign(ports, { candles: { ...store, readDay } });
  await work();
  return read;
}

const MANY = [3, 21, 60, 240, 1440];

describe('the derivation of many timeframes', () => {
  test.each([[[21]], [MANY]])('reads each day of each symbol once: timeframes %j', async (timeframes) => {
    const read = await daysRead(timeframes, 4);
    // The two newest days come first, and again when the days before have changed their checkpoints.
    const expected = [0, 1, 2, 2, 3, 3].flatMap((day) => [`${day} BTC-USDT`, `${day} ETH-USDT`]);
    expect(read.toSorted()).toEqual(expected.sort());
  });

  test('reads a corrected day once, and those after it as long as an indicator changes', async () => {
    const lake = await lakeOf(MANY, 4);
    await derive(lake);
    const before = await versions(lake);
    const changed = shapedCandle(DAY_ONE + DAY + 5 * SLOT, 3, { volume: '777', observed: DAY_ONE + 9 * DAY });
    const read = await watchReads(lake, async () => {
      await lake.store.merge([{ series: BTC, candles: [changed] }]);
      await derive(lake);
    });
    expect(read.length).toBe(new Set(read).size);
    const after = await versions(lake);
    const paths = Object.keys(after).filter((path) => after[path] !== before[path]);
    expect(paths.filter((path) => path.includes('2026-11-21')).length).toBe(1 + MANY.length);
  });
});
