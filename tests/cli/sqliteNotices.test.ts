import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Crossover, EpochMs } from '@candlelake/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIGRATIONS, migrate } from '../../packages/cli/src/adapters/sqliteSchema.ts';
import { openSqliteStore, type SqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { DAY, FRIDAY, HOUR, SETTINGS, SLOT } from '../contracts/storeFixture.ts';
import { temporaryFolder } from './program.ts';

let path: string;
let stores: SqliteStore[];

beforeEach(() => {
  path = join(temporaryFolder(), 'candles.sqlite');
  stores = [];
});
afterEach(() => {
  for (const store of stores) store.close();
});

function open(): SqliteStore {
  const store = openSqliteStore(path, { now: () => FRIDAY });
  stores.push(store);
  return store;
}

function crossoverAt(closeTime: EpochMs): Crossover {
  return {
    ...{ id: String(closeTime), market: 'swap', symbol: 'BTC-USDT', timeframe: '60m', openTime: '' },
    ...{ kind: 'DEATH_CROSS', closeTime, close: 1, maShort: 1, maLong: 2, status: 'complete' },
  };
}

async function commit(store: SqliteStore, day: EpochMs, closeTimes: readonly EpochMs[]): Promise<void> {
  await store.markDays(new Set([day]));
  const mark = (await store.readMark(day))!;
  const crossovers = closeTimes.map((time) => ({ crossover: crossoverAt(time), isLive: true }));
  await store.commitDay({ ...mark, checkpoints: [], coverage: [], objects: [], crossovers });
}

test('what a file of the third version holds is history: the next rise of its watermark is the start', async () => {
  const database = new DatabaseSync(path);
  migrate(database, path, MIGRATIONS.slice(0, 3));
  database.exec(`INSERT INTO series (market, symbol, interval, first_slot)
    VALUES ('swap', 'BTC-USDT', '3m', ${FRIDAY});
    INSERT INTO series (market, symbol, interval) VALUES ('swap', 'ETH-USDT', '3m');
    UPDATE lake SET settings = '${JSON.stringify(SETTINGS)}', as_of = ${FRIDAY + DAY}`);
  database.close();
  const store = open();
  expect((await store.listSeries()).map(({ keptSince }) => keptSince)).toEqual([FRIDAY + DAY, null]);
  const outbox = await store.openOutbox('webhook');
  await commit(store, FRIDAY, [FRIDAY + HOUR]);
  await store.advanceAsOf(FRIDAY + DAY + SLOT);
  await commit(store, FRIDAY, [FRIDAY + 2 * HOUR]);
  await commit(store, FRIDAY + DAY, [FRIDAY + DAY + HOUR]);
  expect((await outbox.waiting(9)).map(({ closeTime }) => closeTime)).toEqual([FRIDAY + DAY + HOUR]);
});

test('notices are dropped ninety days after the close of their bar, and a sink keeps its place', async () => {
  const store = open();
  await store.writeSettings(SETTINGS);
  for (const asOf of [FRIDAY, FRIDAY + 92 * DAY]) await store.advanceAsOf(asOf);
  const outbox = await store.openOutbox('webhook');
  await commit(store, FRIDAY, [FRIDAY + HOUR]);
  await outbox.remove((await outbox.waiting(1))[0]!);
  await commit(store, FRIDAY + 90 * DAY, [FRIDAY + 90 * DAY + HOUR - 1]);
  expect(await store.recentNotices(9)).toHaveLength(2);
  await commit(store, FRIDAY + 90 * DAY, [FRIDAY + 90 * DAY + HOUR - 1, FRIDAY + 90 * DAY + HOUR]);
  expect((await store.recentNotices(9)).map(({ closeTime }) => closeTime)).toEqual([
    FRIDAY + 90 * DAY + HOUR,
    FRIDAY + 90 * DAY + HOUR - 1,
  ]);
  expect(await outbox.count()).toBe(2);
  // A correction of a day whose notices are gone retracts nothing.
  await commit(store, FRIDAY, []);
  expect(await outbox.count()).toBe(2);
});

test('a sink whose last notices were dropped still gets the next one', async () => {
  const store = open();
  await store.writeSettings(SETTINGS);
  for (const asOf of [FRIDAY, FRIDAY + 3 * DAY]) await store.advanceAsOf(asOf);
  const outbox = await store.openOutbox('webhook');
  await commit(store, FRIDAY, [FRIDAY + HOUR]);
  await outbox.remove((await outbox.waiting(1))[0]!);
  const database = new DatabaseSync(path);
  database.exec('DELETE FROM notices');
  database.close();
  await commit(store, FRIDAY + DAY, [FRIDAY + DAY + HOUR]);
  expect(await outbox.count()).toBe(1);
});
