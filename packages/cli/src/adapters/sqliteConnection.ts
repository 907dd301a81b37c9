import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '@candlelake/core';
import { isBusy, StoreDamagedError, storeError } from './sqliteErrors.ts';
import { openReadOnly } from './sqliteReadOnly.ts';
import { migrate, requireNewestSchema } from './sqliteSchema.ts';

export interface SqliteOptions {
  /** Reads go through a memory map of the file. */
  readonly memoryMapped?: boolean;
  /** Memory for pages of the file. */
  readonly cacheKib?: number;
  /** How long a call waits for the locks of other processes before it throws RetryableError. */
  readonly busyTimeoutMs?: number;
  /** Called at the first call that finds the file damaged. */
  readonly onDamage?: (error: StoreDamagedError) => void;
}

/**
 * One connection to the store's file. After the first StoreDamagedError every call throws it, so that nothing
 * more is written.
 */
export interface SqliteConnection {
  readonly database: DatabaseSync;
  /** Runs `work` and returns its result. Waits while another process holds the file's lock. */
  read<T>(work: () => T): Promise<T>;
  /** Runs `work` as one exclusive write transaction, and returns its result when it is on the disk. */
  write<T>(work: () => T): Promise<T>;
  /**
   * As {@link write}, with work that waits in between. The file's lock is held until it is done; nothing else
   * may use the connection meanwhile.
   */
  writeLong<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
}

/** The path of a database that lives as long as its connection. */
export const IN_MEMORY = ':memory:';

/** Longer than the longest known transaction, the import of a few years of 1m candles. */
const BUSY_TIMEOUT_MS = 30_000;

/**
 * SQLite's own wait blocks the thread, and with it the WebSocket's pings. So it is short, and a timer does
 * the long wait.
 */
const BLOCKING_WAIT_MS = 20;
const RETRY_PAUSE_MS = 10;

/**
 * Largest part of the file that is mapped. It takes address space, not memory, and holds a hundred
 * symbol-years of 3m candles. SQLite's limit is just below 2 GiB.
 */
const MAP_BYTES = 1_073_741_824;

/** Enough for the pages of today's candles of a few thousand series to stay in memory between writes. */
const CACHE_KIB = 32_768;

/**
 * Tries to switch to the write-ahead log. A try that fails waits for the other connection, so a few are
 * enough.
 */
const LOG_TRIES = 20;

/** The size that the write-ahead log is cut back to after a big import. */
const LOG_BYTES = 67_108_864;

/**
 * Opens the store's file, creates a missing one, and brings its schema up to date. Every commit is on the
 * disk when it returns (WAL, synchronous FULL). Throws ConfigError when the path cannot be a store of this
 * program.
 */
export function openConnection(path: string, options: SqliteOptions = {}): SqliteConnection {
  const { memoryMapped = false, cacheKib = CACHE_KIB, busyTimeoutMs = BUSY_TIMEOUT_MS, onDamage } = options;
  const database = openDatabase(path, { memoryMapped, cacheKib, busyTimeoutMs });
  return createConnection(database, { path, busyTimeoutMs, onDamage });
}

/**
 * Opens an existing store for reading. Throws ConfigError for a file that is not a store or needs a
 * migration.
 */
export function openReadOnlyConnection(path: string): SqliteConnection {
  let database: DatabaseSync | undefined;
  try {
    database = openReadOnly(path);
    requireNewestSchema(database, path);
  } catch (error) {
    database?.close();
    throw storeError(error, path);
  }
  return createConnection(database, { path, busyTimeoutMs: BUSY_TIMEOUT_MS, onDamage: undefined });
}

interface ConnectionOptions {
  readonly path: string;
  readonly busyTimeoutMs: number;
  readonly onDamage: SqliteOptions['onDamage'];
}

function createConnection(
  database: DatabaseSync,
  { path, busyTimeoutMs, onDamage }: ConnectionOptions,
): SqliteConnection {
  let damage: StoreDamagedError | null = null;

  /** The error for the caller; after damage nothing more is written. */
  function failureOf(error: unknown): unknown {
    const reason = storeError(error, path);
    if (reason instanceof StoreDamagedError && reason !== damage) {
      damage = reason;
      onDamage?.(reason);
    }
    return reason;
  }

  async function retryWhileBusy<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + busyTimeoutMs;
    for (;;) {
      if (damage) throw damage;
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw failureOf(error);
      }
      await delay(RETRY_PAUSE_MS);
    }
  }

  return {
    database,
    read: retryWhileBusy,
    write: (work) => retryWhileBusy(() => transact(database, work)),
    async writeLong(work) {
      await retryWhileBusy(() => database.exec('BEGIN IMMEDIATE'));
      try {
        const result = await work();
        await retryWhileBusy(() => database.exec('COMMIT'));
        return result;
      } catch (error) {
        // A closed connection has rolled back.
        if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
        throw failureOf(error);
      }
    },
    close: () => database.close(),
  };
}

function openDatabase(
  path: string,
  { memoryMapped, cacheKib, busyTimeoutMs }: Required<Omit<SqliteOptions, 'onDamage'>>,
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // An absolute path, because SQLite reads a path that begins with "file:" as a URI.
    database = new DatabaseSync(path === IN_MEMORY ? path : resolve(path), { timeout: busyTimeoutMs });
    migrate(database, path);
    useWriteAheadLog(database);
    database.exec('PRAGMA synchronous = FULL');
    database.exec(`PRAGMA cache_size = -${cacheKib}`);
    database.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
    mapFile(database, path, memoryMapped ? MAP_BYTES : 0);
    database.exec(`PRAGMA busy_timeout = ${Math.min(BLOCKING_WAIT_MS, busyTimeoutMs)}`);
    return database;
  } catch (error) {
    database?.close();
    throw storeError(error, path);
  }
}

/**
 * SQLite does not wait when two connections switch a new file to the log at the same time: one of them fails.
 */
function useWriteAheadLog(database: DatabaseSync): void {
  for (let tries = 1; ; tries++) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || tries === LOG_TRIES) throw error;
    }
    // Waits for the lock of the other connection.
    database.exec('BEGIN IMMEDIATE; COMMIT');
  }
}

function mapFile(database: DatabaseSync, path: string, bytes: number): void {
  // A database in memory answers with no row.
  const row = database.prepare(`PRAGMA mmap_size = ${bytes}`).get();
  if ((row?.mmap_size ?? 0) !== bytes)
    throw new ConfigError(`store "${path}" cannot be memory-mapped on this system`);
}

function transact<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite rolls back by itself when the disk is full.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
