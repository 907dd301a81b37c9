import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  type Absence,
  absenceToWrite,
  type Candle,
  candleToWrite,
  type EpochMs,
  type MergedSlot,
  MINUTE_MS,
  type Revision,
  revisionOf,
  type StoredDay,
  type Unreadable,
  unreadableToWrite,
} from '@candlelake/core';
import { DamagedRowError } from './sqliteErrors.ts';
import type { StoredSeries } from './sqliteSeries.ts';
import { readStoredCandle } from './storedJson.ts';

/**
 * The slots and the revisions by the number of their series. Writes are part of the caller's transaction.
 */
export interface SqliteSlots {
  /** What is stored of the slots that open in [from, to]. */
  read(seriesId: number, from: EpochMs, to: EpochMs): StoredDay;
  /** Whether nothing is stored of the slots that open in [from, to]. */
  isEmpty(seriesId: number, from: EpochMs, to: EpochMs): boolean;
  /** Writes a slot, and logs the final that it replaces; `at` is the process clock. */
  write(seriesId: number, slot: MergedSlot, at: EpochMs): void;
  /** Open time of the newest candle; null without one. */
  newest(seriesId: number): EpochMs | null;
  /** Oldest first. */
  revisions(series: StoredSeries): Revision[];
}

/** Tables of slots with the times of the first and the last read of history. */
const READS_TABLES = ['absences', 'unreadable'];

type RevisionRow = { openTime: number; at: number; before: string; after: string };

/** The tables `candles`, `absences`, `unreadable` and `revisions` of an open database. */
export function createSqliteSlots(database: DatabaseSync): SqliteSlots {
  const selectCandles = database.prepare(
    `SELECT open_time, open, high, low, close, volume, status, source, observed
     FROM candles WHERE series_id = ? AND open_time BETWEEN ? AND ? ORDER BY open_time`,
  );
  const selectNewest = database.prepare('SELECT max(open_time) AS newest FROM candles WHERE series_id = ?');
  const [selectAbsences, selectUnreadable] = READS_TABLES.map((table) =>
    database.prepare(
      `SELECT open_time, first_read, last_read
       FROM ${table} WHERE series_id = ? AND open_time BETWEEN ? AND ? ORDER BY open_time`,
    ),
  ) as [StatementSync, StatementSync];
  const selectAny = ['candles', ...READS_TABLES].map((table) =>
    database.prepare(`SELECT 1 FROM ${table} WHERE series_id = ? AND open_time BETWEEN ? AND ? LIMIT 1`),
  );
  // Reading rows as arrays is twice as fast as reading them as objects.
  selectCandles.setReturnArrays(true);
  selectAbsences.setReturnArrays(true);
  selectUnreadable.setReturnArrays(true);
  const upsertCandle = database.prepare(
    `INSERT OR REPLACE INTO candles
     (series_id, open_time, open, high, low, close, volume, status, source, observed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const [upsertAbsence, upsertUnreadable] = READS_TABLES.map((table) =>
    database.prepare(
      `INSERT OR REPLACE INTO ${table} (series_id, open_time, first_read, last_read) VALUES (?, ?, ?, ?)`,
    ),
  ) as [StatementSync, StatementSync];
  const insertRevision = database.prepare(
    'INSERT INTO revisions (series_id, open_time, at, before, after) VALUES (?, ?, ?, ?, ?)',
  );
  const selectRevisions = database.prepare(
    'SELECT open_time AS openTime, at, before, after FROM revisions WHERE series_id = ? ORDER BY id',
  );

  function writeCandle(seriesId: number, candle: Candle): void {
    const { openTime, open, high, low, close, volume, status, source, observed } = candle;
    upsertCandle.run(seriesId, openTime, open, high, low, close, volume, status, source, observed);
  }

  return {
    read: (seriesId, from, to) => ({
      candles: (selectCandles.all(seriesId, from, to) as unknown as CandleRow[]).map(candleOf),
      absences: (selectAbsences.all(seriesId, from, to) as unknown as ReadsRow[]).map(readsOf),
      unreadable: (selectUnreadable.all(seriesId, from, to) as unknown as ReadsRow[]).map(readsOf),
    }),
    isEmpty: (...range) => selectAny.every((select) => select.get(...range) === undefined),
    write: (seriesId, slot, at) => {
      const candle = candleToWrite(slot);
      if (candle !== null) writeCandle(seriesId, candle);
      const absence = absenceToWrite(slot);
      if (absence !== null) upsertAbsence.run(seriesId, slot.openTime, absence.firstRead, absence.lastRead);
      const row = unreadableToWrite(slot);
      if (row !== null) upsertUnreadable.run(seriesId, slot.openTime, row.firstRead, row.lastRead);
      const revision = revisionOf(slot, at);
      if (revision === null) return;
      const { before, after } = revision;
      insertRevision.run(seriesId, slot.openTime, at, JSON.stringify(before), JSON.stringify(after));
    },
    newest: (seriesId) => (selectNewest.get(seriesId) as { newest: EpochMs | null }).newest,
    revisions: ({ id, record: { market, symbol, interval } }) =>
      (selectRevisions.all(id) as unknown as RevisionRow[]).map(({ openTime, at, before, after }) => ({
        series: { market, symbol, interval },
        openTime,
        at,
        before: readStoredCandle(before),
        after: readStoredCandle(after),
      })),
  };
}

type Text = Candle['open'];
type CandleRow = readonly [
  EpochMs,
  Text,
  Text,
  Text,
  Text,
  Text,
  Candle['status'],
  Candle['source'],
  EpochMs,
];
type ReadsRow = readonly [EpochMs, EpochMs, EpochMs];

/** SQLite has no checksums: damaged values are noticed here, before they come into the lake. */
function candleOf(row: CandleRow): Candle {
  const [openTime, open, high, low, close, volume, status, source, observed] = row;
  const isIntact =
    openTime % MINUTE_MS === 0 &&
    isDecimal(open) &&
    isDecimal(high) &&
    isDecimal(low) &&
    isDecimal(close) &&
    isDecimal(volume);
  if (!isIntact) throw new DamagedRowError(`candle ${JSON.stringify(row)}`);
  return { openTime, open, high, low, close, volume, status, source, observed };
}

const ZERO = 48;
const NINE = 57;
const POINT = 46;

/** Only digits and points. A loop over the codes takes half the time of a regular expression. */
function isDecimal(text: unknown): boolean {
  if (typeof text !== 'string' || text === '') return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < ZERO || code > NINE) && code !== POINT) return false;
  }
  return true;
}

function readsOf([openTime, firstRead, lastRead]: ReadsRow): Absence & Unreadable {
  return { openTime, firstRead, lastRead };
}
