import type { CandleStore, DerivationStore, EpochMs, PaceStore } from '@candlelake/core';
import { createSqliteCandles } from './sqliteCandles.ts';
import { openConnection, type SqliteOptions } from './sqliteConnection.ts';
import { createSqliteDerivation } from './sqliteDerivation.ts';
import { createSqliteLake } from './sqliteLake.ts';
import { createSqlitePace } from './sqlitePace.ts';
import { createSqliteSeries } from './sqliteSeries.ts';

export interface SqliteStore extends CandleStore, DerivationStore, PaceStore {
  /** Ends the connection; no call may be under way. */
  close(): void;
}

/**
 * Opens the embedded store, and makes it if there is none. Any number of processes and threads may hold it open. `now` is the process clock.
 * Throws ConfigError for a path or file that cannot be a store of this program, one of a newer schema included.
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
