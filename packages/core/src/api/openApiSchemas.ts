import { BAR_STATUSES } from '../domain/bars/bars.ts';
import { MA_CROSSES, TRENDS } from '../domain/bars/indicators.ts';
import { CANDLE_SOURCES } from '../domain/slots/slots.ts';
import { INTERVALS } from '../domain/time/interval.ts';
import { type ColumnDefinition, LAKE_TABLES, type TableName } from '../lake/tables.ts';
import { LINK_STATES, REVISION_REASONS, RUN_STATES, SYMBOL_STATES } from './shapes.ts';

/** A JSON Schema, as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const TEXT = { type: 'string' };
const WHOLE = { type: 'integer' };
const NUMBER = { type: 'number' };
const BOOLEAN = { type: 'boolean' };
const INSTANT = { type: 'integer', format: 'int64', description: 'epoch milliseconds, UTC' };

const COLUMN_SCHEMAS = { string: TEXT, timestamp: INSTANT, double: NUMBER, int32: WHOLE };

/** Columns of few texts. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  'bars.status': BAR_STATUSES,
  'bars.ma_cross': MA_CROSSES,
  'bars.trend': TRENDS,
  'candles.status': ['final', 'provisional'],
  'candles.source': CANDLE_SOURCES,
};

/** The schemas of all answers and events by name: {@link openApiDocument} refers to them. */
export const API_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  BarRow: object({ ...rowProperties('bars'), is_open: BOOLEAN }),
  CandleRow: object(rowProperties('candles')),
  BarsAnswer: object({
    symbol: TEXT,
    timeframe: TEXT,
    bars: arrayOf(refer('BarRow')),
    next: nullable(INSTANT),
  }),
  CandlesAnswer: object({
    symbol: TEXT,
    interval: oneOf(INTERVALS),
    candles: arrayOf(refer('CandleRow')),
    next: nullable(INSTANT),
  }),
  CoverageRun: object({ from: INSTANT, to: INSTANT, state: oneOf(RUN_STATES) }),
  CoverageAnswer: object({
    symbol: TEXT,
    interval: oneOf(INTERVALS),
    from: INSTANT,
    to: INSTANT,
    runs: arrayOf(refer('CoverageRun')),
  }),
  SymbolRow: object({
    symbol: TEXT,
    market: TEXT,
    price_precision: nullable(WHOLE),
    state: oneOf(SYMBOL_STATES),
    reason: nullable(TEXT),
    first: nullable(INSTANT),
    last: nullable(INSTANT),
  }),
  SymbolsAnswer: object({
    symbols: arrayOf(refer('SymbolRow')),
    timeframes: arrayOf(TEXT),
    interval: oneOf(INTERVALS),
    ma_short: nullable(WHOLE),
    ma_long: nullable(WHOLE),
    atr_period: nullable(WHOLE),
  }),
  StatusAnswer: object({
    state: oneOf(LINK_STATES),
    since: INSTANT,
    message: TEXT,
    healthy: BOOLEAN,
    lateness_ms: nullable(NUMBER),
    last_frame: nullable(INSTANT),
    last_repair: nullable(object({ at: INSTANT, slots: WHOLE })),
    as_of: nullable(INSTANT),
    backfill: nullable(object({ requests_done: WHOLE, requests_total: WHOLE, eta_s: NUMBER })),
    now: INSTANT,
    version: TEXT,
  }),
  LiveBar: object({ ...rowProperties('bars'), is_open: BOOLEAN, symbol: TEXT, timeframe: TEXT }),
  LiveRevision: object({
    ...{ ...rowProperties('bars'), is_open: BOOLEAN, symbol: TEXT, timeframe: TEXT },
    reason: oneOf(REVISION_REASONS),
  }),
  LiveStale: object({ symbol: TEXT, timeframe: TEXT, from: INSTANT, to: INSTANT }),
  LiveReset: object({ reason: TEXT }),
  Problem: object({ type: TEXT, title: TEXT, status: WHOLE, detail: TEXT }),
};

/** The reference to one of {@link API_SCHEMAS}. */
export function refer(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** The columns of a table of the lake without those that an answer names once. */
function rowProperties(table: TableName): Readonly<Record<string, JsonSchema>> {
  const columns = LAKE_TABLES[table].filter(({ name }) => name !== 'market' && name !== 'symbol');
  return Object.fromEntries(columns.map((column) => [column.name, columnSchema(table, column)]));
}

function columnSchema(table: TableName, { name, type, nullable: isNullable }: ColumnDefinition): JsonSchema {
  const texts = TEXTS[`${table}.${name}`];
  const schema = texts ? oneOf(texts) : COLUMN_SCHEMAS[type];
  return isNullable ? nullable(schema) : schema;
}

/** An object that has all of these properties and no other. */
function object(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

function arrayOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

function oneOf(texts: readonly string[]): JsonSchema {
  return { type: 'string', enum: texts };
}

function nullable(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'null' }] };
}
