import { DatabaseSync } from 'node:sqlite';
import { DAY_MS, type EpochMs, type ImportStage, type StagedRow, startOfDay } from '@candlelake/core';

/** SQLite's name of a database in a temporary file that is deleted when it is closed or the process ends. */
const TEMPORARY = '';
/** More of the stage than this is in the file. */
const CACHE_KIB = 16_384;

type StoredRow = readonly [EpochMs, number, string, string, string, string, string];

/** A stage in a temporary file of SQLite: in the folder `SQLITE_TMPDIR`, else that of the system. */
export function createSqliteStage(): ImportStage {
  const database = new DatabaseSync(TEMPORARY);
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
  database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  database.exec(`CREATE TABLE staged (open_time INTEGER PRIMARY KEY, line INTEGER, open TEXT, high TEXT, low TEXT, close TEXT,
    volume TEXT) STRICT; BEGIN`);
  const insert = database.prepare('INSERT OR IGNORE INTO staged VALUES (?, ?, ?, ?, ?, ?, ?)');
  const selectOne = database.prepare('SELECT * FROM staged WHERE open_time = ?');
  const selectSpan = database.prepare(
    'SELECT count(*) AS count, coalesce(min(open_time), 0) AS first, coalesce(max(open_time), 0) AS last FROM staged',
  );
  const selectRange = database.prepare(
    'SELECT * FROM staged WHERE open_time >= ? AND open_time < ? ORDER BY open_time',
  );
  const selectNext = database.prepare('SELECT min(open_time) AS next FROM staged WHERE open_time >= ?');
  selectOne.setReturnArrays(true);
  selectRange.setReturnArrays(true);

  function* days(): Generator<readonly StagedRow[]> {
    let from = 0;
    for (;;) {
      const { next } = selectNext.get(from) as { next: EpochMs | null };
      if (next === null) return;
      from = startOfDay(next) + DAY_MS;
      yield (selectRange.all(next, from) as unknown as StoredRow[]).map(rowOf);
    }
  }

  return {
    add(rows) {
      for (const row of rows) {
        const { openTime, line, open, high, low, close, volume } = row;
        if (insert.run(openTime, line, open, high, low, close, volume).changes > 0) continue;
        const first = rowOf(selectOne.get(openTime) as unknown as StoredRow);
        if (!hasEqualValues(first, row)) return { first, second: row };
      }
      return null;
    },
    span: () => ({ ...(selectSpan.get() as { count: number; first: EpochMs; last: EpochMs }) }),
    days,
    close: () => database.close(),
  };
}

function rowOf([openTime, line, open, high, low, close, volume]: StoredRow): StagedRow {
  return { openTime, line, open, high, low, close, volume };
}

const VALUES = ['open', 'high', 'low', 'close', 'volume'] as const;

function hasEqualValues(one: StagedRow, other: StagedRow): boolean {
  return VALUES.every((name) => one[name] === other[name]);
}
