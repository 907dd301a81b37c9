import { readFileSync } from 'node:fs';
import type { EncodeTable } from '@candlelake/core';
import { createColumnEncoder, createEncoder, type EncodeColumns } from '@candlelake/core/encode';

/** Loads the Parquet encoder of the lake: half a second of compilation. */
export function loadEncoder(): EncodeTable {
  return createEncoder(readWasm());
}

/** Loads the Parquet encoder of files for other programs: half a second of compilation. */
export function loadColumnEncoder(): EncodeColumns {
  return createColumnEncoder(readWasm());
}

function readWasm(): Uint8Array {
  return readFileSync(new URL(import.meta.resolve('parquet-wasm/esm/parquet_wasm_bg.wasm')));
}
