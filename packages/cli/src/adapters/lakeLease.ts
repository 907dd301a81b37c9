import { DatabaseSync } from 'node:sqlite';
import type { Clock, WithLakeLease } from '@candlelake/core';
import { isBusy, storeError } from './sqliteErrors.ts';

/** Between two tries for a lease that another process holds: a derivation takes seconds. */
const RETRY_MS = 100;

/**
 * The lease on a lake: an exclusive transaction on the file at `path`, which holds nothing. The system drops it with the process that has it,
 * however that ends. Throws ConfigError when the file cannot be opened, and the signal's reason when it aborts the wait.
 */
export function createLakeLease(path: string, clock: Clock): WithLakeLease {
  return async (work, signal) => {
    const database = openLock(path);
    try {
      while (!tryLock(database, path)) await clock.sleep(RETRY_MS, signal);
      signal.throwIfAborted();
      return await work();
    } finally {
      database.close();
    }
  };
}

function openLock(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw storeError(error, path);
  }
}

function tryLock(database: DatabaseSync, path: string): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw storeError(error, path);
  }
}
