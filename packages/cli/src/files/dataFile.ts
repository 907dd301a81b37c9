import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { crc32, createGunzip } from 'node:zlib';
import { ConfigError } from '@candlelake/core';
import { type Entry, openPromise, type ZipFile } from 'yauzl';

/** The content of a file, unpacked. */
export interface DataFile {
  /** In messages: the path, with the name inside a zip. */
  readonly name: string;
  /** In bytes, as far as they were read: packed for gzip, unpacked for a zip. */
  readonly size: number;
  readonly bytesRead: () => number;
  /** Throws ConfigError when the file turns out to be damaged. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The byte order marks of the text that Excel calls Unicode. */
const UTF_16_MARKS: readonly string[] = ['\xff\xfe', '\xfe\xff'];

/** The first and the last bytes of an Arrow file. */
export const FEATHER_MAGIC = 'ARROW1';

/** A chunk of a file; greater ones read no faster. */
const CHUNK_BYTES = 32_768;

/**
 * Opens a file, the one in a zip, or what gzip packed, by its first bytes. Throws ConfigError for a file that
 * can't be read, for a zip that does not hold one file, and for text in UTF-16.
 */
export async function openDataFile(path: string): Promise<DataFile> {
  try {
    const head = await readHead(path);
    if (head.startsWith('PK')) return await openZip(path);
    if (UTF_16_MARKS.includes(head))
      throw new ConfigError(`"${path}": is written in UTF-16, expected UTF-8: save it as "CSV UTF-8"`);
    const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    const isPacked = head.startsWith('\x1f\x8b');
    const chunks = isPacked ? pipeline(stream, createGunzip(), () => {}) : stream;
    const { size } = await stat(path);
    return { name: path, size, bytesRead: () => stream.bytesRead, chunks: named(path, chunks) };
  } catch (cause) {
    throw fileProblem(path, cause);
  }
}

/** The first two bytes of a file as text. */
async function readHead(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function openZip(path: string): Promise<DataFile> {
  const zip = await openPromise(path, { autoClose: false, lazyEntries: true });
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) if (!entry.fileName.endsWith('/')) entries.push(entry);
  const [entry, ...more] = entries;
  if (!entry || more.length > 0) {
    zip.close();
    throw new ConfigError(`"${path}": a zip of ${entries.length} files, expected one`);
  }
  let bytesRead = 0;
  const chunks = unzipped(zip, entry, (bytes) => {
    bytesRead += bytes;
  });
  return {
    name: `${path}:${entry.fileName}`,
    size: entry.uncompressedSize,
    bytesRead: () => bytesRead,
    chunks: named(path, chunks),
  };
}

async function* unzipped(
  zip: ZipFile,
  entry: Entry,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  try {
    let checksum = 0;
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      checksum = crc32(chunk, checksum);
      onRead(chunk.length);
      yield chunk;
    }
    if (checksum !== entry.crc32) throw new Error('its checksum is wrong');
  } finally {
    zip.close();
  }
}

/** The same chunks; an error names the file. */
async function* named(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    throw fileProblem(path, cause);
  }
}

function fileProblem(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ConfigError) return error;
  const isSystem = 'syscall' in error && 'code' in error;
  return isSystem
    ? new ConfigError(`"${path}": can't be read (${error.code}), expected a CSV file`, { cause: error })
    : new ConfigError(`"${path}": can't be unpacked: ${error.message}`, { cause: error });
}
