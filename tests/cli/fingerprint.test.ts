import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ENCODING, LAKE_TABLES, type LakeTable, type TableName } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../packages/cli/src/adapters/fingerprint.ts';
import { sampleRows, tableOf } from '../core/lake/sampleTables.ts';

const NAMES = Object.keys(LAKE_TABLES) as TableName[];

/** The table with one value of a column changed in its last bits, or one text in one letter. */
function changed(table: LakeTable, name: string): LakeTable {
  const column = table.columns[name]!;
  if ('texts' in column) {
    const texts = column.texts.with(0, `${column.texts[0]}x`);
    return { ...table, columns: { ...table.columns, [name]: { ...column, texts } } };
  }
  const copy = column.slice();
  new Uint8Array(copy.buffer)[0]! ^= 1;
  return { ...table, columns: { ...table.columns, [name]: copy } };
}

describe.each(NAMES)('the fingerprint of %s', (name) => {
  const rows = sampleRows(name, 20);
  const table = tableOf(name, rows);
  const fingerprint = fingerprintOf(table);

  test('is that of the same rows in other memory', () => {
    expect(fingerprintOf(structuredClone(tableOf(name, rows)))).toBe(fingerprint);
  });

  test.each(LAKE_TABLES[name].map((column) => column.name))('changes with a bit of %s', (column) => {
    expect(fingerprintOf(changed(table, column))).not.toBe(fingerprint);
  });

  test('changes with two rows that change places, with their number, and with the metadata', () => {
    const swapped = tableOf(name, [rows[1]!, rows[0]!, ...rows.slice(2)]);
    const shorter = tableOf(name, rows.slice(1));
    const newer = { ...table, metadata: { ...table.metadata, derivationVersion: 2 } };
    for (const other of [swapped, shorter, newer]) expect(fingerprintOf(other)).not.toBe(fingerprint);
  });
});

test('the fingerprint names the installed version of the encoder', () => {
  const core = createRequire(import.meta.resolve('@candlelake/core'));
  const wasm = core.resolve('parquet-wasm/esm/parquet_wasm_bg.wasm');
  const { version } = JSON.parse(readFileSync(new URL('../package.json', `file://${wasm}`), 'utf8'));
  expect(ENCODING).toBe(`parquet-wasm ${version}`);
});
