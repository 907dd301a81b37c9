import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConfigError } from '@candlelake/core';
import { makeMissingFolders } from '../adapters/missingFolders.ts';

/**
 * Writes a file that appears when it is whole: until then its content has a temporary name beside it. Throws
 * ConfigError when the place cannot be written.
 */
export async function writeTarget(path: string, chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    makeMissingFolders(dirname(path));
    await pipeline(Readable.from(chunks), createWriteStream(temporary));
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    const code = cause instanceof Error && 'syscall' in cause && 'code' in cause ? cause.code : null;
    if (code === null) throw cause;
    throw new ConfigError(`--target "${path}": can't be written (${code})`, { cause });
  }
}
