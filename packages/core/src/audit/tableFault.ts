import { formatInstant } from '../domain/time/time.ts';
import { METADATA_KEY, metadataText } from '../lake/metadata.ts';
import { type ColumnDefinition, type ColumnType, LAKE_TABLES, type TableName } from '../lake/tables.ts';
import type { DecodedTable, LakeColumn, LakeTable } from '../ports.ts';

/** What is wrong with a file that can be read. */
export interface TableFault {
  readonly kind: 'schema' | 'order' | 'rows';
  /** One line. */
  readonly detail: string;
}

type Value = string | number | null;

/** The first fault that shows without the store: a foreign schema, rows out of order or repeated. */
export function findTableFault(decoded: DecodedTable, name: TableName): TableFault | null {
  return findSchemaFault(decoded, name) ?? findOrderFault(decoded, name);
}

/** The first difference from the rows that the file should have, in its metadata, row count or values. */
export function findRowFault(decoded: DecodedTable, expected: LakeTable): TableFault | null {
  const metadata = metadataText(expected.metadata);
  if (decoded.metadata !== metadata) {
    const detail = `its metadata "${METADATA_KEY}" is ${decoded.metadata}, expected ${metadata}`;
    return { kind: 'schema', detail };
  }
  const length = Math.min(decoded.length, expected.length);
  for (let row = 0; row < length; row++) {
    for (const { name, type } of LAKE_TABLES[expected.name]) {
      const found = decoded.columns[name]![row]!;
      const value = valueAt(expected.columns[name]!, row);
      if (Object.is(found, value)) continue;
      const place = rowName(LAKE_TABLES[expected.name], (column) => decoded.columns[column]![row]!);
      const detail = `row ${row + 1} (${place}): ${name} is ${show(found, type)}, the store gives ${show(value, type)}`;
      return { kind: 'rows', detail };
    }
  }
  if (decoded.length === expected.length) return null;
  return { kind: 'rows', detail: `it has ${decoded.length} rows, the store gives ${expected.length}` };
}

function findSchemaFault({ schema, columns, length }: DecodedTable, name: TableName): TableFault | null {
  const expected = LAKE_TABLES[name].map(describeColumn).join(', ');
  const found = schema.map(describeColumn).join(', ');
  if (found !== expected) {
    return { kind: 'schema', detail: `its columns are (${found}), expected (${expected})` };
  }
  const short = schema.find((column) => columns[column.name]?.length !== length);
  return short ? { kind: 'schema', detail: `column ${short.name} does not have ${length} rows` } : null;
}

function describeColumn({ name, type, nullable }: DecodedTable['schema'][number]): string {
  return `${name} ${type}${nullable ? '?' : ''}`;
}

/** Rows are sorted by market, symbol and open time, each combination once. */
function findOrderFault({ columns, length }: DecodedTable, name: TableName): TableFault | null {
  const keys = keyColumns(LAKE_TABLES[name]).map((column) => columns[column]!);
  for (let row = 1; row < length; row++) {
    const key = keys.find((column) => column[row] !== column[row - 1]);
    if (key && key[row]! > key[row - 1]!) continue;
    const place = rowName(LAKE_TABLES[name], (column) => columns[column]![row]!);
    return { kind: 'order', detail: `row ${row + 1} (${place}) is not after the row before it` };
  }
  return null;
}

function keyColumns(table: readonly ColumnDefinition[]): readonly string[] {
  const keys = ['market', 'symbol', 'open_time'];
  return keys.filter((key) => table.some(({ name }) => name === key));
}

function rowName(table: readonly ColumnDefinition[], textOf: (column: string) => Value): string {
  return keyColumns(table)
    .slice(1)
    .map((key) => show(textOf(key), key === 'open_time' ? 'timestamp' : 'string'))
    .join(' ');
}

/** The last instant that a Date can hold. */
const MAX_INSTANT = 8.64e15;

/** Texts of a damaged file may hold anything. */
const MAX_TEXT = 40;

function show(value: Value, type: ColumnType): string {
  if (typeof value === 'number' && type === 'timestamp' && Math.abs(value) <= MAX_INSTANT) {
    return formatInstant(value);
  }
  if (typeof value !== 'string') return String(value);
  return /^[\w.-]{1,40}$/.test(value) ? value : JSON.stringify(value.slice(0, MAX_TEXT));
}

function valueAt(column: LakeColumn, row: number): Value {
  const value = 'texts' in column ? column.texts[column.codes[row]!]! : column[row]!;
  return typeof value === 'number' && Number.isNaN(value) ? null : value;
}
