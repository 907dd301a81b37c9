import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { EncodeTable } from '@candlelake/core';
import { createEncoder } from '@candlelake/core/encode';

const core = createRequire(import.meta.resolve('@candlelake/core'));

export const WASM_FILE = core.resolve('parquet-wasm/esm/parquet_wasm_bg.wasm');

/** An encoder for all tests of a worker: creating one compiles five megabytes of WebAssembly. */
export const encode: EncodeTable = createEncoder(readFileSync(WASM_FILE));
