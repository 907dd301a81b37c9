import { ConfigError } from '@candlelake/core';
import type { DuckDBConnection, DuckDBResult, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { Cell } from '../output/rowText.ts';
import { quoted, viewStatements } from './lakeViews.ts';

/** The optional dependency, with the version of package.json. */
const PACKAGE = '@duckdb/node-api@1.5.5-r.5';

/** The rows of one statement; null for a statement without rows, such as SET. */
export interface QueryRows {
  readonly columns: readonly string[];
  /** Batches of rows, read while the statement runs. */
  readonly batches: AsyncIterable<readonly (readonly Cell[])[]>;
}

/** DuckDB in memory with the lake's tables as views, in UTC. */
export interface LakeDatabase {
  /** Runs statements and yields the rows of each. Throws ConfigError for SQL that DuckDB refuses. */
  run(sql: string): AsyncGenerator<QueryRows>;
  /** Writes the rows of a text with one SELECT to a Parquet file. */
  writeParquet(sql: string, path: string): Promise<void>;
  /** Ends the statement that runs. */
  interrupt(): void;
  close(): void;
}

/**
 * Opens DuckDB over a lake's folder. Throws ConfigError with what to install when DuckDB is missing.
 *
 * No part of a file is cached: an object that is replaced between two statements is read anew, and within
 * one statement each object is read through one open file.
 */
export async function openLakeDatabase(root: string): Promise<LakeDatabase> {
  const duckDb = await loadDuckDb();
  const instance = await duckDb.DuckDBInstance.create(':memory:', { enable_external_file_cache: 'false' });
  const connection = await instance.connect();
  for (const statement of viewStatements(root)) await connection.run(statement);
  return {
    run: (sql) => runStatements(connection, sql),
    async writeParquet(sql, path) {
      const { count } = await extract(connection, sql);
      if (count !== 1) throw new ConfigError(`query: ${count} statements, expected one for --format parquet`);
      const select = sql.trim().replace(/;\s*$/, '');
      await refusing(
        connection.run(`COPY (${select}\n) TO ${quoted(path)} (FORMAT parquet, COMPRESSION zstd)`),
      );
    },
    interrupt: () => connection.interrupt(),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function loadDuckDb(): Promise<typeof import('@duckdb/node-api')> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    throw new ConfigError(`query needs DuckDB, which is not installed: npm install ${PACKAGE}`, { cause });
  }
}

async function* runStatements(connection: DuckDBConnection, sql: string): AsyncGenerator<QueryRows> {
  const statements = await extract(connection, sql);
  for (let index = 0; index < statements.count; index++) {
    const prepared = await refusing(statements.prepare(index));
    const result = await refusing(prepared.stream());
    // Statements such as SET and CREATE have no rows.
    if (result.returnType === QUERY_RESULT) yield { columns: result.columnNames(), batches: rowsOf(result) };
  }
}

/** The statements of a text. DuckDB fails without a reason where there is none. */
async function extract(connection: DuckDBConnection, sql: string) {
  const statements = await refusing(connection.extractStatements(sql)).catch((error: unknown) => {
    if (error instanceof ConfigError || hasStatement(sql)) throw error;
    return null;
  });
  if (statements === null || statements.count === 0)
    throw new ConfigError('query: no statement, expected SQL such as "SELECT count(*) FROM candles"');
  return statements;
}

/** Whether anything is left without comments and semicolons. */
function hasStatement(sql: string): boolean {
  return /[^\s;]/.test(sql.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ''));
}

/** `ResultReturnType.QUERY_RESULT`; the enumeration itself is only there when DuckDB is. */
const QUERY_RESULT = 3;

async function* rowsOf(result: DuckDBResult): AsyncGenerator<readonly (readonly Cell[])[]> {
  const batches = result.yieldConvertedRows<Cell>(cellOf)[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await refusing(batches.next());
    if (done) return;
    yield value;
  }
}

/** Counts are bigint, decimals and nested values are texts, and times are `2026-11-22T00:00:00Z`. */
function cellOf(value: DuckDBValue, type: DuckDBType): Cell {
  if (value === null || typeof value !== 'object') return value;
  if (!type.toString().startsWith('TIMESTAMP')) return { text: value.toString(), isNumber: 'scale' in value };
  // A time with a zone shows that of the host as text.
  const micros = 'micros' in value ? BigInt(value.micros as bigint) : null;
  const text = micros === null ? value.toString() : instantText(micros, value.toString());
  return { text: text.replace(/^(\d{4}-\d{2}-\d{2}) ([\d:.]+)$/, '$1T$2Z'), isNumber: false };
}

/** The instant in UTC; the text itself for one outside the years 1000 to 9999. */
function instantText(micros: bigint, text: string): string {
  const ms = Number(micros / 1000n);
  if (!(ms >= FIRST_MS && ms < END_MS)) return text;
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19).replace('T', ' ');
  return rest === 0n ? seconds : `${seconds}.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
}

const FIRST_MS = Date.UTC(1000, 0, 1);
const END_MS = Date.UTC(10_000, 0, 1);

const WRONG_SQL = /^(?:Failed to extract statements: )?((?:Parser|Binder|Catalog) Error: .*)$/s;

/** Throws ConfigError where DuckDB refuses the SQL. */
async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const [, message] = WRONG_SQL.exec(cause instanceof Error ? cause.message : '') ?? [];
    throw message === undefined ? cause : new ConfigError(`query: ${message}`, { cause });
  }
}
