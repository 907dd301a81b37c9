/** The version of the tables below; raised when a column changes its name, type or meaning. */
export const LAKE_SCHEMA_VERSION = 1;

/**
 * The version of the laws of derivation (docs/truth.md, "Indicators"); raised when the same candles give
 * other rows.
 */
export const DERIVATION_VERSION = 1;

/**
 * What makes a file of a table; changed when equal tables give other bytes: with another version of
 * parquet-wasm, and with other properties of its writer.
 */
export const ENCODING = 'parquet-wasm 0.8.0';

/** `timestamp` is epoch ms, UTC. */
export type ColumnType = 'string' | 'timestamp' | 'double' | 'int32';

export interface ColumnDefinition {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

export type TableName = 'candles' | 'bars' | 'coverage';

/**
 * The only definition of the lake's tables; the Parquet schema and the Glue tables are made from it. Rows are
 * sorted by market, symbol and open time; the interval or timeframe and the date are in the object's path.
 */
export const LAKE_TABLES = {
  candles: [
    required('market', 'string'),
    required('symbol', 'string'),
    required('open_time', 'timestamp'),
    required('close_time', 'timestamp'),
    required('open', 'double'),
    required('high', 'double'),
    required('low', 'double'),
    required('close', 'double'),
    required('volume', 'double'),
    required('status', 'string'),
    required('source', 'string'),
  ],
  bars: [
    required('market', 'string'),
    required('symbol', 'string'),
    required('bar_index', 'int32'),
    required('open_time', 'timestamp'),
    required('close_time', 'timestamp'),
    required('open', 'double'),
    required('high', 'double'),
    required('low', 'double'),
    required('close', 'double'),
    required('volume', 'double'),
    required('candle_count', 'int32'),
    required('expected_count', 'int32'),
    required('status', 'string'),
    nullable('ma_short', 'double'),
    nullable('ma_long', 'double'),
    nullable('ma_cross', 'string'),
    nullable('trend', 'string'),
    nullable('tr', 'double'),
    nullable('atr', 'double'),
    nullable('atr_percent', 'double'),
  ],
  coverage: [
    required('market', 'string'),
    required('symbol', 'string'),
    required('expected', 'int32'),
    required('final', 'int32'),
    required('provisional', 'int32'),
    required('quiet', 'int32'),
    required('unavailable', 'int32'),
    required('missing', 'int32'),
    nullable('first_missing', 'timestamp'),
  ],
} as const satisfies Readonly<Record<TableName, readonly ColumnDefinition[]>>;

function required<N extends string, T extends ColumnType>(name: N, type: T) {
  return { name, type, nullable: false } as const;
}

function nullable<N extends string, T extends ColumnType>(name: N, type: T) {
  return { name, type, nullable: true } as const;
}
