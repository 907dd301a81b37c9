import type { LakeColumn, LakeTable, TableName, TextColumn } from '@candlelake/core';
import { LAKE_TABLES } from '@candlelake/core';
import type { Row } from '../../support/readParquet.ts';

const DAY = Date.UTC(2026, 10, 22);

/** Doubles that a sloppy path through text, float32 or a sum would change. */
const DOUBLES = [0, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, 1e-8, 116716.6, 2 ** 53 - 1, -12.5];
const TEXTS = ['BTC-USDT', 'ETH-USDT', '龙虾-USDT', '', '1000000MOG-USDT'];

/**
 * Rows in which every column takes many values and every nullable one has nulls, beside a few full and empty
 * stretches.
 */
export function sampleRows(name: TableName, length: number): readonly Row[] {
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(
      LAKE_TABLES[name].map(({ name: column, type, nullable }, index) => [
        column,
        nullable && (row + index) % 3 === 0 ? null : sampleValue(type, row * 7 + index),
      ]),
    ),
  );
}

/** The same rows as the lake's code holds them. */
export function tableOf(name: TableName, rows: readonly Row[], metadata?: LakeTable['metadata']): LakeTable {
  const columns = LAKE_TABLES[name].map(({ name: column, type }) => {
    const values = rows.map((row) => row[column]!);
    return [column, columnOf(type, values)] as const;
  });
  return {
    name,
    length: rows.length,
    columns: Object.fromEntries(columns),
    metadata: metadata ?? { schemaVersion: 1, derivationVersion: 1 },
  };
}

function sampleValue(type: string, seed: number): string | number {
  if (type === 'string') return TEXTS[seed % TEXTS.length]!;
  if (type === 'timestamp') return DAY + seed * 180_000 - (seed % 2) * 2e12;
  if (type === 'int32') return [0, 7, -1, 2 ** 31 - 1, -(2 ** 31)][seed % 5]!;
  return DOUBLES[seed % DOUBLES.length]!;
}

function columnOf(type: string, values: readonly (string | number | null)[]): LakeColumn {
  if (type === 'int32') return Int32Array.from(values as number[]);
  if (type !== 'string') return Float64Array.from(values, (value) => (value as number | null) ?? Number.NaN);
  return textColumn(values as (string | null)[]);
}

function textColumn(values: readonly (string | null)[]): TextColumn {
  const texts = [...new Set(values)];
  return { texts, codes: Uint16Array.from(values, (value) => texts.indexOf(value)) };
}
