import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { isNotDatabase, StoreDamagedError, storeDamaged, storeError } from './sqliteErrors.ts';

/** Every wait for the lock of a writer blocks the thread, so it is short. */
const LOCK_WAIT_MS = 1_000;

/**
 * Checking a file of this size takes 1.5 s, in which the process does nothing else. In a larger file damage
 * is noticed when it is read.
 */
const MAX_CHECKED_BYTES = 268_435_456;

/**
 * Opens an existing store's file for reading. While no other process uses it, no file is created or changed,
 * so a folder without write permission is enough. Throws as SQLite does.
 */
export function openReadOnly(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  // Without a write-ahead log no process uses the store. SQLite would create one, except with `immutable`.
  // Source: https://sqlite.org/wal.html, "Read-Only Databases".
  if (!existsSync(`${path}-wal`)) url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true, timeout: LOCK_WAIT_MS });
}

/**
 * Checks the structure of a store's file at the start of a program, without changing it; a missing file is
 * fine. Throws StoreDamagedError with what SQLite found.
 */
export function checkStoreFile(path: string): void {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > 0 && bytes <= MAX_CHECKED_BYTES) check(path, 'quick_check');
}

/**
 * Checks a file of any size, the indexes included: a few seconds a gigabyte. Throws StoreDamagedError with
 * what SQLite found, also for a file that is no database at all.
 */
export function checkWholeStoreFile(path: string): void {
  check(path, 'integrity_check');
}

function check(path: string, pragma: 'quick_check' | 'integrity_check'): void {
  let finding: string;
  try {
    finding = runCheck(path, pragma);
  } catch (error) {
    const reason = storeError(error, path);
    if (reason instanceof StoreDamagedError) throw reason;
    if (isNotDatabase(error) && pragma === 'integrity_check') throw storeDamaged(path, 'not a database');
    // Any other error is reported by the connection that is opened next.
    return;
  }
  if (finding !== 'ok') throw storeDamaged(path, `${pragma}: ${finding}`);
}

/** The first finding, or "ok". */
function runCheck(path: string, pragma: string): string {
  const database = openReadOnly(path);
  try {
    const row = database.prepare(`PRAGMA ${pragma}(1)`).get() as Record<string, string>;
    return row[pragma]!.replace(/^\*+ in database main \*+\s*/, '');
  } finally {
    database.close();
  }
}
