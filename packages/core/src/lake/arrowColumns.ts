import type { LakeColumn, TextColumn } from '../ports.ts';
import type { ColumnDefinition, ColumnType } from './tables.ts';

/** The buffers of a column in an Arrow record batch. */
export interface ColumnBuffers {
  readonly nullCount: number;
  /** The bytes of the bitmap of values, empty without nulls; of the offsets of texts; of the values. */
  readonly sizes: readonly number[];
}

/** The sizes of the buffers of a column. NaN and null are null in a nullable column. */
export function planColumn(
  { type, nullable }: ColumnDefinition,
  column: LakeColumn,
  length: number,
): ColumnBuffers {
  const nullCount = nullable ? countNulls(column, length) : 0;
  const bitmap = nullCount === 0 ? 0 : (length + 7) >> 3;
  if ('texts' in column) return { nullCount, sizes: [bitmap, 4 * (length + 1), textBytes(column)] };
  return { nullCount, sizes: [bitmap, length * (type === 'int32' ? 4 : 8)] };
}

export interface PlannedColumn {
  readonly type: ColumnType;
  readonly column: LakeColumn;
  readonly plan: ColumnBuffers;
}

/** Writes the buffers of a column to their starts in `bytes`, which are zero. */
export function writeColumn(
  bytes: Uint8Array,
  starts: readonly number[],
  { type, column, plan }: PlannedColumn,
): void {
  const [bitmap, first, second] = starts as [number, number, number];
  if (plan.nullCount > 0) writeBitmap(bytes.subarray(bitmap), column);
  const { buffer } = bytes;
  const start = bytes.byteOffset + first;
  if ('texts' in column) writeTexts(bytes, { offsets: first, data: second }, column);
  else if (type === 'timestamp') writeTimes(new Int32Array(buffer, start, 2 * column.length), column);
  else if (column instanceof Int32Array) new Int32Array(buffer, start, column.length).set(column);
  else new Float64Array(buffer, start, column.length).set(column);
}

function countNulls(column: LakeColumn, length: number): number {
  let nulls = 0;
  for (let i = 0; i < length; i++) if (isNull(column, i)) nulls += 1;
  return nulls;
}

function isNull(column: LakeColumn, row: number): boolean {
  return 'texts' in column ? column.texts[column.codes[row]!] === null : Number.isNaN(column[row]);
}

function writeBitmap(bitmap: Uint8Array, column: LakeColumn): void {
  const { length } = 'texts' in column ? column.codes : column;
  for (let i = 0; i < length; i++) if (!isNull(column, i)) bitmap[i >> 3]! |= 1 << (i & 7);
}

/** Epoch ms as 64-bit integers in two halves: several times faster than a BigInt for each. */
function writeTimes(halves: Int32Array, times: Float64Array | Int32Array): void {
  for (let i = 0; i < times.length; i++) {
    const time = times[i]!;
    if (Number.isNaN(time)) continue;
    halves[2 * i] = time;
    halves[2 * i + 1] = Math.floor(time / 2 ** 32);
  }
}

function textBytes({ texts, codes }: TextColumn): number {
  const encoded = texts.map(encodeUtf8);
  let size = 0;
  for (let i = 0; i < codes.length; i++) size += encoded[codes[i]!]!.length;
  return size;
}

function writeTexts(
  bytes: Uint8Array,
  start: { readonly offsets: number; readonly data: number },
  { texts, codes }: TextColumn,
): void {
  const encoded = texts.map(encodeUtf8);
  const offsets = new Int32Array(bytes.buffer, bytes.byteOffset + start.offsets, codes.length + 1);
  let at = start.data;
  for (let i = 0; i < codes.length; i++) {
    const text = encoded[codes[i]!]!;
    // A call of `set` for each of these few bytes would cost more than the bytes.
    for (let byte = 0; byte < text.length; byte++) bytes[at++] = text[byte]!;
    offsets[i + 1] = at - start.data;
  }
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
