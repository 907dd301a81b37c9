import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EpochMs, LAKE_TABLES, type ObjectStore, type TableName } from '@candlelake/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBucket } from '../aws/resources.ts';
import { listPaths } from '../support/lake.ts';
import { overLake } from '../support/lakeViews.ts';
import { DAYS_BACK, datesIn, datesUntil, isDated, lakeDates, QUERIES } from '../support/queryLake.ts';
import { queryDuckDb, type Row } from '../support/readParquet.ts';
import { writeCloudLake, writeLocalLake } from './bothHosts.ts';
import { declareLake, registerLake } from './glueTables.ts';
import { queryTrino, type TrinoAnswer, waitForWorker } from './trinoQuery.ts';

/** At any time it is another day than in UTC in one of the last two. */
const ZONES = ['UTC', 'Asia/Tokyo', 'America/New_York', 'Pacific/Kiritimati', 'Etc/GMT+12'] as const;
/** A quarter of an hour before the end of today, so that every day has candles at any time of day. */
const AS_OF = Date.parse(`${datesUntil(Date.now(), 0)[0]}T23:45:00Z`);
const TABLES = Object.keys(LAKE_TABLES) as TableName[];
const folder = mkdtempSync(join(tmpdir(), 'candlelake-trino-'));
let schema = '';
let local: ObjectStore;
let cloud: ObjectStore;

beforeAll(async () => {
  const bucket = await createBucket();
  local = await writeLocalLake(folder, AS_OF);
  cloud = await writeCloudLake(bucket, AS_OF);
  const declared = await declareLake(bucket, {
    pipeline: { symbol: ['BTC-USDT', 'ETH-USDT'], interval: '15m', timeframe: ['1h'] },
    firstLakeDay: lakeDates(AS_OF)[0]!,
  });
  await registerLake(declared);
  schema = declared.database.name;
  await waitForWorker();
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

interface Answers {
  /** A time of the UTC day on which both were asked. */
  readonly at: EpochMs;
  readonly trino: TrinoAnswer;
  readonly duckDb: readonly Row[];
}

/** Asks Trino for the cloud host's objects and DuckDB for the local host's files, on the same UTC day. */
async function ask(sql: string, timeZone: string): Promise<Answers> {
  for (;;) {
    const at = Date.now();
    const trino = await queryTrino(sql, { schema, timeZone });
    const duckDb = await queryDuckDb(overLake(sql, { root: join(folder, 'parquet') }), timeZone);
    if (datesUntil(Date.now(), 0)[0] === datesUntil(at, 0)[0]) return { at, trino, duckDb };
  }
}

/** The rows of the query's table that have one of the dates. */
async function countRows(sql: string, dates: readonly string[]): Promise<number> {
  const [, table] = /FROM (\w+)/.exec(sql)!;
  const count = `SELECT count(*) AS rows FROM ${table} WHERE "date" IN ('${dates.join("', '")}')`;
  const [row] = await queryDuckDb(overLake(count, { root: join(folder, 'parquet') }));
  return Number(row!.rows);
}

test('both hosts wrote the same bytes, of every day', async () => {
  const paths = await listPaths(local);
  expect(paths).toHaveLength(TABLES.length * lakeDates(AS_OF).length);
  expect(await listPaths(cloud)).toEqual(paths);
  for (const path of paths)
    expect(Buffer.compare((await local.read(path))!, (await cloud.read(path))!), path).toBe(0);
});

test.each(TABLES)('Trino and DuckDB read the same rows and values of %s', async (table) => {
  const order = table === 'coverage' ? '' : ', open_time';
  const { trino, duckDb } = await ask(`SELECT * FROM ${table} ORDER BY "date", symbol${order}`, 'Asia/Tokyo');
  expect(trino.rows.length).toBeGreaterThan(0);
  expect(trino.rows).toEqual(duckDb);
});

describe.each(QUERIES)('$name', ({ id, sql }) => {
  test.each(ZONES)(
    'reads only its days and has the same rows and values in Trino and DuckDB in %s',
    async (zone) => {
      const { at, trino, duckDb } = await ask(sql, zone);
      expect(trino.rows).toEqual(duckDb);
      const dates = datesUntil(at, DAYS_BACK[id]).filter((date) => lakeDates(AS_OF).includes(date));
      if (isDated(id)) expect(datesIn(id, trino.rows)).toEqual(dates);
      expect(trino.readRows).toBeLessThanOrEqual(await countRows(sql, dates));
    },
  );
});
