import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  DAY_MS,
  type EpochMs,
  type FileRow,
  type ImportStage,
  isIrregular,
  type StageClash,
  type StagedRow,
  startOfDay,
  valuesText,
} from '@candlelake/core';
import { IN_MEMORY } from './sqliteConnection.ts';

/** Open times of staged rows, both included. */
export interface StagedRange {
  readonly first: EpochMs;
  readonly last: EpochMs;
}

/** A stage on the connection of a store; its rows are in the table `stage.rows`. */
export interface SqliteStage extends ImportStage {
  /** The range of the rows from `from` on and before `until`; null when there are none. */
  range(from: EpochMs, until: EpochMs): StagedRange | null;
  /** Ascending by open time. */
  rows(range: StagedRange): StagedRow[];
  /** The rows that are irregular candles. */
  irregularRows(range: StagedRange): StagedRow[];
}

/** More of the stage than this is in its file. */
const CACHE_KIB = 1_024;

/** So many places are read at once. */
const PLACES = 500;

type StoredRow = readonly [EpochMs, number, string, string, string, string, string];

/** A stage without a store. */
export function createSqliteStage(): ImportStage {
  const database = new DatabaseSync(IN_MEMORY);
  return { ...attachSqliteStage(database), close: () => database.close() };
}

/**
 * Attaches a stage to a connection: a temporary file of SQLite in the folder `SQLITE_TMPDIR`, else in that of
 * the system, which is deleted when the stage or the connection is closed.
 */
export function attachSqliteStage(database: DatabaseSync): SqliteStage {
  database.exec(`ATTACH '' AS stage; PRAGMA stage.journal_mode = OFF; PRAGMA stage.synchronous = OFF;
    PRAGMA stage.mmap_size = 0; PRAGMA stage.cache_size = -${CACHE_KIB};
    CREATE TABLE stage.rows (open_time INTEGER PRIMARY KEY, line INTEGER, open TEXT, high TEXT, low TEXT, close TEXT,
    volume TEXT) STRICT;
    CREATE TABLE stage.irregular (open_time INTEGER PRIMARY KEY) STRICT`);
  const adder = createAdder(database);
  const selectPlaces = database.prepare(
    `SELECT line, open_time AS openTime FROM stage.rows WHERE open_time > ? ORDER BY open_time LIMIT ${PLACES}`,
  );
  const selectRange = database.prepare(
    `SELECT (SELECT min(open_time) FROM stage.rows WHERE open_time >= ?) AS first,
     (SELECT max(open_time) FROM stage.rows WHERE open_time < ?) AS last`,
  );
  const selectRows = arrays(
    database,
    'SELECT * FROM stage.rows WHERE open_time BETWEEN ? AND ? ORDER BY open_time',
  );
  const selectIrregular = arrays(
    database,
    // Few rows are irregular: CROSS JOIN looks for them first.
    `SELECT rows.* FROM stage.irregular CROSS JOIN stage.rows USING (open_time) WHERE open_time BETWEEN ? AND ?`,
  );

  function range(from: EpochMs, until: EpochMs): StagedRange | null {
    const { first, last } = selectRange.get(from, until) as { first: EpochMs | null; last: EpochMs | null };
    return first === null || last === null || first > last ? null : { first, last };
  }
  const rowsFrom = (select: StatementSync) => {
    return ({ first, last }: StagedRange) => (select.all(first, last) as unknown as StoredRow[]).map(rowOf);
  };
  const rows = rowsFrom(selectRows);

  return {
    add: adder.add,
    span: adder.span,
    *places() {
      for (let after = 0; ; ) {
        const places = selectPlaces.all(after) as unknown as FileRow[];
        if (places.length === 0) return;
        after = places.at(-1)!.openTime;
        yield places;
      }
    },
    *days() {
      for (const day of rangesOf({ range }, adder.span(), 1)) yield rows(day);
    },
    ...{ range, rows },
    irregularRows: rowsFrom(selectIrregular),
    close() {
      // A connection that was closed has dropped its stage.
      if (database.isOpen) database.exec('DETACH stage');
    },
  };
}

/** The rows within a range in ranges of at most so many days, ascending. */
export function* rangesOf(
  stage: Pick<SqliteStage, 'range'>,
  { first, last }: StagedRange,
  days: number,
): Generator<StagedRange> {
  const end = last + 1;
  for (let rest = stage.range(first, end); rest !== null; ) {
    const until = startOfDay(rest.first) + days * DAY_MS;
    yield stage.range(rest.first, Math.min(until, end))!;
    rest = stage.range(until, end);
  }
}

function createAdder(database: DatabaseSync): Pick<ImportStage, 'add' | 'span'> {
  const insert = database.prepare('INSERT OR IGNORE INTO stage.rows VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertIrregular = database.prepare('INSERT INTO stage.irregular VALUES (?)');
  const selectOne = arrays(database, 'SELECT * FROM stage.rows WHERE open_time = ?');

  let count = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;

  /** Returns the different row of its slot. */
  function addOne(row: StagedRow): StagedRow | null {
    const { openTime, line, open, high, low, close, volume } = row;
    if (insert.run(openTime, line, open, high, low, close, volume).changes > 0) {
      count += 1;
      first = Math.min(first, openTime);
      last = Math.max(last, openTime);
      if (isIrregular(row)) insertIrregular.run(openTime);
      return null;
    }
    const other = rowOf(selectOne.get(openTime) as unknown as StoredRow);
    return valuesText(other) === valuesText(row) ? null : other;
  }

  function add(rows: readonly StagedRow[]): StageClash | null {
    // One transaction for many rows; there is no journal to roll back.
    database.exec('BEGIN');
    try {
      for (const second of rows) {
        const other = addOne(second);
        if (other) return { first: other, second };
      }
      return null;
    } finally {
      database.exec('COMMIT');
    }
  }

  return { add, span: () => ({ count, first: count === 0 ? 0 : first, last }) };
}

/** A query that returns rows as arrays. */
function arrays(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

function rowOf([openTime, line, open, high, low, close, volume]: StoredRow): StagedRow {
  return { openTime, line, open, high, low, close, volume };
}
