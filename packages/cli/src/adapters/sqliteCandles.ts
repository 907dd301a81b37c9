import {
  type CandleStore,
  DAY_MS,
  EMPTY_DAY,
  type EpochMs,
  planDescription,
  type Series,
  type StoreStage,
} from '@candlelake/core';
import { openStoreStage } from './sqliteImport.ts';
import { mergeFacts, type SharedTables } from './sqliteMerge.ts';
import { createSqliteSlots } from './sqliteSlots.ts';

export interface SqliteCandles extends CandleStore {
  /** Opens a stage for an import. One at a time. */
  openStage(): StoreStage;
  /** Open time of the newest candle of a series; null without one. */
  newestCandle(series: Series): Promise<EpochMs | null>;
}

/** The candle side of the SQLite store. `now` is the process clock. */
export function createSqliteCandles(shared: SharedTables, now: () => EpochMs): SqliteCandles {
  const { connection, series, lake } = shared;
  const tables = { ...shared, slots: createSqliteSlots(connection.database) };
  return {
    listSeries: () => connection.read(() => series.all()),
    findSeries: (wanted) => connection.read(() => series.find(wanted)?.record ?? null),
    describeSeries: (named, facts) =>
      connection.write(() => {
        const stored = series.find(named);
        const { record, days } = planDescription(named, stored?.record ?? null, facts, lake.asOf());
        if (record !== null) series.write(record);
        lake.mark(days);
      }),
    merge: (facts) => connection.write(() => mergeFacts(tables, facts, now())),
    openStage: () => openStoreStage(tables, now),
    readDay: (named, day) =>
      connection.read(() => {
        const id = series.idOf(named);
        return id === null ? EMPTY_DAY : tables.slots.read(id, day, day + DAY_MS - 1);
      }),
    newestCandle: (named) =>
      connection.read(() => {
        const id = series.idOf(named);
        return id === null ? null : tables.slots.newest(id);
      }),
    revisions: (named) =>
      connection.read(() => {
        const stored = series.find(named);
        return stored ? tables.slots.revisions(stored) : [];
      }),
  };
}
