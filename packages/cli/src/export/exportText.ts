import { type ColumnDefinition, canonicalDecimal } from '@candlelake/core';
import { type Cell, csvLine, jsonLine } from '../output/rowText.ts';
import type { ExportRow, ExportValue } from './exportRows.ts';

export interface TextOptions {
  readonly columns: readonly ColumnDefinition[];
  /** Whether a column `filled` says which rows were made: 1, else 0. */
  readonly hasFilled: boolean;
}

/** The names of the columns of an exported file. */
function columnNames({ columns, hasFilled }: TextOptions): readonly string[] {
  return ['time', ...columns.map(({ name }) => name), ...(hasFilled ? ['filled'] : [])];
}

/** The lines of a CSV file with a header; `time` is the open time as `2026-11-22T00:00:00Z`. */
export async function* csvLines(
  rows: AsyncIterable<ExportRow>,
  options: TextOptions,
): AsyncGenerator<string> {
  yield csvLine(columnNames(options));
  for await (const row of rows) yield csvLine(cellsOf(row, options));
}

/** The lines of a file with one JSON object for each row. */
export async function* ndjsonLines(
  rows: AsyncIterable<ExportRow>,
  options: TextOptions,
): AsyncGenerator<string> {
  const names = columnNames(options);
  for await (const row of rows) yield jsonLine(names, cellsOf(row, options));
}

function cellsOf({ openTime, values, isFilled }: ExportRow, { hasFilled }: TextOptions): readonly Cell[] {
  const time = new Date(openTime).toISOString().replace('.000', '');
  return [time, ...values.map(cellOf), ...(hasFilled ? [Number(isFilled)] : [])];
}

/** Numbers without an exponent: not every reader of CSV takes `1e-7`. */
function cellOf(value: ExportValue): Cell {
  if (typeof value !== 'number' || !String(value).includes('e')) return value;
  const text = canonicalDecimal(String(value));
  return text === null ? value : { text, isNumber: true };
}
