import {
  type Data,
  type DataType,
  Field,
  Float64,
  Int32,
  makeData,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
} from 'apache-arrow';
import type { LakeColumn, LakeTable, TextColumn } from '../ports.ts';
import type { ColumnDefinition, ColumnType } from './tables.ts';

const ARROW_TYPES: Readonly<Record<ColumnType, () => DataType>> = {
  string: () => new Utf8(),
  timestamp: () => new TimestampMillisecond('UTC'),
  double: () => new Float64(),
  int32: () => new Int32(),
};

/** Rows as columns, of the lake or of a file for another program. */
export type ColumnRows = Pick<LakeTable, 'length' | 'columns'>;

/** The Arrow schema of these columns. */
export function arrowSchemaOf(definitions: readonly ColumnDefinition[]): Schema {
  return new Schema(
    definitions.map(({ name, type, nullable }) => new Field(name, ARROW_TYPES[type](), nullable)),
  );
}

/** Rows as one Arrow struct of the schema of their columns. */
export function arrowStructOf(
  schema: Schema,
  definitions: readonly ColumnDefinition[],
  table: ColumnRows,
): Data<Struct> {
  const children = definitions.map((definition, i) => {
    const type = schema.fields[i]!.type;
    return arrowData(type, table.columns[definition.name]!, definition, table.length);
  });
  return makeData({ type: new Struct(schema.fields), length: table.length, nullCount: 0, children });
}

function arrowData(type: DataType, column: LakeColumn, { nullable }: ColumnDefinition, length: number): Data {
  const validity = nullable ? validityOf(column, length) : { nullCount: 0 };
  if ('texts' in column) return makeData({ type: type as Utf8, length, ...validity, ...utf8Of(column) });
  // Each column gets its own copy: apache-arrow 21 writes two neighbouring columns that share a buffer as
  // one, and readers then read past its end.
  const data = type instanceof TimestampMillisecond ? int64Of(column) : column.slice();
  return makeData({ type: type as Float64, length, ...validity, data: data as Float64Array });
}

function validityOf(column: LakeColumn, length: number): { nullCount: number; nullBitmap?: Uint8Array } {
  const nullBitmap = new Uint8Array((length + 7) >> 3);
  let nullCount = 0;
  for (let i = 0; i < length; i++) {
    const value = 'texts' in column ? column.texts[column.codes[i]!] : column[i]!;
    if (value === null || Number.isNaN(value)) nullCount += 1;
    else nullBitmap[i >> 3]! |= 1 << (i & 7);
  }
  return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap };
}

/** Epoch ms as 64-bit integers in two halves: several times faster than a BigInt for each. */
function int64Of(times: ArrayLike<number>): BigInt64Array {
  const halves = new Int32Array(2 * times.length);
  for (let i = 0; i < times.length; i++) {
    const time = times[i]!;
    if (Number.isNaN(time)) continue;
    halves[2 * i] = time;
    halves[2 * i + 1] = Math.floor(time / 2 ** 32);
  }
  return new BigInt64Array(halves.buffer);
}

function utf8Of({ texts, codes }: TextColumn): { valueOffsets: Int32Array; data: Uint8Array } {
  const encoded = texts.map(encodeUtf8);
  const valueOffsets = new Int32Array(codes.length + 1);
  for (let i = 0; i < codes.length; i++) valueOffsets[i + 1] = valueOffsets[i]! + encoded[codes[i]!]!.length;
  const data = new Uint8Array(valueOffsets[codes.length]!);
  for (let i = 0; i < codes.length; i++) data.set(encoded[codes[i]!]!, valueOffsets[i]!);
  return { valueOffsets, data };
}

const encoder = new TextEncoder();
/**
 * Statuses, sources and symbols are the same few texts in every table; encoding them each time took a tenth
 * of a small file's time.
 */
const encodedTexts = new Map<string | null, Uint8Array>();

function encodeUtf8(text: string | null): Uint8Array {
  const known = encodedTexts.get(text);
  if (known) return known;
  const bytes = encoder.encode(text ?? '');
  encodedTexts.set(text, bytes);
  return bytes;
}
