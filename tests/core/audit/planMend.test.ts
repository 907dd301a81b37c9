import {
  auditLake,
  isNothing,
  type MendPlan,
  type PlanMendOptions,
  type PlanMendPorts,
  planMend,
} from '@candlelake/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { decodeParquet } from '../../../packages/cli/src/adapters/parquetFile.ts';
import { encode } from '../../support/encoder.ts';
import {
  COARSE,
  COARSE_SLOT,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  listPaths,
  series,
  type TestLake,
} from '../../support/lake.ts';

const { signal } = new AbortController();
const EVERYTHING = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
/** One request a minute. */
const LIMITS = [{ windowMs: 60_000, requests: 1 }];
const SECOND_DAY = DAY_ONE + DAY;
const CANDLES = 'candles/interval=2h/date=2026-11-21/candles.parquet';
const NOTHING: MendPlan = {
  ...{ days: [], suspectDays: [], findings: 0, rows: 0, pendingDays: 0, take: [], moveAside: [] },
  ...{ fills: [], compare: [], requests: 0, minutes: 0 },
};

let lake: TestLake;

/** Two whole days of two symbols, derived. */
beforeEach(async () => {
  lake = await createTestLake(COARSE, DAY_ONE + 2 * DAY, encode);
  for (const symbol of ['AAA-USDT', 'BBB-USDT'])
    await lake.store.merge([{ series: series(symbol), candles: coarseCandles(0, 24) }]);
  await lake.derive();
});

async function plan(
  parts: Partial<PlanMendOptions> = {},
  candles: PlanMendPorts['candles'] & TestLake['ports']['candles'] = lake.store,
) {
  const reading = { ...lake.ports, candles, decode: decodeParquet };
  const audit = await auditLake({ ...reading, listFiles: () => listPaths(lake.objects) }, EVERYTHING, signal);
  const asked = { market: 'swap', symbols: ['AAA-USDT', 'BBB-USDT'] } as const;
  const options = { audit, ...asked, compares: null, limits: LIMITS, ...parts };
  return planMend(reading, options, signal);
}

async function put(path: string, bytes: Uint8Array): Promise<void> {
  await lake.objects.put(path, bytes, await lake.objects.version(path));
}

describe('the plan of a repair', () => {
  test('is nothing for a whole lake', async () => {
    expect(await plan()).toEqual(NOTHING);
    expect(isNothing(await plan())).toBe(true);
  });

  test('writes the objects of days with damage again, and derives the marked ones', async () => {
    await put(CANDLES, Uint8Array.of(1));
    await lake.store.markDays(new Set([DAY_ONE]));
    // 24 candles, 6 + 6 bars of four hours, 3 + 3 of ten hours, 2 rows of coverage.
    expect(await plan()).toEqual({ ...NOTHING, days: [SECOND_DAY], findings: 1, rows: 44, pendingDays: 1 });
  });

  test('asks history for missing and provisional slots of the symbols, in the fewest requests', async () => {
    const [provisional] = coarseCandles(25, 26);
    await lake.store.merge([
      {
        series: series('BBB-USDT'),
        candles: [{ ...provisional!, status: 'provisional', source: 'stream', observed: 0 }],
      },
    ]);
    await lake.store.advanceAsOf(DAY_ONE + 2 * DAY + 3 * COARSE_SLOT);
    await lake.derive();
    const bbb = { series: series('BBB-USDT'), slots: 3, requests: 1 };
    const asked = await plan();
    expect(asked.fills).toEqual([{ series: series('AAA-USDT'), slots: 3, requests: 1 }, bbb]);
    expect(asked).toMatchObject({ requests: 2, minutes: 2 });
    expect((await plan({ symbols: ['BBB-USDT'] })).fills).toEqual([bbb]);
  });

  test('is about one market: a hole in spot is none of the contract of the same name, nor the other way round', async () => {
    const hole = [...coarseCandles(0, 3), ...coarseCandles(4, 24)];
    const named = (market: 'swap' | 'spot', symbol: string) => ({ market, symbol, interval: '2h' }) as const;
    const symbols = ['CCC-USDT', 'DDD-USDT'];
    await lake.store.merge([
      { series: named('swap', 'CCC-USDT'), candles: hole },
      { series: named('spot', 'CCC-USDT'), candles: coarseCandles(0, 24) },
      { series: named('swap', 'DDD-USDT'), candles: coarseCandles(0, 24) },
      { series: named('spot', 'DDD-USDT'), candles: hole },
    ]);
    await lake.derive();
    for (const [market, holed] of [
      ['swap', 'CCC-USDT'],
      ['spot', 'DDD-USDT'],
    ] as const) {
      const { fills, compare } = await plan({ market, symbols, compares: EVERYTHING });
      expect(fills).toEqual([{ series: named(market, holed), slots: 1, requests: 1 }]);
      expect(compare.map((one) => one.series)).toEqual(symbols.map((symbol) => named(market, symbol)));
    }
  });

  test('compares a range on request, from the first day of each series to the watermark', async () => {
    const stretch = { from: DAY_ONE, to: DAY_ONE + 2 * DAY };
    const compared = await plan({ compares: EVERYTHING });
    expect(compared.compare).toEqual([
      { series: series('AAA-USDT'), ...stretch },
      { series: series('BBB-USDT'), ...stretch },
    ]);
    expect(compared).toMatchObject({ requests: 2, minutes: 2, days: [] });
  });

  test('asks history first about a day of which the store has changed without a mark', async () => {
    const readDay: TestLake['store']['readDay'] = async (named, day) => {
      const stored = await lake.store.readDay(named, day);
      if (day !== SECOND_DAY) return stored;
      return { ...stored, candles: stored.candles.map((candle) => ({ ...candle, volume: '77' })) };
    };
    const stretch = { from: SECOND_DAY, to: SECOND_DAY + DAY };
    expect(await plan({ symbols: ['AAA-USDT'] }, { ...lake.store, readDay })).toMatchObject({
      days: [],
      suspectDays: [SECOND_DAY],
      compare: [{ series: series('AAA-USDT'), ...stretch }],
      requests: 1,
    });
  });

  test('takes whole candles of days that the store does not know, and moves other strays aside', async () => {
    const other = await createTestLake(COARSE, DAY_ONE - 9 * DAY, encode);
    const early = coarseCandles(-120, -108, 1_000);
    await other.store.merge([{ series: series('AAA-USDT'), candles: early }]);
    await other.derive();
    const paths = await listPaths(other.objects);
    expect(paths).toHaveLength(4);
    for (const path of paths) await put(path, (await other.objects.read(path))!);
    const strays = [
      'bars/timeframe=240m/date=2026-11-01/bars.parquet',
      'candles/interval=1h/date=2026-11-10/candles.parquet',
      'candles/interval=2h/date=2026-11-05/candles.parquet',
      'candles/interval=2h/date=2027-11-10/candles.parquet',
      'notes.txt',
    ];
    for (const path of strays) await put(path, Uint8Array.of(1));
    const { take, moveAside } = await plan();
    // The bars and the coverage of the day that is taken are replaced by its derivation.
    expect({ take, moveAside }).toEqual({
      take: ['candles/interval=2h/date=2026-11-10/candles.parquet'],
      moveAside: strays,
    });
  });
});
