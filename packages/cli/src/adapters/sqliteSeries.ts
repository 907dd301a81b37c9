import type { DatabaseSync } from 'node:sqlite';
import { newRecord, type Series, type SeriesRecord, seriesKey } from '@candlelake/core';

interface SeriesRow {
  readonly id: number;
  readonly market: SeriesRecord['market'];
  readonly symbol: string;
  readonly interval: SeriesRecord['interval'];
  readonly first_slot: number | null;
  readonly launch_time: number | null;
  readonly price_precision: number | null;
  readonly first_available: number | null;
  readonly pending_first_available: number | null;
  readonly pending_read: number | null;
}

/** The series of a store. All but `all` and `earliestSlot` are called inside a transaction or read what never changes. */
export interface SqliteSeries {
  all(): SeriesRecord[];
  /** The number of a series in the file; null when it is unknown. */
  id(series: Series): number | null;
  /** The number of a series, which is known from now on. */
  make(series: Series): number;
  record(id: number): SeriesRecord;
  write(id: number, record: SeriesRecord): void;
  /** The first slot of all series; null while there is no candle. */
  earliestSlot(): number | null;
}

/** The table `series` of an open database. */
export function createSqliteSeries(database: DatabaseSync): SqliteSeries {
  const selectAll = database.prepare('SELECT * FROM series');
  const selectOne = database.prepare('SELECT * FROM series WHERE id = ?');
  const selectId = database.prepare('SELECT id FROM series WHERE market = ? AND symbol = ? AND interval = ?');
  const insert = database.prepare('INSERT INTO series (market, symbol, interval) VALUES (?, ?, ?)');
  const update = database.prepare(
    `UPDATE series SET first_slot = ?, launch_time = ?, price_precision = ?, first_available = ?,
     pending_first_available = ?, pending_read = ? WHERE id = ?`,
  );
  const selectEarliest = database.prepare('SELECT min(first_slot) AS first FROM series');

  function id({ market, symbol, interval }: Series): number | null {
    const row = selectId.get(market, symbol, interval) as { id: number } | undefined;
    return row?.id ?? null;
  }

  return {
    all: () => {
      const records = (selectAll.all() as unknown as SeriesRow[]).map(recordOf);
      return records.sort((a, b) => (seriesKey(a) < seriesKey(b) ? -1 : 1));
    },
    id,
    make: (series) =>
      id(series) ?? Number(insert.run(series.market, series.symbol, series.interval).lastInsertRowid),
    record: (seriesId) => recordOf(selectOne.get(seriesId) as unknown as SeriesRow),
    write: (seriesId, { firstSlot, launchTime, pricePrecision, historyStart }) => {
      const { firstAvailable, pending } = historyStart;
      const answer = [pending?.firstAvailable ?? null, pending?.read ?? null];
      update.run(firstSlot, launchTime, pricePrecision, firstAvailable, ...answer, seriesId);
    },
    earliestSlot: () => (selectEarliest.get() as { first: number | null }).first,
  };
}

function recordOf(row: SeriesRow): SeriesRecord {
  const { pending_first_available: firstAvailable, pending_read: read } = row;
  return {
    ...newRecord(row),
    firstSlot: row.first_slot,
    launchTime: row.launch_time,
    pricePrecision: row.price_precision,
    historyStart: {
      firstAvailable: row.first_available,
      pending: firstAvailable === null || read === null ? null : { firstAvailable, read },
    },
  };
}
