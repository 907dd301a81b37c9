import type { CandleStore, DerivationStore, EpochMs, PaceStore } from '@candlelake/core';
import { createSqliteCandles } from './sqliteCandles.ts';
import { openConnection, type SqliteOptions } from './sqliteConnection.ts';
import { createSqliteDerivation } from './sqliteDerivation.ts';
import { createSqliteLake } from './sqliteLake.ts';
import { createSqlitePace } from './sqlitePace.ts';
import { createSqliteSeries } from './sqliteSeries.ts';

export interface SqliteStore extends CandleStore, DerivationStore, PaceStore {
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
  const connection = openConnection(path, options);
  const { database } = connection;
  const shared = { connection, series: createSqliteSeries(database), lake: createSqliteLake(database) };
  return {
    ...createSqliteCandles(shared, options.now),
    ...createSqliteDerivation(shared),
    ...createSqlitePace(connection, options.now),
    close: () => connection.close(),
  };
}
