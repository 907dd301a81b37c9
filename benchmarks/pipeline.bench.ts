import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  createLakeWriter,
  deriveMarkedDays,
  type EncodeTable,
  importCandles,
  type LakeTable,
} from '@candlelake/core';
import { createClock } from '@candlelake/node';
import { replaceFile } from '../packages/cli/src/adapters/durableFile.ts';
import { createFileObjects } from '../packages/cli/src/adapters/fileObjects.ts';
import { createLakeLease, leaseSteps } from '../packages/cli/src/adapters/lakeLease.ts';
import { openSqliteStore } from '../packages/cli/src/adapters/sqliteStore.ts';
import { openCandleFile } from '../packages/cli/src/files/candleFile.ts';
import { encode } from '../tests/support/encoder.ts';
import { lakeSettings } from '../tests/support/lakeSettings.ts';
import { swapSeries } from '../tests/support/swapSeries.ts';
import { bestOf } from './bestOf.ts';
import { walkCandles } from './randomWalk.ts';
import type { BenchResult } from './result.ts';

const DAYS = 180;
const ROUNDS = 3;
const NOW = Date.UTC(2026, 0, 1);
const SERIES = swapSeries('BTC-USDT', '3m');
const SETTINGS = lakeSettings();

/**
 * From a CSV file over the durable store to three Parquet tables, against each part of that work alone in its
 * simplest form.
 */
export async function run(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-pipeline-'));
  try {
    return await measure(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(folder: string): Promise<BenchResult> {
  const csv = join(folder, 'candles.csv');
  const rows = writeCsv(csv);
  const tables: LakeTable[] = [];
  await bringIn(csv, join(folder, 'first'), (table) => {
    tables.push(table);
    return encode(table);
  });
  // The two newest days are derived first, and once more with the averages of the days before them.
  assert.equal(tables.length, 3 * (DAYS + 2));
  tables.splice(0, 3 * 2);
  const files = tables.map(encode);
  let rounds = 0;
  const fresh = () => join(folder, `round-${rounds++}`);
  const [whole, ...parts] = await bestOf(ROUNDS, [
    () => bringIn(csv, fresh(), encode),
    () => readRows(csv),
    () => upsertBarely(rows, fresh()),
    () => tables.map(encode),
    () => writeFiles(files, fresh()),
  ]);
  const [read, upsert, encoding, writing] = parts as [number, number, number, number];
  const sum = read + upsert + encoding + writing;
  return {
    name: 'pipeline: CSV to durable store to three tables',
    aim: 'at most 1.5 times the sum of its parts measured alone',
    rows: [
      { label: 'read the rows of the CSV', value: read, unit: 'ms' },
      { label: 'upsert into a bare SQLite table, one durable transaction', value: upsert, unit: 'ms' },
      { label: 'encode the same tables', value: encoding, unit: 'ms' },
      { label: 'write and fsync the same files', value: writing, unit: 'ms' },
      { label: 'sum of the parts', value: sum, unit: 'ms' },
      { label: 'candlelake', ratio: whole! / sum, value: whole!, unit: 'ms' },
    ],
    note:
      `${rows.length} candles, ${files.length} files; best of ${ROUNDS}, interleaved; ` +
      'checks, merge law, aggregation and indicators are in the last row only',
  };
}

/** The work of `candlelake import` in one thread. */
async function bringIn(csv: string, folder: string, encode: EncodeTable): Promise<void> {
  mkdirSync(folder);
  const store = openSqliteStore(join(folder, 'candles.sqlite'), { now: () => NOW });
  const { signal } = new AbortController();
  await store.writeSettings(SETTINGS);
  const ports = { candles: store, derivation: store };
  const stage = store.openStage();
  const rows = await openCandleFile(csv);
  const options = { series: SERIES, rows, now: NOW, name: csv };
  await importCandles({ ...ports, stage, yieldToHost: async () => {} }, options, signal);
  stage.close();
  const objects = createFileObjects(join(folder, 'parquet'));
  const withLakeLease = createLakeLease(join(folder, 'lake.lock'), createClock(null));
  const writer = createLakeWriter({ ...ports, objects, encode, yieldToHost: async () => {} });
  await deriveMarkedDays({ ...ports, writer: leaseSteps(writer, withLakeLease) }, signal);
  store.close();
}

async function readRows(csv: string): Promise<number> {
  let rows = 0;
  for await (const batch of (await openCandleFile(csv)).batches) rows += batch.length;
  return rows;
}

function upsertBarely(rows: readonly (readonly string[])[], folder: string): void {
  mkdirSync(folder);
  const database = new DatabaseSync(join(folder, 'bare.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec(`CREATE TABLE candle (symbol TEXT, open_time INTEGER, open TEXT, high TEXT, low TEXT, close TEXT, volume TEXT,
    status TEXT, source TEXT, observed INTEGER, PRIMARY KEY (symbol, open_time)) STRICT, WITHOUT ROWID`);
  const upsert = database.prepare(
    `INSERT OR REPLACE INTO candle VALUES ('BTC-USDT', ?, ?, ?, ?, ?, ?, 'imported', 'import', ${NOW})`,
  );
  database.exec('BEGIN IMMEDIATE');
  for (const [time, ...values] of rows) upsert.run(Number(time), ...values);
  database.exec('COMMIT');
  database.close();
}

async function writeFiles(files: readonly Uint8Array[], folder: string): Promise<void> {
  for (const [i, bytes] of files.entries()) {
    const file = join(folder, String(i), 'table.parquet');
    mkdirSync(dirname(file), { recursive: true });
    await replaceFile(file, bytes);
  }
}

/** Writes the candles with a header; returns the fields of each row. */
function writeCsv(path: string): readonly (readonly string[])[] {
  const { openTime, open, high, low, close, volume } = walkCandles(DAYS);
  const rows = Array.from(openTime, (time, i) =>
    [time, open[i]!, high[i]!, low[i]!, close[i]!, volume[i]!].map(String),
  );
  const header = ['open_time_ms', 'open', 'high', 'low', 'close', 'volume'];
  writeFileSync(path, [header, ...rows].map((fields) => fields.join(',')).join('\n'));
  return rows;
}
