import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A query saved in the workgroup, in SQL that gives the same rows in Athena and DuckDB. */
export interface SavedQuery {
  /** The end of the resource's name. */
  readonly id: QueryId;
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

/** The files in `queries`, by the end of the resource's name. */
const FILES = {
  LastBars: 'last-bars.sql',
  Crossovers: 'crossovers.sql',
  Gaps: 'gaps.sql',
  Completeness: 'completeness.sql',
  DailyCandles: 'daily-candles.sql',
  DailyRange: 'daily-range.sql',
  VolatilityByHour: 'volatility-by-hour.sql',
} as const;

export type QueryId = keyof typeof FILES;

export interface SavedQueryOptions {
  readonly interval: string;
  readonly timeframe: string;
  /** The folder of the repository. */
  readonly root?: string;
}

/**
 * The queries of `queries`, which are also the examples of docs/aws.md, "Asking Athena", for a lake of this
 * interval and timeframe. Each restricts its partitions, so that only their objects are read. Days are UTC
 * days in every session time zone. Quotients are doubles, because Trino rounds those of decimals. The last
 * digits of a sum of doubles depend on the order: sums of few are ordered, those of many have whole numbers.
 */
export function savedQueries({ interval, timeframe, root = '.' }: SavedQueryOptions): readonly SavedQuery[] {
  return Object.entries(FILES).map(([id, file]) => {
    const text = readFileSync(join(root, 'queries', file), 'utf8');
    const [, name, description, sql] = /^-- ([^.]+)\. (.+)\.\n([^;]+);\n$/.exec(text)!;
    return {
      id: id as QueryId,
      name: name!,
      description: description!,
      sql: sql!
        .replaceAll("timeframe = '21m'", `timeframe = '${timeframe}'`)
        .replaceAll(`"interval" = '3m'`, `"interval" = '${interval}'`),
    };
  });
}
