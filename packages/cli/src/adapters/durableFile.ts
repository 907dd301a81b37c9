import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';

/** Opens a file, as `node:fs/promises` does. */
export type OpenFile = (path: string, flags: string) => Promise<FileHandle>;

let temporaries = 0;

/**
 * Puts `bytes` in place of the file, on the disk when it resolves: a temporary file beside it, fsync, rename, fsync of the folder. A
 * reader, and whoever comes after a crash, finds the old content or the new one. The folder must exist.
 */
export async function replaceFile(path: string, bytes: Uint8Array, openFile: OpenFile = open): Promise<void> {
  temporaries += 1;
  const writer = `${process.pid}-${threadId}-${temporaries}`;
  const temporary = join(dirname(path), `.${basename(path)}.${writer}.tmp`);
  try {
    const file = await openFile(temporary, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
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
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Brings the names in a folder to the disk. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; its file system keeps a log of names.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
