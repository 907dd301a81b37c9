import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inChunks, writeBulk } from '../output/bulk.ts';
import { countOf } from '../output/formatNumber.ts';
import { type Lines, printable } from '../output/lines.ts';
import { type Cell, cellText, csvLine, jsonLine } from '../output/rowText.ts';
import { alignTable } from '../output/table.ts';
import type { LakeDatabase, QueryRows } from './duckDb.ts';
import type { QueryFormat } from './queryFormats.ts';

/** A table is aligned in memory. */
const MAX_TABLE_ROWS = 10_000;

/** Runs the statements of a text and writes the rows of each. */
export async function writeAnswers(
  database: LakeDatabase,
  { sql, format, lines }: { readonly sql: string; readonly format: QueryFormat; readonly lines: Lines },
): Promise<void> {
  if (format === 'parquet') return writeParquet(database, sql, lines);
  for await (const rows of database.run(sql)) {
    if (format === 'table') for (const line of await tableLines(rows)) lines.write(line);
    else await writeBulk(lines.stream, inChunks(textLines(rows, format)));
  }
}

/** The writer of Parquet needs a file. */
async function writeParquet(database: LakeDatabase, sql: string, { stream }: Lines): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'candlelake-query-'));
  try {
    const path = join(folder, 'rows.parquet');
    await database.writeParquet(sql, path);
    await writeBulk(stream, createReadStream(path));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function tableLines({ columns, batches }: QueryRows): Promise<readonly string[]> {
  const rows: (readonly Cell[])[] = [];
  for await (const batch of batches) {
    rows.push(...batch);
    if (rows.length > MAX_TABLE_ROWS) break;
  }
  const shown = rows.slice(0, MAX_TABLE_ROWS);
  const texts = shown.map((row) => row.map((cell) => printable(cellText(cell) ?? 'null')));
  // The last cell is empty: alignTable leaves the last column as it is.
  const table = alignTable([columns, ...texts].map((row) => [...row, '']));
  const isCut = rows.length > shown.length;
  const end = isCut
    ? `the first ${countOf(shown.length, 'row')}; --format csv has all`
    : countOf(shown.length, 'row');
  return [...table, end];
}

async function* textLines(
  { columns, batches }: QueryRows,
  format: 'csv' | 'json' | 'ndjson',
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(columns);
  let before = '[';
  for await (const batch of batches) {
    for (const row of batch) {
      if (format === 'csv') yield csvLine(row);
      else if (format === 'ndjson') yield jsonLine(columns, row);
      else yield `${before}${jsonLine(columns, row)}`;
      before = ',';
    }
  }
  if (format === 'json') yield before === '[' ? '[]' : ']';
}
