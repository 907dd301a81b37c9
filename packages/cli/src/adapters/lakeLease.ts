import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock, LakeWriter } from '@candlelake/core';
import { isBusy, storeError } from './sqliteErrors.ts';

/** Runs `work` while no other process changes the same lake; waits for its turn. */
export type WithLakeLease = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/**
 * Pause between two attempts to get a lease that another process holds, in ms. That process derives a
 * run of days in milliseconds to seconds.
 */
const RETRY_MS = 100;

/**
 * The lease on a lake: an exclusive transaction on the file at `path`, which has no content. The operating
 * system ends it with the process, however that ends. Throws ConfigError when the file cannot be opened, and
 * the signal's reason when it aborts the wait.
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

/**
 * Takes the lease at `path` for the rest of the process, without waiting; null when another process holds it.
 * The caller keeps the result: the lease ends with it.
 */
export function takeLease(path: string): DatabaseSync | null {
  const database = openLock(path);
  if (tryLock(database, path)) return database;
  database.close();
  return null;
}

/**
 * The same writer with a lease around each step: files have no conditional write, so two processes on one
 * output folder take turns, run by run.
 */
export function leaseSteps(writer: LakeWriter, withLakeLease: WithLakeLease): LakeWriter {
  return {
    deriveRun: (range, signal) => withLakeLease(() => writer.deriveRun(range, signal), signal),
    inspect: (signal) => withLakeLease(() => writer.inspect(signal), signal),
    inspectShare: (share, signal) => withLakeLease(() => writer.inspectShare(share, signal), signal),
  };
}

function openLock(path: string): DatabaseSync {
  try {
    // An absolute path, because SQLite reads a path that begins with "file:" as a URI.
    return new DatabaseSync(resolve(path), { timeout: 0 });
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
