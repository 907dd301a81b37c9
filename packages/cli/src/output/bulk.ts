import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Writes a long text or a file to a stream that stays open, no faster than its reader reads. Ends early when
 * the reader has closed it; the owner of the stream reports other failures.
 */
export async function writeBulk(stream: Writable, chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), stream, { end: false });
  } catch (error) {
    const isWrite = error instanceof Error && 'syscall' in error && error.syscall === 'write';
    if (!isWrite) throw error;
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
