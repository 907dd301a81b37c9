import { once } from 'node:events';
import type { Writable } from 'node:stream';

/**
 * Writes a long text or a file to a stream that stays open, no faster than its reader reads. Ends early when
 * a write fails, which the owner of the stream reports. Removes its listeners; `pipeline` leaves four behind.
 */
export async function writeBulk(stream: Writable, chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
  let hasFailed = false;
  const onError = () => {
    hasFailed = true;
  };
  stream.on('error', onError);
  try {
    for await (const chunk of chunks) {
      if (hasFailed || !stream.writable) return;
      if (!stream.write(chunk)) await once(stream, 'drain').catch(onError);
    }
  } finally {
    stream.off('error', onError);
  }
}

/** Joins lines into chunks of about 64 KiB: one write for each line would cost most of the time. */
export async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

const CHUNK_CHARACTERS = 65_536;
