import {
  BadDataError,
  computeDay,
  createMemoryStore,
  inferLakeSettings,
  type LakeSettings,
  type LakeTable,
  planRebuild,
  takeCandles,
} from '@candlelake/core';
import { fc, test as property } from '@fast-check/vitest';
import { beforeEach, describe, expect, test } from 'vitest';
import { decodeParquet } from '../../../packages/cli/src/adapters/parquetFile.ts';
import { readLakeCandles } from '../../../packages/core/src/audit/lakeCandles.ts';
import { rowsOf } from '../../audit/rows.ts';
import { encode } from '../../support/encoder.ts';
import {
  COARSE,
  COARSE_SLOT,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  deriveOnce,
  listPaths,
  series,
  shapedCandle,
  type TestLake,
} from '../../support/lake.ts';

const { signal } = new AbortController();
const PATH = 'candles/interval=2h/date=2026-11-20/candles.parquet';
const AAA = series('AAA-USDT');
const BBB = series('BBB-USDT');

let lake: TestLake;
let table: LakeTable;

beforeEach(async () => {
  lake = await createTestLake(COARSE, DAY_ONE + 3 * DAY, encode);
  const [provisional, imported] = coarseCandles(5, 7);
  await lake.store.merge([
    { series: AAA, candles: coarseCandles(0, 30) },
    { series: BBB, candles: coarseCandles(7, 36, 3) },
    { series: BBB, candles: [{ ...provisional!, status: 'provisional', source: 'stream', observed: 0 }] },
    { series: BBB, candles: [{ ...imported!, status: 'imported', source: 'import' }] },
  ]);
  await lake.derive();
  table = (await computeDay(lake.ports, COARSE, { day: DAY_ONE, signal })).tables.get(PATH)!;
});

const read = (bytes: Uint8Array, path = PATH) => readLakeCandles(decodeParquet, path, bytes);
const reading = () => ({ objects: lake.objects, decode: decodeParquet, yieldToHost: async () => {} });

describe('the candles of an object', () => {
  test('come back with their values, statuses and sources, older than whatever the exchange shows', async () => {
    const { facts, candles, until } = await read((await lake.objects.read(PATH))!);
    expect(candles).toBe(19);
    expect(until).toBe(DAY_ONE + DAY);
    const stored = await lake.store.readDay(BBB, DAY_ONE);
    expect(facts.map(({ series: of }) => of)).toEqual([AAA, BBB]);
    expect(facts[1]!.candles).toEqual(stored.candles.map((candle) => ({ ...candle, observed: 0 })));
    expect(facts[1]!.candles!.slice(0, 3).map(({ status }) => status)).toEqual([
      'provisional',
      'imported',
      'final',
    ]);
  });

  const price = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
  property.prop([fc.tuple(price, price, price), price], { numRuns: 30 })(
    'give the same doubles again, whatever the digits',
    async ([low, middle, high], volume) => {
      const [a, b, c] = [low, middle, high].sort((x, y) => x - y);
      const prices = { open: [b!], high: [c!], low: [a!], close: [b!], volume: [volume] };
      const columns = Object.entries(prices).map(([name, value]) => [name, Float64Array.from(value)]);
      const one = rowsOf(table, [0]);
      const bytes = encode({ ...one, columns: { ...one.columns, ...Object.fromEntries(columns) } });
      const [candle] = (await read(bytes)).facts[0]!.candles!;
      for (const [name, [value]] of Object.entries(prices))
        expect(Number(candle![name as 'open'])).toBe(value);
    },
  );

  const changed = (name: string, value: number) => {
    const column = (table.columns[name] as Float64Array).slice();
    column[3] = value;
    return encode({ ...table, columns: { ...table.columns, [name]: column } });
  };

  test.each([
    [
      'of another day',
      () => read(encode(table), PATH.replace('20', '21')),
      'row 1: its times are not those of',
    ],
    [
      'of another interval',
      () => read(encode(table), PATH.replace('2h', '1h')),
      'its times are not those of a 1h',
    ],
    ['with a wrong close time', () => read(changed('close_time', DAY_ONE)), 'row 4: its times are not those'],
    ['with a price of zero', () => read(changed('low', 0)), 'row 4: price not above zero'],
    ['with a negative volume', () => read(changed('volume', -1)), 'row 4: wrong number'],
    ['with a high below the low', () => read(changed('high', 1e-9)), 'row 4: high below low'],
    [
      'with rows out of order',
      () => read(encode(rowsOf(table, [1, 0]))),
      'row 2 (AAA-USDT 2026-11-20T00:00Z) is not after',
    ],
    [
      'of another table',
      () => read(encode(table), 'bars/timeframe=21m/date=2026-11-20/bars.parquet'),
      'expected',
    ],
    ['that cannot be read', () => read(new Uint8Array(9)), 'it cannot be read as Parquet'],
    [
      'with a symbol that no exchange has',
      () => {
        const one = rowsOf(table, [0]);
        const symbol = { texts: ['a b'], codes: new Uint16Array(1) };
        return read(encode({ ...one, columns: { ...one.columns, symbol } }));
      },
      'row 1: its symbol is not one of the exchange',
    ],
  ])('are refused in an object %s', async (_, act, message) => {
    await expect(act()).rejects.toThrow(BadDataError);
    await expect(act()).rejects.toThrow(message);
  });
});

describe('a store made from the objects of a lake', () => {
  test('gives the same lake, and leaves out objects that are not whole', async () => {
    const paths = (await listPaths(lake.objects)).filter((path) => path.startsWith('candles/'));
    const store = createMemoryStore({ now: () => DAY_ONE });
    await store.writeSettings(await inferLakeSettings(reading(), await listPaths(lake.objects)));
    const ports = { ...reading(), candles: store, derivation: store };
    expect(await takeCandles(ports, paths, signal)).toEqual({ candles: 61, refused: [] });
    expect(await store.readAsOf()).toBe(DAY_ONE + 3 * DAY);
    const rebuilt = await createTestLake(COARSE, DAY_ONE, encode);
    const again = { ...lake.ports, candles: store, derivation: store, objects: rebuilt.objects };
    await deriveAll(again);
    expect(await contentOf(rebuilt.objects)).toEqual(await contentOf(lake.objects));
    await lake.objects.put(PATH, Uint8Array.of(1), await lake.objects.version(PATH));
    const empty = createMemoryStore({ now: () => DAY_ONE });
    await empty.writeSettings(COARSE);
    const partly = await takeCandles({ ...ports, candles: empty, derivation: empty }, paths, signal);
    expect(partly).toEqual({ candles: 42, refused: [PATH] });
  });

  test('gives way to whatever history shows, and not to what was there', async () => {
    const store = createMemoryStore({ now: () => DAY_ONE });
    await store.writeSettings(COARSE);
    const kept = shapedCandle(DAY_ONE, 9);
    await store.merge([{ series: AAA, candles: [kept] }]);
    await takeCandles({ ...reading(), candles: store, derivation: store }, [PATH], signal);
    const revised = shapedCandle(DAY_ONE + COARSE_SLOT, 9, { observed: 1 });
    await store.merge([{ series: AAA, candles: [revised] }]);
    expect((await store.readDay(AAA, DAY_ONE)).candles.slice(0, 2)).toEqual([kept, revised]);
  });

  test('is planned with the requests that a comparison with history takes', async () => {
    const paths = (await listPaths(lake.objects)).filter((path) => path.startsWith('candles/'));
    await lake.objects.put(PATH, Uint8Array.of(1), await lake.objects.version(PATH));
    const limits = [
      { windowMs: 1_000, requests: 1 },
      { windowMs: 60_000, requests: 1 },
    ];
    expect(await planRebuild(reading(), { paths, limits }, signal)).toEqual({
      take: paths.filter((path) => path !== PATH),
      refused: [PATH],
      ...{ series: 2, candles: 42, requests: 2, minutes: 2 },
    });
  });
});

describe('the settings that a lake shows', () => {
  const shown = async () => inferLakeSettings(reading(), await listPaths(lake.objects));

  test.each<[string, Partial<LakeSettings>]>([
    ['the periods and timeframes', {}],
    ['that averages are not written', { writeMa: false }],
    ['that ranges are not written', { writeAtr: false, timeframes: [120] }],
  ])('are %s', async (_, parts) => {
    await lake.store.writeSettings({ ...COARSE, ...parts });
    await lake.derive();
    for (const path of await listPaths(lake.objects)) {
      if (parts.timeframes && /timeframe=(240|600)m/.test(path))
        await lake.objects.remove(path, await lake.objects.version(path));
    }
    expect(await shown()).toEqual({ ...COARSE, ...parts });
  });

  test('come from an older file of bars when the newest cannot be read', async () => {
    for (const path of await listPaths(lake.objects)) {
      if (path.startsWith('bars') && !path.includes('-20/'))
        await lake.objects.put(path, Uint8Array.of(1), await lake.objects.version(path));
    }
    expect(await shown()).toEqual(COARSE);
  });

  test.each([
    'no JSON',
    'null',
    '{}',
    '{"periods":null}',
    '{"periods":{"maShort":7,"maLong":3,"atr":14}}',
    '{"periods":{"maShort":1e300,"maLong":[],"atr":"x"}}',
    '{"periods":[]}',
    '{"periods":{"maShort":2,"maLong":3}}',
  ])('come from an older file of bars when the newest has the metadata %s', async (metadata) => {
    const paths = (await listPaths(lake.objects)).filter((path) => path.startsWith('bars'));
    const newest = new Set(paths.filter((path) => !path.includes('-20/')));
    expect(newest.size).toBeGreaterThan(0);
    const decode = async (bytes: Uint8Array) => {
      const decoded = await decodeParquet(bytes);
      return bytes === forged ? { ...decoded, metadata } : decoded;
    };
    let forged: Uint8Array | null = null;
    const objects = {
      read: async (path: string) => {
        const bytes = await lake.objects.read(path);
        if (newest.has(path)) forged = bytes;
        return bytes;
      },
    };
    expect((await inferLakeSettings({ objects, decode }, await listPaths(lake.objects))).periods).toEqual(
      COARSE.periods,
    );
  });

  test('are defaults where there are no bars', async () => {
    const settings = await inferLakeSettings(reading(), [PATH]);
    expect(settings).toMatchObject({ interval: '2h', timeframes: [120], writeMa: true });
    expect(settings.periods).toEqual({ maShort: 3, maLong: 7, atr: 14 });
  });

  test('need candles of one interval', async () => {
    await expect(inferLakeSettings(reading(), ['notes.txt'])).rejects.toThrow(
      'the lake has no candles; expected candles of one interval',
    );
    await expect(inferLakeSettings(reading(), [PATH, PATH.replace('2h', '3m')])).rejects.toThrow(
      'the lake has candles of 2h, 3m; expected candles of one interval',
    );
  });
});

async function deriveAll(ports: TestLake['ports']): Promise<void> {
  while ((await deriveOnce(ports, signal)).days > 0);
}

async function contentOf(objects: TestLake['objects']) {
  const paths = await listPaths(objects);
  return Promise.all(paths.map(async (path) => [path, await objects.read(path)]));
}
