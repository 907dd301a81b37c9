import { closeSync, fsync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { threadId } from 'node:worker_threads';

/** Writes all bytes to an open file, or throws as the system does. */
export type WriteBytes = (descriptor: number, bytes: Uint8Array) => void;

// The only call that waits for the disk. The others take microseconds, a tenth of the cost of passing them to
// another thread.
const sync = promisify(fsync);

let temporaries = 0;

export interface ReplaceOptions {
  /** The folder of the temporary file, on the same disk; by default that of the file. */
  readonly temporaryFolder?: string;
  readonly write?: WriteBytes | undefined;
}

/**
 * Replaces the content of the file; durable when it resolves: a temporary file, fsync, rename, fsync of the
 * folder. Readers, also after a crash, see the old content or the new one. The folders must exist.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  { temporaryFolder = dirname(path), write = writeFileSync }: ReplaceOptions = {},
): Promise<void> {
  temporaries += 1;
  const writer = `${process.pid}-${threadId}-${temporaries}`;
  const temporary = join(temporaryFolder, `.${basename(path)}.${writer}.tmp`);
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

/** Moves a file to another folder of the same disk, which is made if needed; durable when it resolves. */
export async function moveFile(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  renameSync(from, to);
  await syncFolder(dirname(to));
  await syncFolder(dirname(from));
}

/** Whether a file name is that of a temporary file of {@link replaceFile}. */
export function isTemporary(name: string): boolean {
  return /^\..+\.\d+-\d+-\d+\.tmp$/.test(name);
}

/** Makes a folder and the missing ones above it; durable when it resolves. */
export async function makeFolder(path: string): Promise<void> {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder; its file system logs changes of names.
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
