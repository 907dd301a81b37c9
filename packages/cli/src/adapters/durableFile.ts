import { closeSync, fsync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { threadId } from 'node:worker_threads';

/** Writes all bytes to an open file, or throws as the system does. */
export type WriteBytes = (descriptor: number, bytes: Uint8Array) => void;

// Only this one waits for the disk: the rest takes microseconds, a tenth of what handing it to another thread costs.
const sync = promisify(fsync);

let temporaries = 0;

/**
 * Puts `bytes` in place of the file, on the disk when it resolves: a temporary file beside it, fsync, rename, fsync of the folder. A
 * reader, and whoever comes after a crash, finds the old content or the new one. The folder must exist.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  write: WriteBytes = writeFileSync,
): Promise<void> {
  temporaries += 1;
  const writer = `${process.pid}-${threadId}-${temporaries}`;
  const temporary = join(dirname(path), `.${basename(path)}.${writer}.tmp`);
  try {
    await withOpen(temporary, 'w', async (descriptor) => {
      write(descriptor, bytes);
      await sync(descriptor);
    });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Whether a file is one that {@link replaceFile} did not live to rename. */
export function isTemporary(name: string): boolean {
  return /^\..+\.\d+-\d+-\d+\.tmp$/.test(name);
}

/** Makes a folder and those above it, on the disk when it resolves. */
export async function makeFolder(path: string): Promise<void> {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Brings the names in a folder to the disk. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; its file system keeps a log of names.
  if (process.platform !== 'win32') await withOpen(path, 'r', sync);
}

async function withOpen(
  path: string,
  flags: string,
  use: (descriptor: number) => Promise<void>,
): Promise<void> {
  const descriptor = openSync(path, flags);
  try {
    await use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
