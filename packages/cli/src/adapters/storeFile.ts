import { existsSync, rmSync, statSync } from 'node:fs';
import { moveFile } from './durableFile.ts';

/** Watches the file of an open store. */
export interface StoreFileWatch {
  /** What is wrong with the file, looked up now; null while the open file is still at its path. */
  problem(): string | null;
  stop(): void;
}

/** In real ms. */
const CHECK_EVERY_MS = 5_000;

/**
 * Calls `onLost` once when the file of an open store was removed or replaced. The process can still use such
 * a file, but its content is lost when the process ends.
 */
export function watchStoreFile(path: string, onLost: (problem: string) => void): StoreFileWatch {
  const opened = identityOf(path);
  let isLost = false;

  function problem(): string | null {
    if (identityOf(path) === opened) return null;
    const text =
      `store "${path}" was removed or replaced while it was open: candles stored now are lost ` +
      'when the program ends; stop it, put the file back if you have it, and start again';
    if (!isLost) onLost(text);
    isLost = true;
    return text;
  }

  const timer = setInterval(problem, CHECK_EVERY_MS).unref();
  return { problem, stop: () => clearInterval(timer) };
}

/**
 * The files of a store: SQLite's write-ahead log, its index, and the database, which goes last: a log beside
 * another database would be played back into it.
 */
const SUFFIXES = ['-wal', '-shm', ''] as const;

/** Gives the files of a store another name; those that are not there are left out. */
export async function renameStore(path: string, target: string): Promise<void> {
  for (const suffix of SUFFIXES)
    if (existsSync(path + suffix)) await moveFile(path + suffix, target + suffix);
}

/** Removes the files of a store that was never used. */
export function removeStore(path: string): void {
  for (const suffix of SUFFIXES) rmSync(path + suffix, { force: true });
}

/** Device and inode; null without a file. */
function identityOf(path: string): string | null {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats ? `${stats.dev} ${stats.ino}` : null;
}
