import type { ColumnDefinition, ColumnRows, LakeColumn } from '@candlelake/core';
import type { ExportRow, ExportValue } from './exportRows.ts';

/** A file of columns: their definitions and the rows. */
export interface ColumnFile {
  readonly definitions: readonly ColumnDefinition[];
  readonly rows: ColumnRows;
}

const FILLED: ColumnDefinition = { name: 'filled', type: 'int32', nullable: false };

/** All rows as columns, the open time first. */
export async function columnFile(
  rows: AsyncIterable<ExportRow>,
  {
    columns,
    timeName,
    hasFilled,
  }: {
    readonly columns: readonly ColumnDefinition[];
    readonly timeName: string;
    /** Whether a column `filled` says which rows were made: 1, else 0. */
    readonly hasFilled: boolean;
  },
): Promise<ColumnFile> {
  const times: number[] = [];
  const filled: number[] = [];
  const values: ExportValue[][] = columns.map(() => []);
  for await (const row of rows) {
    times.push(row.openTime);
    filled.push(Number(row.isFilled));
    for (const [index, column] of values.entries()) column.push(row.values[index]!);
  }
  const time: ColumnDefinition = { name: timeName, type: 'timestamp', nullable: false };
  const found = columns.map(
    (definition, index) => [definition, columnOf(definition, values[index]!)] as const,
  );
  const all: readonly (readonly [ColumnDefinition, LakeColumn])[] = [
    [time, Float64Array.from(times)],
    ...found,
    ...(hasFilled ? ([[FILLED, Int32Array.from(filled)]] as const) : []),
  ];
  return {
    definitions: all.map(([definition]) => definition),
    rows: {
      length: times.length,
      columns: Object.fromEntries(all.map(([{ name }, column]) => [name, column])),
    },
  };
}

function columnOf({ type }: ColumnDefinition, values: readonly ExportValue[]): LakeColumn {
  if (type === 'int32') return Int32Array.from(values, Number);
  if (type !== 'string')
    return Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
  const texts = [...new Set(values as readonly (string | null)[])];
  const codeOf = new Map(texts.map((text, code) => [text, code]));
  return { texts, codes: Uint16Array.from(values, (value) => codeOf.get(value as string | null)!) };
}
