import type { DatabaseSync } from 'node:sqlite';
import { type EpochMs, newRecord, type Series, type SeriesRecord, seriesKey } from '@candlelake/core';

interface SeriesRow {
  readonly id: number;
  readonly market: SeriesRecord['market'];
  readonly symbol: string;
  readonly interval: SeriesRecord['interval'];
  readonly first_slot: number | null;
  readonly kept_since: number | null;
  readonly launch_time: number | null;
  readonly price_precision: number | null;
  readonly first_available: number | null;
  readonly pending_first_available: number | null;
  readonly pending_read: number | null;
  readonly start_first_read: number | null;
  readonly start_last_read: number | null;
  readonly fill_days: number | null;
  readonly fill_from: number | null;
}

/** The record of a series, with its number in the file. */
export interface StoredSeries {
  readonly id: number;
  readonly record: SeriesRecord;
}

/** The records of all series. Writes are part of the caller's transaction. */
export interface SqliteSeries {
  /** Sorted by market, symbol, interval. */
  all(): SeriesRecord[];
  /** Null when the series is unknown. */
  find(series: Series): StoredSeries | null;
  /** The number of a series in the file; null when it is unknown. Takes half the time of {@link find}. */
  idOf(series: Series): number | null;
  /** Writes a record, adding the series if it is unknown; returns its number in the file. */
  write(record: SeriesRecord): number;
  /** The first slot of all series; null while there is no candle. */
  earliestSlot(): EpochMs | null;
}

/** The table `series` of an open database. */
export function createSqliteSeries(database: DatabaseSync): SqliteSeries {
  const selectAll = database.prepare('SELECT * FROM series');
  const selectOne = database.prepare('SELECT * FROM series WHERE market = ? AND symbol = ? AND interval = ?');
  const selectId = database.prepare('SELECT id FROM series WHERE market = ? AND symbol = ? AND interval = ?');
  const upsert = database.prepare(
    `INSERT INTO series (market, symbol, interval, first_slot, launch_time, price_precision, first_available,
     pending_first_available, pending_read, start_first_read, start_last_read, fill_days, fill_from, kept_since)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (market, symbol, interval) DO UPDATE SET first_slot = excluded.first_slot,
     launch_time = excluded.launch_time, price_precision = excluded.price_precision,
     first_available = excluded.first_available, pending_first_available = excluded.pending_first_available,
     pending_read = excluded.pending_read, start_first_read = excluded.start_first_read,
     start_last_read = excluded.start_last_read, fill_days = excluded.fill_days, fill_from = excluded.fill_from,
     kept_since = excluded.kept_since
     RETURNING id`,
  );
  const selectEarliest = database.prepare('SELECT min(first_slot) AS first FROM series');

  function find({ market, symbol, interval }: Series): StoredSeries | null {
    const row = selectOne.get(market, symbol, interval) as unknown as SeriesRow | undefined;
    return row ? { id: row.id, record: recordOf(row) } : null;
  }

  return {
    all: () => {
      const records = (selectAll.all() as unknown as SeriesRow[]).map(recordOf);
      return records.sort((a, b) => (seriesKey(a) < seriesKey(b) ? -1 : 1));
    },
    find,
    idOf: ({ market, symbol, interval }) => {
      const row = selectId.get(market, symbol, interval) as { readonly id: number } | undefined;
      return row?.id ?? null;
    },
    write: ({
      market,
      symbol,
      interval,
      firstSlot,
      keptSince,
      launchTime,
      pricePrecision,
      historyStart,
      fillWindow,
    }) => {
      const { firstAvailable, reads, pending } = historyStart;
      const answer = [pending?.firstAvailable ?? null, pending?.read ?? null];
      const span = [reads?.firstRead ?? null, reads?.lastRead ?? null];
      const window = [fillWindow?.days ?? null, fillWindow?.from ?? null];
      const facts = [firstSlot, launchTime, pricePrecision, firstAvailable, ...answer, ...span];
      return (upsert.get(market, symbol, interval, ...facts, ...window, keptSince) as { id: number }).id;
    },
    earliestSlot: () => (selectEarliest.get() as { first: EpochMs | null }).first,
  };
}

function recordOf(row: SeriesRow): SeriesRecord {
  const { pending_first_available: firstAvailable, pending_read: read } = row;
  const { start_first_read: firstRead, start_last_read: lastRead, fill_days: days, fill_from: from } = row;
  return {
    ...newRecord(row),
    firstSlot: row.first_slot,
    keptSince: row.kept_since,
    launchTime: row.launch_time,
    pricePrecision: row.price_precision,
    fillWindow: days === null || from === null ? null : { days, from },
    historyStart: {
      firstAvailable: row.first_available,
      reads: firstRead === null || lastRead === null ? null : { firstRead, lastRead },
      pending: firstAvailable === null || read === null ? null : { firstAvailable, read },
    },
  };
}
