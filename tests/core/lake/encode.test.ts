import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAKE_TABLES, type TableName } from '@candlelake/core';
import { createEncoder } from '@candlelake/core/encode';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { encode, WASM_FILE } from '../../support/encoder.ts';
import { queryDuckDb, readFooter, readRows } from '../../support/readParquet.ts';
import { sampleRows, tableOf } from './sampleTables.ts';

const NAMES = Object.keys(LAKE_TABLES) as TableName[];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlelake-encode-'));
});
afterAll(() => rm(folder, { recursive: true }));

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.each(NAMES)('the %s table in Parquet', (name) => {
  test.each([1, 8, 9, 64, 1000])(
    'gives hyparquet back all values and nulls of %i rows, without a warning',
    async (length) => {
      const warn = vi.spyOn(console, 'warn');
      const rows = sampleRows(name, length);
      expect(await readRows(encode(tableOf(name, rows)))).toEqual(rows);
      expect(warn).not.toHaveBeenCalled();
    },
  );

  test('gives DuckDB back all values and nulls, in the same order', async () => {
    const rows = sampleRows(name, 1000);
    const file = join(folder, `${name}.parquet`);
    await writeFile(file, encode(tableOf(name, rows)));
    expect(await queryDuckDb(`SELECT * FROM '${file}'`)).toEqual(rows);
  });

  test('declares every column as the definition says, in its order', () => {
    const [, ...columns] = readFooter(encode(tableOf(name, sampleRows(name, 10)))).schema;
    // The names of Parquet's own format: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
    const expected = LAKE_TABLES[name].map(({ name: column, type, nullable }) => ({
      name: column,
      repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED',
      type: { string: 'BYTE_ARRAY', timestamp: 'INT64', double: 'DOUBLE', int32: 'INT32' }[type],
      logical: { string: 'STRING', timestamp: 'TIMESTAMP', double: undefined, int32: undefined }[type],
    }));
    const actual = columns.map(({ name: column, repetition_type, type, logical_type }) => ({
      name: column,
      repetition_type,
      type,
      logical: logical_type?.type,
    }));
    expect(actual).toEqual(expected);
  });

  test('writes nulls of a column that has nothing else', async () => {
    const rows = sampleRows(name, 20).map((row) =>
      Object.fromEntries(
        LAKE_TABLES[name].map(({ name: column, nullable }) => [column, nullable ? null : row[column]!]),
      ),
    );
    expect(await readRows(encode(tableOf(name, rows)))).toEqual(rows);
  });

  test('compresses with zstd, keeps min and max of each column, and has a dictionary for texts only', () => {
    const footer = readFooter(encode(tableOf(name, sampleRows(name, 500))));
    expect(footer.row_groups).toHaveLength(1);
    for (const [index, { meta_data: column }] of footer.row_groups[0]!.columns.entries()) {
      const { type } = LAKE_TABLES[name][index]!;
      expect(column!.codec).toBe('ZSTD');
      expect(column!.encodings.includes('RLE_DICTIONARY')).toBe(type === 'string');
      expect(column!.statistics?.min_value).toBeDefined();
      expect(column!.statistics?.max_value).toBeDefined();
    }
  });
});

test('timestamps are milliseconds in UTC', () => {
  const footer = readFooter(encode(tableOf('candles', sampleRows('candles', 3))));
  const times = footer.schema.filter(({ name }) => name === 'open_time' || name === 'close_time');
  expect(times.map(({ logical_type }) => logical_type)).toEqual([
    { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  ]);
});

test('a day of very many symbols is cut into row groups of at most 100,000 rows', async () => {
  const rows = sampleRows('coverage', 250_001);
  const bytes = encode(tableOf('coverage', rows));
  expect(readFooter(bytes).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([
    100_000, 100_000, 50_001,
  ]);
  const read = await readRows(bytes);
  for (const seam of [0, 100_000, 200_000, 250_001]) {
    const around = [Math.max(seam - 5, 0), seam + 5] as const;
    expect(read.slice(...around)).toEqual(rows.slice(...around));
  }
});

test('the metadata says the versions and the periods of the indicators, and nothing of program or time', () => {
  const periods = { maShort: 3, maLong: 7, atr: 14 };
  const table = tableOf('bars', sampleRows('bars', 3), { schemaVersion: 1, derivationVersion: 2, periods });
  const entries = readFooter(encode(table)).key_value_metadata!.filter(({ key }) => key !== 'ARROW:schema');
  expect(entries).toEqual([
    {
      key: 'candlelake',
      value: '{"schemaVersion":1,"derivationVersion":2,"periods":{"maShort":3,"maLong":7,"atr":14}}',
    },
  ]);
});

test('two columns that are views of the same bytes are both written', async () => {
  const rows = sampleRows('candles', 50);
  const table = tableOf('candles', rows);
  const shared = table.columns.open!;
  const columns = { ...table.columns, high: shared, low: shared };
  const read = await readRows(encode({ ...table, columns }));
  expect(read).toEqual(rows.map((row) => ({ ...row, high: row.open, low: row.open })));
});

test('columns that are neighbours in one buffer are both written', async () => {
  const table = tableOf('candles', sampleRows('candles', 4));
  const both = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const columns = { ...table.columns, open: both.subarray(0, 4), high: both.subarray(4) };
  const read = await readRows(encode({ ...table, columns }));
  expect(read.map(({ open, high }) => [open, high])).toEqual([
    [1, 5],
    [2, 6],
    [3, 7],
    [4, 8],
  ]);
});

test('a file does not depend on what the encoder wrote before it', () => {
  const tables = NAMES.map((name) => tableOf(name, sampleRows(name, 100)));
  const alone = tables.map((table) => hash(encode(table)));
  for (let round = 0; round < 20; round++) {
    for (const [index, table] of tables.toReversed().entries()) {
      expect(hash(encode(table))).toBe(alone.at(-1 - index));
    }
  }
});

test('a second encoder in the same process leaves the first one usable, and writes the same bytes', async () => {
  const table = tableOf('bars', sampleRows('bars', 100));
  const first = hash(encode(table));
  const another = createEncoder(await readFile(WASM_FILE));
  expect(hash(another(table))).toBe(first);
  expect(hash(encode(table))).toBe(first);
});

test('another process writes the same bytes', () => {
  const script = `
    import { createHash } from 'node:crypto';
    import { encode } from ${JSON.stringify(new URL('../../support/encoder.ts', import.meta.url).href)};
    import { sampleRows, tableOf } from ${JSON.stringify(new URL('./sampleTables.ts', import.meta.url).href)};
    const bytes = encode(tableOf('bars', sampleRows('bars', 100)));
    process.stdout.write(createHash('sha256').update(bytes).digest('hex'));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  expect(printed).toBe(hash(encode(tableOf('bars', sampleRows('bars', 100)))));
});
