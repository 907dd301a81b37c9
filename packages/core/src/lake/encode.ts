import { RecordBatchFileWriter, tableFromIPC } from 'apache-arrow';
import {
  Compression,
  EnabledStatistics,
  initSync,
  Table,
  type WriterProperties,
  WriterPropertiesBuilder,
  writeParquet,
} from 'parquet-wasm/esm';
import type { EncodeTable } from '../ports.ts';
import { arrowStreamOf } from './arrow.ts';
import type { ColumnRows } from './join.ts';
import { METADATA_KEY, metadataText } from './metadata.ts';
import { type ColumnDefinition, LAKE_TABLES } from './tables.ts';

const MAX_ROW_GROUP_ROWS = 100_000;

/**
 * The writer starts a new data page after this many rows; a smaller file has one page and needs no page
 * index.
 */
const PAGE_ROWS = 20_000;

/**
 * Creates the encoder from the bytes of parquet-wasm's `parquet_wasm_bg.wasm`. Equal tables give equal bytes.
 * Files have zstd compression, row groups of at most 100,000 rows, min and max of each column, plain numbers,
 * and texts with a dictionary.
 */
export function createEncoder(wasmBytes: Uint8Array): EncodeTable {
  const encode = createColumnEncoder(wasmBytes);
  return (table) =>
    encode(LAKE_TABLES[table.name], table, new Map([[METADATA_KEY, metadataText(table.metadata)]]));
}

/** Encodes rows of any columns as Parquet, as the lake's tables are encoded. */
export type EncodeColumns = (
  definitions: readonly ColumnDefinition[],
  rows: ColumnRows,
  metadata?: ReadonlyMap<string, string>,
) => Uint8Array;

/** Creates the encoder of files for other programs; see {@link createEncoder}. */
export function createColumnEncoder(wasmBytes: Uint8Array): EncodeColumns {
  initSync({ module: wasmBytes });
  return (definitions, rows, metadata = new Map()) => {
    const stream = arrowStreamOf(definitions, rows, MAX_ROW_GROUP_ROWS);
    // The call consumes both arguments: freeing them afterwards is an error.
    return writeParquet(Table.fromIPCStream(stream), writerProperties(definitions, rows, metadata));
  };
}

/** Encodes rows as an Arrow IPC file without compression, which pandas and polars call Feather. */
export function encodeFeather(definitions: readonly ColumnDefinition[], rows: ColumnRows): Uint8Array {
  const table = tableFromIPC(arrowStreamOf(definitions, rows, MAX_ROW_GROUP_ROWS));
  return RecordBatchFileWriter.writeAll(table).toUint8Array(true);
}

function writerProperties(
  definitions: readonly ColumnDefinition[],
  { length }: ColumnRows,
  metadata: ReadonlyMap<string, string>,
): WriterProperties {
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setDictionaryEnabled(false)
    .setMaxRowGroupSize(MAX_ROW_GROUP_ROWS)
    .setStatisticsEnabled(length > PAGE_ROWS ? EnabledStatistics.Page : EnabledStatistics.Chunk)
    .setKeyValueMetadata(new Map(metadata));
  for (const { name, type } of definitions) {
    if (type === 'string') builder = builder.setColumnDictionaryEnabled(name, true);
  }
  return builder.build();
}
