import { LAKE_TABLES } from '@candlelake/core';

export interface LakeViews {
  /** The folder with the tables. */
  readonly folder: string;
  /** Partition keys are texts, as in Athena; otherwise DuckDB makes a date of what looks like one. */
  readonly textKeys?: boolean;
}

/** The query with the lake's tables as DuckDB's views. */
export function overLake(sql: string, { folder, textKeys = true }: LakeViews): string {
  const views = Object.keys(LAKE_TABLES).map((table) => {
    const files = `'${folder}/${table}/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = ${!textKeys}`;
    return `${table} AS (SELECT * FROM read_parquet(${files}))`;
  });
  return `WITH ${views.join(', ')} ${sql}`;
}
