import { globSync } from 'node:fs';
import { join } from 'node:path';
import { type ColumnType, LAKE_TABLES, type TableName } from '@candlelake/core';

export interface ViewOptions {
  /** The folder with the tables: a path, or an address that DuckDB can list. */
  readonly root: string;
  /** Partition keys are texts, as in Athena; otherwise DuckDB makes a date of what looks like one. */
  readonly textKeys?: boolean;
}

const TABLES = Object.keys(LAKE_TABLES) as readonly TableName[];

const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'VARCHAR',
  timestamp: 'TIMESTAMP',
  double: 'DOUBLE',
  int32: 'INTEGER',
};

/** The partition keys of a table, in Athena's order. */
function partitionKeys(table: TableName): readonly string[] {
  return [table === 'bars' ? 'timeframe' : 'interval', 'date'];
}

/**
 * The SELECT of each table's view in DuckDB, with the names, order and types of Athena's columns: the columns
 * of the file, then the partition keys as texts. Times have no zone and are UTC.
 */
export function viewQueries({
  root,
  textKeys = true,
}: ViewOptions): readonly (readonly [TableName, string])[] {
  return TABLES.map((table) => {
    const columns = LAKE_TABLES[table].map(({ name, type }) =>
      type === 'timestamp' ? `${name} AT TIME ZONE 'UTC' AS ${name}` : name,
    );
    const keys = partitionKeys(table).map((name) => `"${name}"`);
    const files = quoted(`${globLiteral(root)}/${table}/*/*/*.parquet`);
    const options = `hive_partitioning = true, hive_types_autocast = ${!textKeys}`;
    return [table, `SELECT ${[...columns, ...keys].join(', ')} FROM read_parquet(${files}, ${options})`];
  });
}

/** The statements that create the views of a lake on this machine; a table without files is an empty view. */
export function viewStatements(root: string): readonly string[] {
  const views = viewQueries({ root }).map(([table, query]) => {
    const hasFiles = globSync('*/*/*.parquet', { cwd: join(root, table) }).length > 0;
    return `CREATE OR REPLACE VIEW ${table} AS ${hasFiles ? query : emptyQuery(table)};`;
  });
  return ["SET TimeZone = 'UTC';", ...views];
}

function emptyQuery(table: TableName): string {
  const columns = LAKE_TABLES[table].map(
    ({ name, type }) => `CAST(NULL AS ${DUCKDB_TYPES[type]}) AS ${name}`,
  );
  const keys = partitionKeys(table).map((name) => `CAST(NULL AS VARCHAR) AS "${name}"`);
  return `SELECT ${[...columns, ...keys].join(', ')} WHERE false`;
}

/** A path in which no character is a wildcard. */
function globLiteral(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}

/** A text of SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
