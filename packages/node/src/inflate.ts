import { gunzipSync } from 'node:zlib';
import { BadDataError, type Inflate } from '@candlelake/core';

/** Frames inflate to about 150 bytes; zlib's default chunk of 16 kB takes more than twice the time. */
const CHUNK_BYTES = 1024;

/** Gunzips; throws BadDataError past the limit. */
export const inflate: Inflate = (bytes, maxBytes) => {
  try {
    return gunzipSync(bytes, { chunkSize: CHUNK_BYTES, maxOutputLength: maxBytes });
  } catch (cause) {
    throw new BadDataError(`${bytes.length} bytes: expected gzip of at most ${maxBytes} bytes`, { cause });
  }
};
