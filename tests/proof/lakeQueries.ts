import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type EpochMs, formatDate, type ObjectStore } from '@candlelake/core';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { plainRow, type Row } from '../support/readParquet.ts';

export interface RangeQuery {
  readonly symbol: string;
  /** Open times in [from, to). */
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** What a user asks of a lake, in SQL over its Parquet files as README.md shows it. */
export interface LakeQueries {
  candles(query: RangeQuery): Promise<Row[]>;
  bars(query: RangeQuery): Promise<Row[]>;
  close(): void;
}

/** Queries over a copy of the objects in a folder, in DuckDB, which shares no code with the program. */
export async function openLakeQueries(
  objects: Pick<ObjectStore, 'list' | 'read'>,
  { interval, timeframe }: { readonly interval: string; readonly timeframe: string },
): Promise<LakeQueries> {
  const folder = mkdtempSync(join(tmpdir(), 'candlelake-queries-'));
  for (const { path } of await objects.list()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), (await objects.read(path))!);
  }
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    candles: (query) => select(connection, join(folder, `candles/interval=${interval}/*/*.parquet`), query),
    bars: (query) => select(connection, join(folder, `bars/timeframe=${timeframe}/*/*.parquet`), query),
    close() {
      connection.closeSync();
      instance.closeSync();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Reads only the partitions of the range, as Athena does. */
async function select(
  connection: DuckDBConnection,
  files: string,
  { symbol, from, to }: RangeQuery,
): Promise<Row[]> {
  const result = await connection.runAndReadAll(
    `SELECT * EXCLUDE (date)
     FROM read_parquet('${files}', hive_partitioning = true, hive_types_autocast = false)
     WHERE date BETWEEN '${formatDate(from)}' AND '${formatDate(to)}'
       AND symbol = '${symbol}' AND epoch_ms(open_time) >= ${from} AND epoch_ms(open_time) < ${to}
     ORDER BY open_time`,
  );
  return result.getRowObjectsJS().map(plainRow);
}
