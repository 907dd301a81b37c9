import type { LakeColumn, LakeTable } from '@candlelake/core';

/** The rows of a table with these numbers, in this order. */
export function rowsOf(table: LakeTable, rows: readonly number[]): LakeTable {
  const columns = Object.entries(table.columns).map(([name, column]) => [name, columnOf(column, rows)]);
  return { ...table, length: rows.length, columns: Object.fromEntries(columns) };
}

function columnOf(column: LakeColumn, rows: readonly number[]): LakeColumn {
  if ('texts' in column) return { ...column, codes: Uint16Array.from(rows, (row) => column.codes[row]!) };
  return column instanceof Float64Array
    ? Float64Array.from(rows, (row) => column[row]!)
    : Int32Array.from(rows, (row) => column[row]!);
}
