import type { Series } from '../domain/candle/candle.ts';
import type { DecodedTable, LakeColumn, LakeTable } from '../ports.ts';

/** A row of a table, by column name; market and symbol are left out. */
export type TableRow = Readonly<Record<string, string | number | null>>;

const NAMED_ONCE = ['market', 'symbol'];

/** The rows of a table of one series. */
export function rowsOfTable(table: LakeTable): readonly TableRow[] {
  return Array.from({ length: table.length }, (_, row) => rowOfTable(table, row));
}

/** One row of a table of one series. */
export function rowOfTable({ columns }: LakeTable, row: number): TableRow {
  const kept = Object.entries(columns).filter(([name]) => !NAMED_ONCE.includes(name));
  return Object.fromEntries(kept.map(([name, column]) => [name, valueAt(column, row)]));
}

function valueAt(column: LakeColumn, row: number): string | number | null {
  if ('texts' in column) return column.texts[column.codes[row]!] ?? null;
  const value = column[row]!;
  return Number.isNaN(value) ? null : value;
}

/** The rows of one series in an object of the lake. */
export function rowsOfSeries(
  { columns, length }: DecodedTable,
  { market, symbol }: Pick<Series, 'market' | 'symbol'>,
): readonly TableRow[] {
  const { market: markets = [], symbol: symbols = [] } = columns;
  const kept = Object.entries(columns).filter(([name]) => !NAMED_ONCE.includes(name));
  const rows: TableRow[] = [];
  for (let row = 0; row < length; row++) {
    if (symbols[row] !== symbol || markets[row] !== market) continue;
    rows.push(Object.fromEntries(kept.map(([name, values]) => [name, values[row] ?? null])));
  }
  return rows;
}
