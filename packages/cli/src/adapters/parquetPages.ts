/**
 * The values of Parquet pages as this program's writer makes them: plain numbers and texts, texts from a
 * dictionary, levels and codes as runs. Strict: nothing is allocated or repeated by a count that the bytes do
 * not bear out, because a damaged file may hold any count. Source: the Parquet format, "Encodings",
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */

export type Value = string | number | null;

/** A place in the bytes of a page. Reading past its end throws RangeError. */
export interface PageCursor {
  readonly view: DataView;
  offset: number;
}

export function openPage(bytes: Uint8Array): PageCursor {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

/** Reads `count` values of a physical type. */
export function readPlain(page: PageCursor, type: string, count: number): Value[] {
  const read = PLAIN_READERS[type];
  if (!read) throw new RangeError(`values of type ${type}`);
  const values: Value[] = [];
  for (let i = 0; i < count; i++) values.push(read(page));
  return values;
}

const PLAIN_READERS: Readonly<Record<string, (page: PageCursor) => Value>> = {
  INT32: (page) => page.view.getInt32(take(page, 4), true),
  INT64: (page) => Number(page.view.getBigInt64(take(page, 8), true)),
  DOUBLE: (page) => page.view.getFloat64(take(page, 8), true),
  BYTE_ARRAY: (page) => readText(page),
};

const decoder = new TextDecoder('utf-8', { fatal: true });

function readText(page: PageCursor): string {
  const length = page.view.getUint32(take(page, 4), true);
  if (length > page.view.byteLength - page.offset) throw new RangeError(`a text of ${length} bytes`);
  const start = page.view.byteOffset + take(page, length);
  return decoder.decode(new Uint8Array(page.view.buffer, start, length));
}

/** Reads `count` numbers of `width` bits, as runs of one number and runs of packed bits. */
export function readRuns(page: PageCursor, width: number, count: number): Uint32Array {
  if (width > MAX_WIDTH) throw new RangeError(`codes of ${width} bits`);
  const values = new Uint32Array(count);
  for (let at = 0; at < count; ) {
    const header = readVariable(page);
    const isPacked = (header & 1) === 1;
    const length = isPacked ? (header >>> 1) * 8 : header >>> 1;
    // The last packed run is filled up to a multiple of eight.
    if (length === 0 || at + length > count + (isPacked ? 7 : 0)) throw new RangeError(`a run of ${length}`);
    const end = Math.min(count, at + length);
    if (isPacked) unpack(page, width, values.subarray(at, end));
    else values.fill(readBytes(page, Math.ceil(width / 8)), at, end);
    at = end;
  }
  return values;
}

/** A column of few different texts has short codes. */
const MAX_WIDTH = 24;

function unpack(page: PageCursor, width: number, values: Uint32Array): void {
  const groups = Math.ceil(values.length / 8);
  const start = take(page, groups * width);
  for (let i = 0; i < values.length; i++) {
    let value = 0;
    for (let bit = 0; bit < width; bit++) {
      const at = i * width + bit;
      value |= ((page.view.getUint8(start + (at >> 3)) >> (at & 7)) & 1) << bit;
    }
    values[i] = value;
  }
}

function readBytes(page: PageCursor, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value |= page.view.getUint8(take(page, 1)) << (8 * i);
  return value;
}

/** A number in groups of seven bits, the lowest first. */
function readVariable(page: PageCursor): number {
  let value = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = page.view.getUint8(take(page, 1));
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw new RangeError('a count of more than 28 bits');
}

/** Steps over bytes and returns where they begin. */
function take(page: PageCursor, bytes: number): number {
  const { offset } = page;
  if (offset + bytes > page.view.byteLength) throw new RangeError('the page ends too early');
  page.offset += bytes;
  return offset;
}
