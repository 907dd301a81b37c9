import { DuckDBInstance } from '@duckdb/node-api';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** One row: timestamps as epoch ms, missing values as null. */
export type Row = Readonly<Record<string, string | number | null>>;

/** The rows of a Parquet file, read by hyparquet, which shares no code with our writer. */
export async function readRows(bytes: Uint8Array): Promise<Row[]> {
  const rows = await parquetReadObjects({ file: arrayBufferOf(bytes), compressors });
  return rows.map(plainRow);
}

/** The footer of a Parquet file. */
export function readFooter(bytes: Uint8Array): FileMetaData {
  return parquetMetadata(arrayBufferOf(bytes));
}

/**
 * The rows of a query in DuckDB, which has a Parquet reader of its own. With `timeZone` null the session has
 * the host's.
 */
export async function queryDuckDb(sql: string, timeZone: string | null = 'UTC'): Promise<Row[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    if (timeZone !== null) await connection.run(`SET TimeZone = '${timeZone}'`);
    const result = await connection.runAndReadAll(sql);
    return result.getRowObjectsJS().map(plainRow);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Values of a row as readers give them, made plain. */
export function plainRow(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));
}

function plain(value: unknown): string | number | null {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new Error(`unexpected value "${String(value)}" of type ${typeof value}`);
}

function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer;
}
