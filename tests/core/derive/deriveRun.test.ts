import {
  createLakeWriter,
  type DerivePorts,
  deriveDay,
  deriveMarkedDays,
  type EpochMs,
} from '@candlelake/core';
import { expect, test } from 'vitest';
import {
  COARSE,
  COARSE_SLOT,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  series,
  shapedCandle,
  type TestLake,
} from '../../support/lake.ts';

const A = series('AAA-USDT');
const { signal } = new AbortController();
const DAYS = 6;
const RANGE = { from: DAY_ONE, until: DAY_ONE + DAYS * DAY };
const deriveRun = (ports: DerivePorts, range = RANGE, stop = signal) =>
  createLakeWriter(ports).deriveRun(range, stop);
const dayOf = (index: number) => DAY_ONE + index * DAY;

/** Six marked days of one symbol. */
async function markedLake(): Promise<TestLake> {
  const lake = await createTestLake(COARSE, RANGE.until);
  await lake.store.merge([{ series: A, candles: coarseCandles(0, DAYS * 12) }]);
  return lake;
}

/** What a derivation day by day, oldest first, gives. */
async function expectedLake(): Promise<Readonly<Record<string, string>>> {
  const lake = await markedLake();
  for (let index = 0; index < DAYS; index++)
    await deriveDay(lake.ports, (await lake.store.readMark(dayOf(index)))!, signal);
  return lake.read();
}

const marksOf = async ({ store }: TestLake) => (await store.dirtyDays()).map(({ day }) => day);

/** The ports of the lake, whose puts of the objects of a day first do `before`. */
function beforePut({ ports }: TestLake, day: string, before: () => Promise<void>): DerivePorts {
  const put: DerivePorts['objects']['put'] = async (path, ...rest) => {
    if (path.includes(day)) await before();
    return ports.objects.put(path, ...rest);
  };
  return { ...ports, objects: { ...ports.objects, put } };
}

test('a run gives the bytes of a derivation day by day, with one commit', async () => {
  const lake = await markedLake();
  let commits = 0;
  const derivation = {
    ...lake.store,
    commitDays: async (...args: Parameters<NonNullable<typeof lake.store.commitDays>>) => {
      commits += 1;
      return lake.store.commitDays!(...args);
    },
  };
  const derived = await deriveRun({ ...lake.ports, derivation });
  expect(derived.map(({ day }) => day)).toEqual(Array.from({ length: DAYS }, (_, index) => dayOf(index)));
  expect(commits).toBe(1);
  expect(await marksOf(lake)).toEqual([]);
  expect(await lake.read()).toEqual(await expectedLake());
});

test('a day is computed while the objects of the day before wait for the disk', async () => {
  const lake = await markedLake();
  const written = Promise.withResolvers<void>();
  const readDay: typeof lake.store.readDay = (one, day) => {
    if (day === dayOf(1)) written.resolve();
    return lake.store.readDay(one, day);
  };
  const ports = beforePut(lake, '2026-11-20', () => written.promise);
  await deriveRun({ ...ports, candles: { ...lake.store, readDay } });
  expect(await marksOf(lake)).toEqual([]);
});

test('at most eight days are in memory: a ninth is computed when the first is written', async () => {
  const days = Array.from({ length: 12 }, (_, index) => dayOf(index));
  const lake = await createTestLake(COARSE, dayOf(days.length));
  await lake.store.merge([{ series: A, candles: coarseCandles(0, days.length * 12) }]);
  const begun = new Map(days.map((day) => [day, Promise.withResolvers<void>()]));
  const written: EpochMs[] = [];
  const tooEarly: EpochMs[] = [];
  const readDay: typeof lake.store.readDay = (one, day) => {
    if (day >= dayOf(8) && !written.includes(day - 8 * DAY)) tooEarly.push(day);
    begun.get(day)?.resolve();
    return lake.store.readDay(one, day);
  };
  // The tables of a day are written a turn after the seventh day after it was begun.
  const put: DerivePorts['objects']['put'] = async (path, ...rest) => {
    const day = Date.parse(/date=([\d-]+)/.exec(path)![1]!);
    await begun.get(day + 7 * DAY)?.promise;
    await new Promise(setImmediate);
    const version = await lake.ports.objects.put(path, ...rest);
    written.push(day);
    return version;
  };
  const objects = { ...lake.ports.objects, put };
  const range = { from: DAY_ONE, until: dayOf(days.length) };
  const derived = await deriveRun({ ...lake.ports, objects, candles: { ...lake.store, readDay } }, range);
  expect(derived.map(({ day }) => day)).toEqual(days);
  expect(tooEarly).toEqual([]);
});

test('days after one that was marked meanwhile keep their marks, and are right in the end', async () => {
  const lake = await markedLake();
  const late = shapedCandle(dayOf(2) + 11 * COARSE_SLOT, 16, {
    ...{ close: '777', high: '800' },
    observed: dayOf(30),
  });
  let isLate = false;
  const ports = beforePut(lake, '2026-11-23', async () => {
    if (isLate) return;
    isLate = true;
    await lake.store.merge([{ series: A, candles: [late] }]);
  });
  const derived = await deriveRun(ports);
  expect(derived.map(({ day }) => day)).toEqual([0, 1, 2].map(dayOf));
  expect(await marksOf(lake)).toEqual([2, 3, 4, 5].map(dayOf));
  await lake.derive();
  const undisturbed = await markedLake();
  await undisturbed.store.merge([{ series: A, candles: [late] }]);
  await undisturbed.derive();
  expect(await lake.read()).toEqual(await undisturbed.read());
});

test('the days before one that fails are committed; the error is thrown when its turn comes', async () => {
  const lake = await markedLake();
  const ports = beforePut(lake, '2026-11-22', async () => {
    throw new Error('no space');
  });
  expect(await deriveRun(ports)).toHaveLength(2);
  expect(await marksOf(lake)).toEqual([2, 3, 4, 5].map(dayOf));
  await expect(deriveRun(ports, { ...RANGE, from: dayOf(2) })).rejects.toThrow('no space');
  await lake.derive();
  expect(await lake.read()).toEqual(await expectedLake());
});

test('nothing is written any more when a stopped run has ended', async () => {
  const lake = await markedLake();
  const stop = new AbortController();
  let writing = 0;
  const put: DerivePorts['objects']['put'] = async (...args) => {
    writing += 1;
    stop.abort(new Error('stopped'));
    await new Promise((resolve) => setImmediate(resolve));
    const result = await lake.objects.put(...args);
    writing -= 1;
    return result;
  };
  const ports = { ...lake.ports, objects: { ...lake.objects, put } };
  const derived = await deriveRun(ports, RANGE, stop.signal);
  expect(writing).toBe(0);
  expect(await marksOf(lake)).toHaveLength(DAYS - derived.length);
});

test('days with many rows are not in memory together', async () => {
  const lake = await markedLake();
  // 1m candles of 70 symbols are 100,800 rows a day.
  const settings = { ...COARSE, interval: '1m' as const };
  const [record] = await lake.store.listSeries();
  const listSeries = async () => Array.from({ length: 70 }, () => ({ ...record!, interval: '1m' as const }));
  const derivation = { ...lake.store, readSettings: async () => settings };
  const ports = { ...lake.ports, derivation, candles: { ...lake.store, listSeries } };
  expect(await deriveRun(ports)).toHaveLength(1);
});

test('yesterday and today do not wait for the days before them', async () => {
  const lake = await markedLake();
  await lake.derive();
  const old = shapedCandle(dayOf(0), 16, { observed: dayOf(30) });
  const apart = shapedCandle(dayOf(2), 16, { observed: dayOf(30) });
  const today = shapedCandle(dayOf(5) + COARSE_SLOT, 16, { observed: dayOf(30) });
  await lake.store.merge([{ series: A, candles: [old, apart] }]);
  const seen: number[] = [];
  const writer = createLakeWriter(lake.ports);
  const ports = {
    derivation: lake.store,
    writer,
    onDay: ({ day }: { readonly day: number }) => seen.push((day - DAY_ONE) / DAY),
    // A candle of today closes while the first old day is derived.
    isNewestDue: () => {
      const isFirst = seen.length === 1;
      if (isFirst) void lake.store.merge([{ series: A, candles: [today] }]);
      return isFirst;
    },
  };
  await deriveMarkedDays(ports, signal);
  expect(seen.slice(0, 2)).toEqual([0, 5]);
  expect(await marksOf(lake)).toEqual([]);
});
