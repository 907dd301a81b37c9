import { closeSync, fsync, mkdirSync, open, openSync, rename, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { threadId } from 'node:worker_threads';

/** Writes all bytes to an open file, or throws as the system does. */
export type WriteBytes = (descriptor: number, bytes: Uint8Array) => void;

// These calls wait for the disk, the last two for its journal while other files are synced. The others take
// microseconds, a tenth of the cost of passing them to another thread.
const sync = promisify(fsync);
const create = promisify(open);
const move = promisify(rename);

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
    await useAndClose(await create(temporary, 'w'), async (descriptor) => {
      write(descriptor, bytes);
      await sync(descriptor);
    });
    await move(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Moves a file to another folder of the same disk, which is made if needed; durable when it resolves. */
export async function moveFile(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  await move(from, to);
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

/** For each folder the sync under way, and the one that begins after it. */
const runningSyncs = new Map<string, Promise<void>>();
const nextSyncs = new Map<string, Promise<void>>();

/**
 * Makes the names in a folder durable. Calls that come while a sync of the folder is under way share the next
 * one: days that are written at the same time make their folders durable together.
 */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder; its file system logs changes of names.
  if (process.platform === 'win32') return;
  const next = nextSyncs.get(path) ?? syncAfter(runningSyncs.get(path), path);
  nextSyncs.set(path, next);
  await next;
}

async function syncAfter(running: Promise<void> | undefined, path: string): Promise<void> {
  // Its failure is thrown to its own callers.
  await running?.catch(() => undefined);
  nextSyncs.delete(path);
  const started = syncNow(path);
  runningSyncs.set(path, started);
  try {
    await started;
  } finally {
    if (runningSyncs.get(path) === started) runningSyncs.delete(path);
  }
}

async function syncNow(path: string): Promise<void> {
  await useAndClose(openSync(path, 'r'), sync);
}

async function useAndClose(descriptor: number, use: (descriptor: number) => Promise<void>): Promise<void> {
  try {
    await use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
