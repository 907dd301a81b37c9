import type { DerivationStore, EpochMs, NoticeStore, Outbox, PaceStore } from '@candlelake/core';
import { createSqliteCandles, type SqliteCandles } from './sqliteCandles.ts';
import {
  openConnection,
  openReadOnlyConnection,
  type SqliteConnection,
  type SqliteOptions,
} from './sqliteConnection.ts';
import { createSqliteDerivation } from './sqliteDerivation.ts';
import { storeError } from './sqliteErrors.ts';
import { createSqliteLake } from './sqliteLake.ts';
import { createSqliteNotices, type SqliteNotices } from './sqliteNotices.ts';
import { createSqlitePace } from './sqlitePace.ts';
import { createSqliteSeries } from './sqliteSeries.ts';

export interface SqliteStore extends SqliteCandles, DerivationStore, NoticeStore, PaceStore {
  /** Removes the sinks that are not in the list, and with them what waits for them. */
  keepSinks(sinks: readonly string[]): Promise<void>;
  /** Closes the connection. No call may be running. */
  close(): void;
}

/**
 * Opens the embedded store and creates a missing one. Any number of processes and threads may have it open.
 * `now` is the process clock. Throws ConfigError for a path or file that cannot be a store of this program,
 * and for a file with a newer schema.
 */
export function openSqliteStore(
  path: string,
  options: SqliteOptions & { readonly now: () => EpochMs },
): SqliteStore {
  return storeOn(openConnection(path, options), path, options.now);
}

/** The reading methods of a store. */
export type SqliteReader = Pick<
  SqliteStore,
  | 'readDay'
  | 'listSeries'
  | 'findSeries'
  | 'newestCandle'
  | 'revisions'
  | 'readSettings'
  | 'readAsOf'
  | 'dirtyDays'
  | 'readMark'
  | 'readCheckpoint'
  | 'readCoverage'
  | 'readObjects'
  | 'recentNotices'
  | 'close'
>;

/** Opens an existing store for reading only. Throws ConfigError for a file that is not a store. */
export function openSqliteReader(path: string): SqliteReader {
  return storeOn(openReadOnlyConnection(path), path, () => 0);
}

function storeOn(connection: SqliteConnection, path: string, now: () => EpochMs): SqliteStore {
  const { database } = connection;
  try {
    const shared = { connection, series: createSqliteSeries(database), lake: createSqliteLake(database) };
    const notices = createSqliteNotices(database);
    return {
      ...createSqliteCandles(shared, now),
      ...createSqliteDerivation(shared, notices),
      ...createSqlitePace(connection),
      recentNotices: (limit) => connection.read(() => notices.recent(limit)),
      openOutbox: (sink) => openOutbox(connection, notices, sink),
      keepSinks: (sinks) => connection.write(() => notices.keepSinks(sinks)),
      close: () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw storeError(error, path);
  }
}

async function openOutbox(
  connection: SqliteConnection,
  notices: SqliteNotices,
  sink: string,
): Promise<Outbox> {
  await connection.write(() => notices.addSink(sink));
  return {
    waiting: (limit) => connection.read(() => notices.waiting(sink, limit)),
    count: () => connection.read(() => notices.count(sink)),
    remove: (notice) => connection.write(() => notices.moveSink(sink, notice)),
  };
}
