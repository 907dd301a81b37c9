import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Candle, ConfigError, isStartLookDue, RetryableError } from '@candlelake/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSqliteCandles } from '../../packages/cli/src/adapters/sqliteCandles.ts';
import { openConnection, openReadOnlyConnection } from '../../packages/cli/src/adapters/sqliteConnection.ts';
import { createSqliteLake } from '../../packages/cli/src/adapters/sqliteLake.ts';
import { MIGRATIONS, migrate } from '../../packages/cli/src/adapters/sqliteSchema.ts';
import { createSqliteSeries } from '../../packages/cli/src/adapters/sqliteSeries.ts';
import { openSqliteStore, type SqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import {
  BTC,
  DAY,
  ETH,
  FRIDAY,
  makeCandle,
  SETTINGS,
  SLOT,
  visibleSlots,
} from '../contracts/storeFixture.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlelake-file-'));
  path = join(folder, 'candles.sqlite');
});
afterEach(() => rm(folder, { recursive: true }));

const DAY_OF_CANDLES = Array.from({ length: 480 }, (_, index) => makeCandle(FRIDAY + index * SLOT));

describe('the file of the SQLite store', () => {
  test('is written ahead and flushed at every commit', () => {
    const { database, close } = openConnection(path);
    const read = (pragma: string) => Object.values(database.prepare(`PRAGMA ${pragma}`).get()!)[0];
    // 2 is FULL: https://sqlite.org/pragma.html#pragma_synchronous
    expect([read('journal_mode'), read('synchronous'), read('foreign_keys')]).toEqual(['wal', 2, 1]);
    close();
  });

  test('is memory-mapped only on request', async () => {
    for (const [memoryMapped, bytes] of [
      [true, 1_073_741_824],
      [false, 0],
    ] as const) {
      const connection = openConnection(path, { memoryMapped });
      expect(connection.database.prepare('PRAGMA mmap_size').get()).toEqual({ mmap_size: bytes });
      connection.close();
    }
    const store = openSqliteStore(path, { memoryMapped: true, now: Date.now });
    await store.merge([{ series: BTC, candles: DAY_OF_CANDLES }]);
    expect((await store.readDay(BTC, FRIDAY)).candles).toEqual(DAY_OF_CANDLES);
    store.close();
  });

  test('writes all facts of a merge or none', async () => {
    const store = openSqliteStore(path, { now: Date.now });
    const broken = { ...makeCandle(FRIDAY), status: 'open' } as unknown as Candle;
    const facts = [
      { series: BTC, candles: DAY_OF_CANDLES },
      { series: ETH, candles: [broken] },
    ];
    await expect(store.merge(facts)).rejects.toThrow('CHECK constraint');
    expect(await store.listSeries()).toEqual([]);
    await store.writeSettings(SETTINGS);
    await store.advanceAsOf(FRIDAY + DAY);
    expect(await store.dirtyDays()).toEqual([]);
    store.close();
  });
});

describe('the schema of the SQLite store', () => {
  const LATER = 'ALTER TABLE series ADD COLUMN tick TEXT';

  test('is migrated step by step, and keeps what is stored', async () => {
    await fill(path);
    const database = new DatabaseSync(path);
    migrate(database, path, [...MIGRATIONS, LATER, 'UPDATE series SET tick = symbol']);
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length + 2 });
    expect(database.prepare('SELECT tick, first_slot FROM series').all()).toEqual([
      { tick: 'BTC-USDT', first_slot: FRIDAY },
    ]);
    expect(database.prepare('SELECT count(*) AS n FROM candles').get()).toEqual({ n: 480 });
    database.close();
  });

  test('of the first version goes forward when a store is opened: nothing is lost, no object is known', async () => {
    const database = new DatabaseSync(path);
    migrate(database, path, MIGRATIONS.slice(0, 1));
    database.exec(`INSERT INTO series (market, symbol, interval, first_slot) VALUES ('swap', 'BTC-USDT', '3m', ${FRIDAY});
      INSERT INTO candles VALUES (1, ${FRIDAY}, '1', '2', '1', '2', '3', 'final', 'history', ${FRIDAY + DAY})`);
    database.close();
    const store = openSqliteStore(path, { now: Date.now });
    expect((await store.readDay(BTC, FRIDAY)).candles).toHaveLength(1);
    expect(await store.readObjects(0, FRIDAY + DAY)).toEqual([]);
    await store.writeSettings(SETTINGS);
    await store.advanceAsOf(FRIDAY + DAY);
    const [mark] = await store.dirtyDays();
    const objects = [{ path: 'a', version: 'b' }];
    await store.commitDay({ ...mark!, checkpoints: [], coverage: [], objects });
    expect(await store.readObjects(0, FRIDAY + DAY)).toEqual([{ day: FRIDAY, objects }]);
    store.close();
  });

  test('of the second version keeps what it knows: quiet slots and the start of history are looked at again', async () => {
    const database = new DatabaseSync(path);
    migrate(database, path, MIGRATIONS.slice(0, 2));
    const next = FRIDAY + DAY;
    database.exec(`INSERT INTO series (market, symbol, interval, first_slot, first_available)
      VALUES ('swap', 'BTC-USDT', '3m', ${FRIDAY}, ${FRIDAY});
      INSERT INTO absences VALUES (1, ${FRIDAY + SLOT}, 100, 200);
      INSERT INTO coverage VALUES (1, ${FRIDAY}, 480, 479, 0, 1, 0, 0, NULL);
      INSERT INTO coverage VALUES (1, ${next}, 480, 480, 0, 0, 0, 0, NULL)`);
    database.close();
    const store = openSqliteStore(path, { now: Date.now });
    const { unreadable, absences } = await store.readDay(BTC, FRIDAY);
    expect([unreadable, absences]).toEqual([
      [],
      [{ openTime: FRIDAY + SLOT, firstRead: 100, lastRead: 200 }],
    ]);
    const coverage = await store.readCoverage(BTC, 0, next + DAY);
    expect(coverage.map(({ nextLook }) => nextLook)).toEqual([0, null]);
    const { historyStart, fillWindow } = (await store.findSeries(BTC))!;
    expect(historyStart).toEqual({ firstAvailable: FRIDAY, reads: null, pending: null });
    expect(isStartLookDue(historyStart, { now: 0, since: 0 })).toBe(true);
    expect(fillWindow).toBeNull();
    store.close();
  });

  test('stays at the last whole step when a step fails', async () => {
    await fill(path);
    const database = new DatabaseSync(path);
    const halfway = 'CREATE TABLE half (a INTEGER) STRICT; INSERT INTO nowhere VALUES (1)';
    expect(() => migrate(database, path, [...MIGRATIONS, LATER, halfway])).toThrow('no such table: nowhere');
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length + 1 });
    expect(database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'half'").get()).toBeUndefined();
    database.close();
  });

  test('of a newer program is refused with both versions and what to do, and not changed', async () => {
    await fill(path);
    const newer = MIGRATIONS.length + 1;
    const database = new DatabaseSync(path);
    migrate(database, path, [...MIGRATIONS, LATER]);
    expect(() => openSqliteStore(path, { now: Date.now })).toThrow(
      new ConfigError(
        `store "${path}" has schema version ${newer}, this candlelake knows versions up to ${MIGRATIONS.length}: ` +
          'use the newer candlelake that wrote it, or another output folder',
      ),
    );
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: newer });
    database.close();
  });
});

describe('a file that cannot be the store', () => {
  const open = () => openSqliteStore(path, { now: Date.now });

  test('is refused when it is no database', async () => {
    await writeFile(path, 'open_time,open,high,low,close\n'.repeat(100));
    expect(open).toThrow(
      new ConfigError(
        `"${path}" is not a database; expected a candlelake store or no file; if it was one, restore it from a copy, ` +
          `or make a new one from the lake and history with "candlelake repair --output ${dirname(path)} --rebuild-store"`,
      ),
    );
  });

  test('is refused when another program made it', () => {
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE bookmarks (url TEXT)');
    database.close();
    expect(open).toThrow(
      new ConfigError(`"${path}" is a database of another program; expected a candlelake store or no file`),
    );
  });

  test('is refused when its folder does not exist', () => {
    path = join(folder, 'no-such-folder', 'candles.sqlite');
    expect(open).toThrow(
      new ConfigError(`store "${path}" cannot be opened; expected a folder that exists and can be written`),
    );
  });
});

describe('a store that cannot be written', () => {
  test('says that the disk is full, in one line, and stays readable', async () => {
    const connection = openConnection(path);
    const { database } = connection;
    const shared = { connection, series: createSqliteSeries(database), lake: createSqliteLake(database) };
    const store = createSqliteCandles(shared, Date.now);
    await store.merge([{ series: BTC, candles: DAY_OF_CANDLES }]);
    // max_page_count limits the file to its present size, like a full disk.
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const nextDay = DAY_OF_CANDLES.map((candle) => ({ ...candle, openTime: candle.openTime + DAY }));
    await expect(store.merge([{ series: BTC, candles: nextDay }])).rejects.toThrow(
      new Error(`store "${path}" cannot grow: the disk is full; free some space and start again`),
    );
    expect((await store.readDay(BTC, FRIDAY)).candles).toEqual(DAY_OF_CANDLES);
    expect((await store.readDay(BTC, FRIDAY + DAY)).candles).toEqual([]);
    database.exec(`PRAGMA max_page_count = ${pages * 2}`);
    expect(visibleSlots(await store.merge([{ series: BTC, candles: nextDay }]))).toHaveLength(480);
    connection.close();
  });

  test('says that it is read-only, in one line, and stays readable', async () => {
    await fill(path);
    const connection = openReadOnlyConnection(path);
    const { database } = connection;
    const shared = { connection, series: createSqliteSeries(database), lake: createSqliteLake(database) };
    const store = createSqliteCandles(shared, Date.now);
    await expect(store.merge([{ series: BTC, candles: [makeCandle(FRIDAY + DAY)] }])).rejects.toThrow(
      new ConfigError(`store "${path}" is read-only; expected a file and a folder that can be written`),
    );
    expect((await store.readDay(BTC, FRIDAY)).candles).toEqual(DAY_OF_CANDLES);
    connection.close();
  });
});

describe('a store that another process is writing', () => {
  let holder: DatabaseSync;
  let store: SqliteStore;
  beforeEach(async () => {
    await fill(path);
    holder = new DatabaseSync(path);
    holder.exec('BEGIN IMMEDIATE');
  });
  afterEach(() => {
    holder.close();
    store.close();
  });

  test('makes a write wait without blocking this process', async () => {
    store = openSqliteStore(path, { now: Date.now });
    const merged = store.merge([{ series: BTC, candles: [makeCandle(FRIDAY + DAY)] }]);
    expect((await store.readDay(BTC, FRIDAY)).candles).toHaveLength(480);
    await new Promise((resolve) => setImmediate(resolve));
    holder.exec('ROLLBACK');
    expect(await merged).toHaveLength(1);
  });

  test('fails a write after the given time', async () => {
    store = openSqliteStore(path, { busyTimeoutMs: 30, now: Date.now });
    const merged = store.merge([{ series: BTC, candles: [makeCandle(FRIDAY + DAY)] }]);
    await expect(merged).rejects.toThrow(
      new RetryableError(`store "${path}" is locked by another process; stop that process or try again`),
    );
  });
});

async function fill(file: string): Promise<void> {
  const store = openSqliteStore(file, { now: Date.now });
  await store.merge([{ series: BTC, candles: DAY_OF_CANDLES }]);
  store.close();
}
