import { LAKE_TABLES, type TableName } from '@candlelake/core';
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { arrowStreamOf } from '../../../packages/core/src/lake/arrow.ts';
import type { Row } from '../../support/readParquet.ts';
import { sampleRows, tableOf } from './sampleTables.ts';

const NAMES = Object.keys(LAKE_TABLES) as TableName[];

/** Read by apache-arrow, which shares no code with the writer but the message of the schema. */
function readStream(bytes: Uint8Array) {
  const table = tableFromIPC(bytes);
  const rows = table.toArray().map((row): Row => row.toJSON());
  return { table, rows };
}

describe.each(NAMES)('the %s table as an Arrow stream', (name) => {
  test.each([1, 7, 8, 9, 64, 65, 1000])(
    'gives apache-arrow back all values and nulls of %i rows',
    (length) => {
      const rows = sampleRows(name, length);
      const read = readStream(arrowStreamOf(LAKE_TABLES[name], tableOf(name, rows), length));
      expect(read.rows).toEqual(rows);
    },
  );

  test('has the columns of the definition', () => {
    const { table } = readStream(arrowStreamOf(LAKE_TABLES[name], tableOf(name, sampleRows(name, 3)), 3));
    const types = {
      string: 'Utf8',
      timestamp: 'Timestamp<MILLISECOND, UTC>',
      double: 'Float64',
      int32: 'Int32',
    };
    expect(table.schema.fields.map((field) => [field.name, `${field.type}`, field.nullable])).toEqual(
      LAKE_TABLES[name].map((column) => [column.name, types[column.type], column.nullable]),
    );
  });

  test('has one batch for each number of rows, the last one shorter', () => {
    const rows = sampleRows(name, 25);
    const read = readStream(arrowStreamOf(LAKE_TABLES[name], tableOf(name, rows), 10));
    expect(read.table.batches.map(({ numRows }) => numRows)).toEqual([10, 10, 5]);
    expect(read.rows).toEqual(rows);
  });

  test('has the rows of the table alone when its columns are longer', () => {
    const rows = sampleRows(name, 12);
    const table = { ...tableOf(name, rows), length: 11 };
    expect(readStream(arrowStreamOf(LAKE_TABLES[name], table, 64)).rows).toEqual(rows.slice(0, 11));
  });

  test('counts the nulls of each column', () => {
    const rows = sampleRows(name, 20);
    const { table } = readStream(arrowStreamOf(LAKE_TABLES[name], tableOf(name, rows), 20));
    for (const { name: column } of LAKE_TABLES[name]) {
      expect(table.getChild(column)!.nullCount).toBe(rows.filter((row) => row[column] === null).length);
    }
  });
});

test('a table without rows is a schema alone', () => {
  const { table } = readStream(arrowStreamOf(LAKE_TABLES.bars, tableOf('bars', []), 10));
  expect([table.numRows, table.numCols]).toEqual([0, LAKE_TABLES.bars.length]);
});
