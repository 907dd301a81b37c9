import type { ColumnBuffers } from './arrowColumns.ts';

/** What the header of a record batch says. */
export interface BatchShape {
  readonly length: number;
  readonly plans: readonly ColumnBuffers[];
  /** Where each buffer begins in the body, in the order of the columns. */
  readonly offsets: readonly number[];
  readonly bodyBytes: number;
}

/** Positions in the header, in words of 4 bytes; the FlatBuffer begins after the mark and its length. */
const MESSAGE = 4;
const BATCH = 14;
const NODES = 19;
/** Entries of 64-bit pairs: a node is a length and a count of nulls, a buffer is an offset and a size. */
const PAIR = 4;
const PREFIX = 2;

/** https://github.com/apache/arrow/blob/main/format/Schema.fbs: V5. */
const METADATA_VERSION = 4;
/** https://github.com/apache/arrow/blob/main/format/Message.fbs: RecordBatch. */
const HEADER_TYPE = 3;

/** The bytes of the header of a record batch, a multiple of 8. */
export function batchHeaderBytes(plans: readonly ColumnBuffers[]): number {
  return 4 * (PREFIX + buffersAt(plans) + 1 + PAIR * bufferCount(plans));
}

/**
 * Writes the header of a record batch to `bytes`, which are zero: the FlatBuffer of Arrow's Message and
 * RecordBatch with a fixed layout, because only numbers differ between batches.
 */
export function writeBatchHeader(bytes: Uint8Array, { length, plans, offsets, bodyBytes }: BatchShape): void {
  const size = batchHeaderBytes(plans);
  const prefix = new Int32Array(bytes.buffer, bytes.byteOffset, PREFIX);
  prefix.set([-1, size - 4 * PREFIX]);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + 4 * PREFIX, size / 4 - PREFIX);
  // Root, and the vtable of the message: its size, the size of the table, and where its fields lie in it.
  words.set([4 * MESSAGE, pair(12, 24), pair(16, 18), pair(4, 8)]);
  // The message: its vtable, the batch, the size of the body, the version and the type of the header.
  words.set([12, 4 * (BATCH - MESSAGE - 1)], MESSAGE);
  setLong(words, MESSAGE + 2, bodyBytes);
  words[MESSAGE + 4] = pair(METADATA_VERSION, HEADER_TYPE);
  // The vtable of the batch, and the batch: its vtable, the nodes, the length and the buffers.
  words.set([pair(10, 20), pair(8, 4), pair(16, 0)], BATCH - 4);
  words.set([16, 4 * (NODES - BATCH - 1)], BATCH);
  setLong(words, BATCH + 2, length);
  const buffers = buffersAt(plans);
  words[BATCH + 4] = 4 * (buffers - BATCH - 4);
  words[NODES] = plans.length;
  for (const [i, { nullCount }] of plans.entries()) setPair(words, NODES + 1 + PAIR * i, [length, nullCount]);
  words[buffers] = offsets.length;
  const sizes = plans.flatMap((plan) => plan.sizes);
  for (const [i, offset] of offsets.entries()) setPair(words, buffers + 1 + PAIR * i, [offset, sizes[i]!]);
}

/** The count of the buffers stands before them, so that they begin at a multiple of 8 bytes. */
function buffersAt(plans: readonly ColumnBuffers[]): number {
  return NODES + 2 + PAIR * plans.length;
}

function bufferCount(plans: readonly ColumnBuffers[]): number {
  return plans.reduce((count, { sizes }) => count + sizes.length, 0);
}

/** Two 16-bit numbers in one word. */
function pair(low: number, high: number): number {
  return low | (high << 16);
}

function setPair(words: Int32Array, at: number, [first, second]: readonly [number, number]): void {
  setLong(words, at, first);
  setLong(words, at + 2, second);
}

function setLong(words: Int32Array, at: number, value: number): void {
  words[at] = value;
  words[at + 1] = Math.floor(value / 2 ** 32);
}
