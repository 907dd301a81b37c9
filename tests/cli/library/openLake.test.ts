import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lake, openLake, type ReplayEvent } from '../../../packages/cli/src/library/index.ts';
import { COARSE_SLOT, coarseCandles, DAY, DAY_ONE } from '../../support/lake.ts';
import { createLakeFolder, FACTS, type LakeFolder, patience } from '../lakeFolder.ts';
import { temporaryFolder } from '../program.ts';

let folder: LakeFolder;
let lake: Lake;

beforeAll(async () => {
  folder = await createLakeFolder();
  await folder.store.merge([...FACTS, { series: SPOT, candles: coarseCandles(0, 5, 9) }]);
  await folder.start().flush(patience());
  lake = openLake(folder.path);
});

afterAll(async () => {
  lake.close();
  await folder.remove();
});

const A = { symbol: 'AAA-USDT' };
const SPOT = { market: 'spot', symbol: 'AAA-USDT', interval: '2h' } as const;

describe('an open lake', () => {
  it('gives the candles of a symbol oldest first, a stretch of them, or the newest', async () => {
    const given = coarseCandles(0, 28).map(({ openTime, close }) => [openTime, Number(close)]);
    const read = async (query: object) =>
      (await lake.candles({ ...A, ...query })).map(({ open_time, close }) => [open_time, close]);
    expect(await read({})).toEqual(given);
    expect(await read({ limit: 3 })).toEqual(given.slice(-3));
    expect(await read({ from: DAY_ONE + DAY, to: '2026-11-21T04:00Z' })).toEqual(given.slice(12, 14));
  });

  it('gives closed bars only', async () => {
    const { timeframes } = await lake.symbols();
    const bars = await lake.bars({ ...A, timeframe: timeframes[0]! });
    // 28 candles of two hours are 14 bars of four; the lake is built to noon of the third day.
    expect(bars.length).toBe(14);
    expect(bars.every(({ is_open }) => !is_open)).toBe(true);
    expect(await lake.bars({ ...A, limit: 2 })).toEqual(bars.slice(-2));
  });

  it('says which slots are missing', async () => {
    const { runs } = await lake.coverage(A);
    // 28 of the 30 slots of two and a half days have a candle.
    expect(runs).toContainEqual({
      from: DAY_ONE + 28 * COARSE_SLOT,
      to: DAY_ONE + 30 * COARSE_SLOT,
      state: 'missing',
    });
  });

  it('replays candles and bars in order', async () => {
    const events: ReplayEvent[] = [];
    const window = { symbols: ['BBB-USDT'], from: DAY_ONE + DAY, to: DAY_ONE + DAY + 4 * COARSE_SLOT };
    for await (const event of lake.replay(window)) events.push(event);
    const candles = events.flatMap(({ name, data }) => (name === 'candle' ? [data.open_time] : []));
    expect(candles).toEqual([12, 13, 14, 15].map((slot) => DAY_ONE + slot * COARSE_SLOT));
    expect(events.some(({ name }) => name === 'bar')).toBe(true);
  });

  it('reads the spot market apart from the contracts of the same names', async () => {
    const spot = openLake(folder.path, { market: 'spot' });
    const { symbols } = await spot.symbols();
    expect(symbols).toMatchObject([{ symbol: 'AAA-USDT', market: 'spot' }]);
    const closes = (await spot.candles(A)).map(({ close }) => close);
    expect(closes).toEqual(coarseCandles(0, 5, 9).map(({ close }) => Number(close)));
    const events: ReplayEvent[] = [];
    for await (const event of spot.replay()) events.push(event);
    expect(events.filter(({ name }) => name === 'candle')).toHaveLength(5);
    spot.close();
  });

  it('refuses what it does not have, with the nearest names, and a wrong query', async () => {
    const unknown = lake.bars({ symbol: 'AAB-USDT' });
    await expect(unknown).rejects.toMatchObject({ name: 'RequestError', status: 404 });
    await expect(unknown).rejects.toThrow('AAA-USDT');
    await expect(lake.bars({ ...A, timeframe: '7m' })).rejects.toMatchObject({ status: 404 });
    await expect(lake.candles({ ...A, limit: 0 })).rejects.toMatchObject({ status: 400 });
    await expect(lake.candles({ ...A, form: 1 } as never)).rejects.toThrow('"form": unknown');
    expect(() => lake.replay({ from: 'noon' })).toThrow('"from" in the query of replay "noon"');
  });
});

it('a folder without a lake is refused', () => {
  const path = temporaryFolder();
  expect(() => openLake(path)).toThrow(`"${path}": no lake in it`);
});
