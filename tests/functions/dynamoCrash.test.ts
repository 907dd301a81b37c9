import {
  type Candle,
  createMemoryObjects,
  createMemoryStore,
  type DerivePorts,
  type EpochMs,
  type ObjectStore,
} from '@candlelake/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDynamoStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import type { DynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';
import {
  COARSE,
  COARSE_SLOT,
  coarseCandles,
  DAY,
  DAY_ONE,
  deriveOnce,
  encodeAsText,
  readTexts,
  series,
  shapedCandle,
} from '../support/lake.ts';
import { interruptedTable, Killed } from './interruptedTable.ts';
import { createMemoryTable } from './memoryTable.ts';

const A = series('AAA-USDT');
const B = series('BBB-USDT');
const AS_OF = DAY_ONE + 2.5 * DAY;
const { signal } = new AbortController();
/** Longer than the life of a writer's entry. */
const LATER = 3_600_000;

type Store = ReturnType<typeof createDynamoStore>;

const correction = shapedCandle(DAY_ONE + 11 * COARSE_SLOT, 16, {
  close: '777',
  high: '800',
  observed: DAY_ONE + 20 * DAY,
});
/** Of a slot of the first day, so that every day after it changes; each later one replaces the one before. */
const earlyCorrection = (nth: number) =>
  shapedCandle(DAY_ONE + 5 * COARSE_SLOT, 16, {
    close: String(500 + nth),
    high: '900',
    observed: DAY_ONE + (10 + nth) * DAY,
  });
/** The newest slots, two corrections, and a candle before the first one. */
const NEWS: readonly Candle[] = [
  ...coarseCandles(28, 30),
  correction,
  earlyCorrection(2),
  ...coarseCandles(-1, 0, 100),
];

function openStore(table: DynamoTable, realNow: () => EpochMs = Date.now): Store {
  return createDynamoStore(table, { now: () => DAY_ONE, realNow });
}

function derivePorts(store: Pick<Store, keyof Store>, objects: ObjectStore): DerivePorts {
  return { candles: store, derivation: store, objects, encode: encodeAsText, yieldToHost: async () => {} };
}

async function derive(store: Store, objects: ObjectStore): Promise<void> {
  while ((await deriveOnce(derivePorts(store, objects), signal)).objects > 0);
}

/** A derived lake of two and a half days of two symbols, the table under it, and the writes of its objects. */
async function makeLake() {
  const table = createMemoryTable();
  const store = openStore(table);
  await store.writeSettings(COARSE);
  await store.merge([
    { series: A, candles: coarseCandles(0, 28) },
    { series: B, candles: coarseCandles(3, 30, 5) },
  ]);
  await store.advanceAsOf(AS_OF - COARSE_SLOT);
  const puts: Parameters<ObjectStore['put']>[] = [];
  const objects = createMemoryObjects();
  const put: ObjectStore['put'] = (...words) => {
    puts.push(words);
    return objects.put(...words);
  };
  await derive(store, { ...objects, put });
  return { table, puts };
}

/** Calls `act` with a copy of the lake; the versions of its objects are those that its table knows. */
async function withLake(act: (table: DynamoTable, objects: ObjectStore) => Promise<void>): Promise<void> {
  const objects = createMemoryObjects();
  for (const words of made.puts) await objects.put(...words);
  await act(made.table.copy(), objects);
}

/** The lake that the memory store leads to. */
async function oracle(): Promise<Readonly<Record<string, string>>> {
  const store = createMemoryStore({ now: () => DAY_ONE });
  await store.writeSettings(COARSE);
  await store.merge([
    { series: A, candles: [...coarseCandles(0, 28), ...NEWS] },
    { series: B, candles: coarseCandles(3, 30, 5) },
  ]);
  await store.advanceAsOf(AS_OF);
  const objects = createMemoryObjects();
  await derive(store, objects);
  return readTexts(objects);
}

async function callsOf(work: (store: Store, objects: ObjectStore) => Promise<unknown>): Promise<number> {
  let calls = 0;
  await withLake(async (table, objects) => {
    const counted = interruptedTable(table, { at: -1, after: false, action: () => {} });
    await work(openStore(counted.table), objects);
    calls = counted.calls();
  });
  return calls;
}

const write = async (store: Store) => {
  await store.merge([{ series: A, candles: NEWS }]);
  await store.advanceAsOf(AS_OF);
};

const made = await makeLake();
const expected = await oracle();
let writes = 0;
let derivations = 0;

beforeAll(async () => {
  writes = await callsOf(write);
  derivations = await callsOf(async (store, objects) => {
    await write(store);
    await derive(store, objects);
  });
});

const killed = () => {
  throw new Killed();
};

describe('a process that is killed at one of its calls', () => {
  test.each([{ after: false }, { after: true }])(
    'a writer: leaves a lake that settles as in a run without the kill (after the call: $after)',
    async ({ after }) => {
      expect(writes).toBeGreaterThan(15);
      for (let at = 0; at < writes; at++) {
        await withLake(async (table, objects) => {
          const broken = interruptedTable(table, { at, after, action: killed });
          await expect(write(openStore(broken.table))).rejects.toThrow(Killed);
          // The lake is derived before the next write, so what is written by then must be marked.
          await derive(openStore(table), objects);
          await write(openStore(table));
          const later = openStore(table, () => Date.now() + LATER);
          await derive(later, objects);
          expect(await readTexts(objects), `call ${at}`).toEqual(expected);
          expect(await later.dirtyDays(), `call ${at}`).toEqual([]);
        });
      }
    },
  );

  test('a writer: leaves what it wrote marked, so that it is derived without another write', async () => {
    for (let at = 0; at < writes; at++) {
      await withLake(async (table, objects) => {
        const broken = interruptedTable(table, { at, after: true, action: killed });
        await expect(write(openStore(broken.table))).rejects.toThrow(Killed);
        await derive(openStore(table), objects);
        const later = openStore(table, () => Date.now() + LATER);
        await derive(later, objects);
        expect(await readTexts(objects), `call ${at}`).toEqual(await fromScratch(table));
      });
    }
  });

  test('a derivation: leaves a lake that settles as in a run without the kill', async () => {
    expect(derivations).toBeGreaterThan(writes + 30);
    for (let at = writes; at < derivations; at++) {
      await withLake(async (table, objects) => {
        const broken = interruptedTable(table, { at, after: at % 2 === 0, action: killed });
        const store = openStore(broken.table);
        await write(store);
        await expect(derive(store, objects)).rejects.toThrow(Killed);
        const later = openStore(table, () => Date.now() + LATER);
        await derive(later, objects);
        expect(await readTexts(objects), `call ${at}`).toEqual(expected);
      });
    }
  });
});

describe('two processes at once', () => {
  test('a derivation that runs in the middle of a write leaves what comes after it marked', async () => {
    for (let at = 0; at < writes; at++) {
      await withLake(async (table, objects) => {
        const action = () => derive(openStore(table), objects);
        const watched = interruptedTable(table, { at, after: true, action });
        await write(openStore(watched.table));
        const store = openStore(table);
        await derive(store, objects);
        expect(await readTexts(objects), `call ${at}`).toEqual(expected);
        expect(await store.dirtyDays(), `call ${at}`).toEqual([]);
      });
    }
  });

  test('a write that comes in the middle of a derivation is derived by the next one', async () => {
    for (let at = 0; at < derivations - writes; at++) {
      await withLake(async (table, objects) => {
        const first = openStore(table);
        await first.merge([{ series: A, candles: [earlyCorrection(1)] }]);
        const watched = interruptedTable(table, { at, after: true, action: () => write(openStore(table)) });
        await derive(openStore(watched.table), objects);
        await write(first);
        await derive(first, objects);
        expect(await readTexts(objects), `call ${at}`).toEqual(expected);
      });
    }
  });

  test('two derivations at once, the slow one begun before a write, leave the newer facts', async () => {
    for (let at = 0; at < derivations - writes; at++) {
      await withLake(async (table, objects) => {
        const first = openStore(table);
        await first.merge([{ series: A, candles: [earlyCorrection(1)] }]);
        const action = async () => {
          await write(first);
          await derive(openStore(table), objects);
        };
        const slow = interruptedTable(table, { at, after: true, action });
        await derive(openStore(slow.table), objects);
        await write(first);
        await derive(first, objects);
        expect(await readTexts(objects), `call ${at}`).toEqual(expected);
        expect(await first.dirtyDays(), `call ${at}`).toEqual([]);
      });
    }
  });

  test('a derivation that overlaps with the end of a write clears no mark of it', async () => {
    for (let pausedAt = 0; pausedAt < writes; pausedAt++) {
      for (let at = pausedAt % 3; at < derivations - writes; at += 3) {
        await withLake(async (table, objects) => {
          const resume = Promise.withResolvers<void>();
          const paused = Promise.withResolvers<void>();
          const halt = () => {
            paused.resolve();
            return resume.promise;
          };
          const writing = write(
            openStore(interruptedTable(table, { at: pausedAt, after: true, action: halt }).table),
          );
          await paused.promise;
          const action = () => {
            resume.resolve();
            return writing;
          };
          const watched = interruptedTable(table, { at, after: true, action });
          await derive(openStore(watched.table), objects);
          resume.resolve();
          await writing;
          const store = openStore(table);
          await derive(store, objects);
          expect(await readTexts(objects), `calls ${pausedAt}, ${at}`).toEqual(expected);
          expect(await store.dirtyDays(), `calls ${pausedAt}, ${at}`).toEqual([]);
        });
      }
    }
  });
});

/** The lake that the present content of the table amounts to, by the memory store. */
async function fromScratch(table: DynamoTable): Promise<Readonly<Record<string, string>>> {
  const from = openStore(table);
  const to = createMemoryStore({ now: () => DAY_ONE });
  await to.writeSettings(COARSE);
  for (const { market, symbol, interval, firstSlot } of await from.listSeries()) {
    const one = { market, symbol, interval };
    for (let day = DAY_ONE - DAY; day <= AS_OF; day += DAY) {
      await to.merge([{ series: one, ...(await from.readDay(one, day)) }]);
    }
    // A record may know of a first slot whose candle a killed writer did not get to write.
    const known = (await to.listSeries()).find((record) => record.symbol === symbol);
    if (known?.firstSlot !== firstSlot) return readDerived(table);
  }
  await to.advanceAsOf(await from.readAsOf());
  const objects = createMemoryObjects();
  await derive(to, objects);
  return readTexts(objects);
}

/** The same by deriving every day anew from the table. */
async function readDerived(table: DynamoTable): Promise<Readonly<Record<string, string>>> {
  const store = openStore(table, () => Date.now() + LATER);
  const objects = createMemoryObjects();
  await store.writeSettings({ ...COARSE, skipPartial: true });
  await store.writeSettings(COARSE);
  await derive(store, objects);
  return readTexts(objects);
}
