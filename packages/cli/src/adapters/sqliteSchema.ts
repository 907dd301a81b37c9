import type { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '@candlelake/core';

/**
 * The steps of the schema; `user_version` of a file is the number of steps that it has taken. Steps are
 * added, never changed. Instants are epoch ms. Prices and volumes are the exchange's decimal text; `status`
 * and `source` are words, so that any SQLite tool can read the file. Their checks use OR: with IN, SQLite
 * builds an index for each row, and a write took twice as long.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    market TEXT NOT NULL,
    symbol TEXT NOT NULL,
    interval TEXT NOT NULL,
    first_slot INTEGER,
    launch_time INTEGER,
    price_precision INTEGER,
    first_available INTEGER,
    pending_first_available INTEGER,
    pending_read INTEGER,
    UNIQUE (market, symbol, interval)
  ) STRICT;

  CREATE TABLE candles (
    series_id INTEGER NOT NULL REFERENCES series (id),
    open_time INTEGER NOT NULL,
    open TEXT NOT NULL,
    high TEXT NOT NULL,
    low TEXT NOT NULL,
    close TEXT NOT NULL,
    volume TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status = 'final' OR status = 'provisional' OR status = 'imported'),
    source TEXT NOT NULL CHECK (source = 'history' OR source = 'stream' OR source = 'import'),
    observed INTEGER NOT NULL,
    PRIMARY KEY (series_id, open_time)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE absences (
    series_id INTEGER NOT NULL REFERENCES series (id),
    open_time INTEGER NOT NULL,
    first_read INTEGER NOT NULL,
    last_read INTEGER NOT NULL,
    PRIMARY KEY (series_id, open_time)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE revisions (
    id INTEGER PRIMARY KEY,
    series_id INTEGER NOT NULL REFERENCES series (id),
    open_time INTEGER NOT NULL,
    at INTEGER NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
  ) STRICT;
  CREATE INDEX revisions_of_series ON revisions (series_id);

  CREATE TABLE lake (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    settings TEXT,
    as_of INTEGER NOT NULL,
    generation INTEGER NOT NULL
  ) STRICT;
  INSERT INTO lake VALUES (1, NULL, 0, 0);

  CREATE TABLE dirty_days (
    day INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE checkpoints (
    series_id INTEGER NOT NULL REFERENCES series (id),
    timeframe_minutes INTEGER NOT NULL,
    day INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (series_id, timeframe_minutes, day)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE coverage (
    series_id INTEGER NOT NULL REFERENCES series (id),
    day INTEGER NOT NULL,
    expected INTEGER NOT NULL,
    final INTEGER NOT NULL,
    provisional INTEGER NOT NULL,
    quiet INTEGER NOT NULL,
    unavailable INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    first_missing INTEGER,
    PRIMARY KEY (series_id, day)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE request_starts (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE request_pause (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    ordered_at INTEGER NOT NULL,
    until INTEGER NOT NULL
  ) STRICT;
  INSERT INTO request_pause VALUES (1, 0, 0);
  `,
  `
  CREATE TABLE lake_objects (
    day INTEGER NOT NULL,
    path TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (day, path)
  ) STRICT, WITHOUT ROWID;
  `,
  // The days of an older file with empty slots are due for a later look: 0 is always in the past.
  `
  CREATE TABLE unreadable (
    series_id INTEGER NOT NULL REFERENCES series (id),
    open_time INTEGER NOT NULL,
    first_read INTEGER NOT NULL,
    last_read INTEGER NOT NULL,
    PRIMARY KEY (series_id, open_time)
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE series ADD COLUMN start_first_read INTEGER;
  ALTER TABLE series ADD COLUMN start_last_read INTEGER;
  ALTER TABLE series ADD COLUMN fill_days INTEGER;
  ALTER TABLE series ADD COLUMN fill_from INTEGER;

  ALTER TABLE coverage ADD COLUMN next_look INTEGER;
  UPDATE coverage SET next_look = 0 WHERE quiet > 0;
  `,
  // What an older file holds is history for the notices of crossovers.
  `
  ALTER TABLE series ADD COLUMN kept_since INTEGER;
  UPDATE series SET kept_since = (SELECT as_of FROM lake) WHERE first_slot IS NOT NULL;
  ALTER TABLE lake ADD COLUMN notices_from INTEGER;

  CREATE TABLE notices (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    day INTEGER NOT NULL,
    event TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    close_time INTEGER NOT NULL,
    notice TEXT NOT NULL,
    UNIQUE (day, event, sequence)
  ) STRICT;
  CREATE INDEX notices_by_close ON notices (close_time);

  CREATE TABLE sinks (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // One row with the state as text: it changes with each request, and is read whole.
  `
  CREATE TABLE request_pace (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    state TEXT NOT NULL
  ) STRICT;
  INSERT INTO request_pace
    SELECT 1, json_object('starts', '', 'pause', json_object('from', ordered_at, 'until', until), 'routes', json('{}'))
    FROM request_pause;
  DROP TABLE request_pause;
  DROP TABLE request_starts;
  `,
  `
  CREATE TABLE encodings (
    day INTEGER NOT NULL,
    path TEXT NOT NULL,
    version TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (day, path)
  ) STRICT, WITHOUT ROWID;
  `,
];

/**
 * Brings a file to the newest schema, each step in its own transaction. Throws ConfigError for a file of a
 * newer candlelake or of another program.
 */
export function migrate(
  database: DatabaseSync,
  path: string,
  migrations: readonly string[] = MIGRATIONS,
): void {
  while (readVersion(database, path, migrations.length) < migrations.length) {
    database.exec('BEGIN IMMEDIATE');
    try {
      // Another process may have taken the step while this one waited for the lock.
      const version = readVersion(database, path, migrations.length);
      if (version < migrations.length) {
        database.exec(`${migrations[version]}; PRAGMA user_version = ${version + 1}`);
      }
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Throws ConfigError unless the file has the newest schema, for connections that cannot migrate it. */
export function requireNewestSchema(database: DatabaseSync, path: string): void {
  if (readVersion(database, path, MIGRATIONS.length) === MIGRATIONS.length) return;
  throw new ConfigError(
    `store "${path}" has the schema of an older candlelake, expected the newest: ` +
      'run a command that writes it once',
  );
}

function readVersion(database: DatabaseSync, path: string, known: number): number {
  // One statement, because another process may create the tables between two.
  const { version, hasTables } = database
    .prepare(
      `SELECT user_version AS version, EXISTS (SELECT 1 FROM sqlite_schema) AS hasTables
       FROM pragma_user_version`,
    )
    .get() as { version: number; hasTables: number };
  if (version > known) {
    throw new ConfigError(
      `store "${path}" has schema version ${version}, this candlelake knows versions up to ${known}: ` +
        'use the newer candlelake that wrote it, or another output folder',
    );
  }
  if (version === 0 && hasTables) {
    throw new ConfigError(
      `"${path}" is a database of another program; expected a candlelake store or no file`,
    );
  }
  return version;
}
