import { gunzipSync } from 'node:zlib';
import { BadDataError, type Inflate } from '@candlelake/core';

/**
 * The exchange's frames inflate to 150 bytes or so; zlib's default chunk of 16 kB costs more than twice the
 * time.
 */
const CHUNK_BYTES = 1024;

/** Gunzips within a bound. */
export const inflate: Inflate = (bytes, maxBytes) => {
  try {
    return gunzipSync(bytes, { chunkSize: CHUNK_BYTES, maxOutputLength: maxBytes });
  } catch (cause) {
    throw new BadDataError(`${bytes.length} bytes: expected gzip of at most ${maxBytes} bytes`, { cause });
  }
};
