import { BadDataError } from '../errors.ts';
import type { Inflate } from '../ports.ts';

/** A frame of one candle has 140 characters; what inflates to more than this is a bomb. */
const MAX_FRAME_BYTES = 1024 * 1024;

const decoder = new TextDecoder();

/**
 * The text of a frame: gzip in every recording, plain text and plain bytes as well. Throws BadDataError when it does not inflate or is larger than
 * a mebibyte.
 */
export function frameText(data: Uint8Array | string, inflate: Inflate): string {
  if (data.length > MAX_FRAME_BYTES) {
    throw new BadDataError(`a frame has ${data.length} bytes, expected at most ${MAX_FRAME_BYTES}`);
  }
  if (typeof data === 'string') return data;
  const isGzip = data[0] === 0x1f && data[1] === 0x8b;
  return decoder.decode(isGzip ? inflate(data, MAX_FRAME_BYTES) : data);
}
