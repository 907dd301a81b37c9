import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createEncoder, type EncodeTable } from '@candlelake/core';

/** Loads the Parquet encoder: half a second of compilation. */
export function loadEncoder(): EncodeTable {
  // Resolved from core, which depends on the package.
  const core = createRequire(import.meta.resolve('@candlelake/core'));
  return createEncoder(readFileSync(core.resolve('parquet-wasm/esm/parquet_wasm_bg.wasm')));
}
