import { type Crossover, type DirtyDay, sendNotices } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { createStatusItems } from '../../packages/functions/src/adapters/dynamo/statusItems.ts';
import { createDynamoStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import type { DynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';
import { TABLE_EXPIRY } from '../../packages/functions/src/names.ts';
import { interruptedTable, Killed } from './interruptedTable.ts';
import { BTC, DAY, HOUR, SETTINGS, TODAY } from './jobFixture.ts';
import { createMemoryTable } from './memoryTable.ts';

const NOW = TODAY + 12 * HOUR;
const open = (table: DynamoTable) => createDynamoStore(table, { now: () => NOW, realNow: () => NOW });

function crossover(symbol: string, closeTime: number): Crossover {
  const bar = { timeframe: '21m', openTime: String(closeTime), closeTime, status: 'complete' } as const;
  const name = { id: `${symbol}#${closeTime}`, market: 'swap', symbol, kind: 'GOLDEN_CROSS' } as const;
  return { ...name, ...bar, close: 1, maShort: 2, maLong: 3 };
}

const FOUND = [crossover('B', TODAY + HOUR), crossover('A', TODAY + 2 * HOUR), crossover('A', TODAY + HOUR)];

/** A table whose history ends at midnight, and that goes on for a day. */
async function startedTable(): Promise<DynamoTable> {
  const table = createMemoryTable();
  const store = open(table);
  await store.writeSettings(SETTINGS);
  await store.advanceAsOf(TODAY);
  await store.advanceAsOf(TODAY + DAY);
  await store.markDays(new Set([TODAY]));
  return table;
}

const commitOf = (mark: DirtyDay, found: readonly Crossover[] = FOUND) => ({
  ...{ ...mark, checkpoints: [], coverage: [], objects: [] },
  crossovers: found.map((one) => ({ crossover: one, isLive: true })),
});

async function sentBy(table: DynamoTable): Promise<readonly string[]> {
  const sent: string[] = [];
  const send = async ({ id, state }: { readonly id: string; readonly state: string }) =>
    void sent.push(`${state} ${id}`);
  await sendNotices(await open(table).openOutbox('topic'), send);
  return sent;
}

const ALL = ['crossed A#', 'crossed B#'].map((name) => name + (TODAY + HOUR));
ALL.push(`crossed A#${TODAY + 2 * HOUR}`);

describe('the notices in the table', () => {
  test('are sent oldest first', async () => {
    const table = await startedTable();
    const store = open(table);
    await store.commitDay(commitOf((await store.readMark(TODAY))!));
    expect(await sentBy(table)).toEqual(ALL);
    expect(await sentBy(table)).toEqual([]);
  });

  test('are written once when two derivations of one mark commit at the same time', async () => {
    const table = await startedTable();
    const mark = (await open(table).readMark(TODAY))!;
    await Promise.all([0, 1].map(() => open(table).commitDay(commitOf(mark))));
    expect(await sentBy(table)).toEqual(ALL);
  });

  test('do not wait for the stream, which is among the writers of the mark most of the time', async () => {
    const table = await startedTable();
    const store = open(table);
    const writing = Promise.withResolvers<void>();
    const candle = { openTime: TODAY, open: '1', high: '1', low: '1', close: '1', volume: '1' };
    const observed = TODAY + HOUR;
    const final = { ...candle, status: 'final', source: 'history', observed } as const;
    // The stream's write ends after the commit of a derivation that began during it.
    const slow: DynamoTable = {
      ...table,
      async put(options) {
        if (options.key.partition.startsWith('candle#')) await writing.promise;
        return table.put(options);
      },
    };
    const before = (await store.readMark(TODAY))!.generation;
    const merged = open(slow).merge([{ series: BTC, candles: [final] }]);
    await expect.poll(async () => (await store.readMark(TODAY))?.generation).toBeGreaterThan(before);
    expect(await store.commitDay(commitOf((await store.readMark(TODAY))!))).toBe(false);
    expect(await sentBy(table)).toEqual(ALL);
    writing.resolve();
    await merged;
    // The derivation after the write finds that there is no crossover.
    await store.commitDay(commitOf((await store.readMark(TODAY))!, []));
    expect(await sentBy(table)).toEqual(ALL.map((text) => text.replace('crossed', 'retracted')));
  });

  test('that an older derivation finds are not written over those of a newer one', async () => {
    const table = await startedTable();
    const store = open(table);
    const old = (await store.readMark(TODAY))!;
    await store.markDays(new Set([TODAY]));
    const { calls } = await countCalls(table, (counted) => counted.commitDay(commitOf(old, [])));
    // The older one has read everything and writes after the newer one, at each of its calls.
    for (let at = 0; at < calls; at++) {
      const fresh = await startedTable();
      const stale = (await open(fresh).readMark(TODAY))!;
      const newer = async () => {
        await open(fresh).markDays(new Set([TODAY]));
        const mark = (await open(fresh).readMark(TODAY))!;
        await open(fresh).commitDay(commitOf(mark, []));
      };
      const late = interruptedTable(fresh, { at, after: true, action: newer });
      await open(late.table).commitDay(commitOf(stale));
      if ((await open(fresh).readMark(TODAY)) !== null) continue;
      const shown = await open(fresh).recentNotices(10);
      expect(
        shown.filter(({ state }) => state === 'crossed'),
        `call ${at}`,
      ).toEqual([]);
    }
  });

  test('survive a kill at any call, and only the one being sent is sent twice', async () => {
    for (let at = 0; ; at++) {
      const table = await startedTable();
      const action = () => {
        throw new Killed();
      };
      const broken = interruptedTable(table, { at, after: true, action });
      const sent: string[] = [];
      const use = async (given: DynamoTable) => {
        const store = open(given);
        const mark = await store.readMark(TODAY);
        if (mark) await store.commitDay(commitOf(mark));
        await sendNotices(await store.openOutbox('topic'), async ({ id }) => void sent.push(id));
      };
      const isKilled = await use(broken.table).then(
        () => false,
        () => true,
      );
      await use(table);
      expect(new Set(sent), `call ${at}`).toEqual(new Set(FOUND.map(({ id }) => id)));
      expect(sent.length, `call ${at}`).toBeLessThanOrEqual(FOUND.length + 1);
      if (!isKilled) break;
    }
  });

  test('expire ninety days after the close of their bar', async () => {
    const table = await startedTable();
    const store = open(table);
    await store.commitDay(commitOf((await store.readMark(TODAY))!, FOUND.slice(0, 1)));
    const [item] = await table.query('notice#2026-11-22');
    expect(item![TABLE_EXPIRY]).toBe((TODAY + HOUR + 90 * DAY) / 1000);
  });
});

async function countCalls(table: DynamoTable, use: (store: ReturnType<typeof open>) => Promise<unknown>) {
  const counted = interruptedTable(table, { at: -1, after: false, action: () => {} });
  await use(open(counted.table));
  return { calls: counted.calls() };
}

test('a status comes back as it was written', async () => {
  const items = createStatusItems(createMemoryTable());
  expect(await items.readStream()).toBeNull();
  expect(await items.readLake()).toBeNull();
  const lake = { dirtyDays: 1, oldestDirtySince: 2, lastDerivedAt: null, lastAsOf: 3, lastError: 'é' };
  await items.writeLake(lake);
  expect(await items.readLake()).toEqual(lake);
  expect(await items.readStream()).toBeNull();
});
