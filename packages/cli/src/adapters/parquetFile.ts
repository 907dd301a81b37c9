import { zstdDecompressSync } from 'node:zlib';
import { BadDataError, type DecodedTable, type DecodeTable, METADATA_KEY } from '@candlelake/core';
import {
  type ColumnMetaData,
  type FileMetaData,
  type PageHeader,
  parquetMetadata,
  parquetSchema,
  type SchemaElement,
} from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { openPage, type PageCursor, readPlain, readRuns, type Value } from './parquetPages.ts';
import { checkThrift } from './thriftCheck.ts';

/** A page of the writer has 1 MiB, a little more when a row crosses it. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** A day of 1m candles that never move, the emptiest table there is, has 2.1 rows for a byte of its file. */
const MAX_ROWS_PER_BYTE = 4;

/**
 * Reads a Parquet file of this program: hyparquet reads its footer and page headers, and nothing of the
 * writer's code is used. Throws BadDataError for whatever the writer does not make, in time and memory that
 * grow with the size of the file only.
 */
export const decodeParquet: DecodeTable = async (bytes) => {
  try {
    // A buffer of its own: that of a small file read by Node is shared.
    return readFile(Uint8Array.from(bytes).buffer);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BadDataError(`it cannot be read as Parquet: ${reason}`, { cause: error });
  }
};

function readFile(file: ArrayBuffer): DecodedTable {
  const metadata = readMetadata(file);
  const length = rowCount(metadata, file.byteLength * MAX_ROWS_PER_BYTE);
  const elements = parquetSchema(metadata).children.map(({ element }) => element);
  const columns = Object.fromEntries(
    elements.map((element, index) => [element.name, readColumn(file, metadata, { element, index })]),
  );
  const value = metadata.key_value_metadata?.find(({ key }) => key === METADATA_KEY)?.value;
  const schema = elements.map((element) => ({
    name: element.name,
    type: typeOf(element),
    nullable: isNullable(element),
  }));
  return { schema, metadata: value ?? null, length, columns };
}

/** The footer: its length in four bytes and "PAR1" stand at the end of the file. */
function readMetadata(file: ArrayBuffer): FileMetaData {
  const view = new DataView(file);
  const end = view.byteLength - 8;
  const length = end < 0 ? -1 : view.getUint32(end, true);
  if (length < 0 || length > end) throw new RangeError(`a footer of ${length} bytes`);
  checkThrift(new DataView(file, 0, end), end - length);
  return parquetMetadata(file);
}

interface ColumnPlace {
  readonly element: SchemaElement;
  readonly index: number;
}

/** The values of a column in all row groups. */
function readColumn(
  file: ArrayBuffer,
  { row_groups }: FileMetaData,
  { element, index }: ColumnPlace,
): readonly Value[] {
  if (element.num_children || element.repetition_type === 'REPEATED')
    throw new RangeError(`column ${element.name} is nested`);
  const values: Value[] = [];
  for (const { columns, num_rows } of row_groups) {
    const chunk = columns[index]?.meta_data;
    if (chunk?.codec !== 'ZSTD') throw new RangeError(`column ${element.name} is not compressed with zstd`);
    for (const value of readChunk(file, { element, chunk, rows: Number(num_rows) })) values.push(value);
  }
  return values;
}

interface Chunk {
  readonly element: SchemaElement;
  readonly chunk: ColumnMetaData;
  readonly rows: number;
}

/** The values of a column in one row group: a dictionary perhaps, then pages. */
function readChunk(file: ArrayBuffer, { element, chunk, rows }: Chunk): readonly Value[] {
  const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
  const reader = { view: new DataView(file, start, Number(chunk.total_compressed_size)), offset: 0 };
  let dictionary: readonly Value[] | null = null;
  const values: Value[] = [];
  while (values.length < rows) {
    checkThrift(reader.view, reader.offset);
    const header = parquetHeader(reader);
    const page = decompress(readBytes(reader, header.compressed_page_size), header.uncompressed_page_size);
    if (header.type === 'DICTIONARY_PAGE') {
      dictionary = readPlain(openPage(page), chunk.type, header.dictionary_page_header?.num_values ?? 0);
    } else {
      for (const value of readPage(page, header, { element, type: chunk.type, dictionary, rows }))
        values.push(value);
    }
  }
  if (values.length > rows)
    throw new RangeError(`column ${element.name} has ${values.length} of ${rows} rows`);
  return values;
}

/** The next bytes of a chunk. A damaged header may hold any number, or none. */
function readBytes(reader: PageCursor, count: number): Uint8Array {
  const { view, offset } = reader;
  if (!(count >= 0 && offset + count <= view.byteLength)) throw new RangeError(`a page of ${count} bytes`);
  reader.offset += count;
  return new Uint8Array(view.buffer, view.byteOffset + offset, count);
}

function decompress(bytes: Uint8Array, length: number): Uint8Array {
  if (!(length >= 0 && length <= MAX_PAGE_BYTES)) throw new RangeError(`a page of ${length} bytes`);
  // The dictionary of a column without values.
  if (length === 0) return new Uint8Array();
  const page = zstdDecompressSync(bytes, { maxOutputLength: length });
  if (page.length !== length) throw new RangeError(`a page of ${page.length} bytes, expected ${length}`);
  return page;
}

interface PageContext {
  readonly element: SchemaElement;
  readonly type: string;
  readonly dictionary: readonly Value[] | null;
  /** Of the row group. */
  readonly rows: number;
}

function readPage(
  bytes: Uint8Array,
  { type: kind, data_page_header: header }: PageHeader,
  { element, type, dictionary, rows }: PageContext,
): readonly Value[] {
  if (kind !== 'DATA_PAGE' || !header) throw new RangeError(`a page of type ${kind}`);
  const { num_values: count, encoding } = header;
  if (!(count > 0 && count <= rows)) throw new RangeError(`a page of ${count} of ${rows} rows`);
  const page = openPage(bytes);
  const levels = isNullable(element) ? readLevels(page, count) : null;
  const present = levels ? levels.reduce((sum, level) => sum + level, 0) : count;
  const values =
    encoding === 'PLAIN' ? readPlain(page, type, present) : readCodes(page, encoding, dictionary, present);
  if (!levels) return values;
  let next = 0;
  return Array.from(levels, (level) => (level === 0 ? null : values[next++]!));
}

/** For each row 1 where there is a value, 0 where there is none. */
function readLevels(page: PageCursor, count: number): Uint32Array {
  const length = page.view.getUint32(page.offset, true);
  const end = page.offset + 4 + length;
  page.offset += 4;
  const levels = readRuns(page, 1, count);
  page.offset = end;
  return levels;
}

function readCodes(
  page: PageCursor,
  encoding: string,
  dictionary: readonly Value[] | null,
  count: number,
): readonly Value[] {
  if (encoding !== 'RLE_DICTIONARY' || !dictionary)
    throw new RangeError(`values in the encoding ${encoding}`);
  const width = page.view.getUint8(page.offset++);
  const codes = width === 0 ? new Uint32Array(count) : readRuns(page, width, count);
  return Array.from(codes, (code) => {
    if (code >= dictionary.length)
      throw new RangeError(`code ${code} of a dictionary of ${dictionary.length}`);
    return dictionary[code]!;
  });
}

/** The row groups of the writer have a tenth of that; the counts of a damaged file may be absurd. */
const MAX_GROUP_ROWS = 1_000_000;

/** The footer counts the rows twice; both have to agree. */
function rowCount({ num_rows, row_groups }: FileMetaData, maxRows: number): number {
  const groups = row_groups.map((group) => Number(group.num_rows));
  const length = groups.reduce((sum, rows) => sum + rows, 0);
  const isBounded = length <= maxRows && groups.every((rows) => rows > 0 && rows <= MAX_GROUP_ROWS);
  if (Number(num_rows) === length && isBounded) return length;
  throw new RangeError(`the footer counts ${num_rows} rows, its row groups ${groups.join(' + ')}`);
}

/** The lake's name of a type, or what the file says. */
function typeOf({ type, logical_type: logical }: SchemaElement): string {
  if (type === 'DOUBLE') return 'double';
  if (type === 'INT32' && !logical) return 'int32';
  if (type === 'BYTE_ARRAY' && logical?.type === 'STRING') return 'string';
  const isInstant = logical?.type === 'TIMESTAMP' && logical.isAdjustedToUTC && logical.unit === 'MILLIS';
  if (type === 'INT64' && isInstant) return 'timestamp';
  return `${type ?? 'group'}${logical ? ` ${logical.type}` : ''}`;
}

function isNullable({ repetition_type }: SchemaElement): boolean {
  return repetition_type === 'OPTIONAL';
}
