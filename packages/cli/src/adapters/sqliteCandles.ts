import {
  boundsOf,
  type CandleStore,
  changeSlot,
  DAY_MS,
  describedRecord,
  type EpochMs,
  gatherEvidence,
  mergedRecord,
  type SeriesRecord,
  type SlotFacts,
  seriesKey,
  slotsInLake,
  staleDays,
  startOfDay,
} from '@candlelake/core';
import type { SqliteConnection } from './sqliteConnection.ts';
import type { SqliteLake } from './sqliteLake.ts';
import type { SqliteSeries, StoredSeries } from './sqliteSeries.ts';
import { createSqliteSlots, type SqliteSlots } from './sqliteSlots.ts';

/** The parts of the file that the candle and the derivation side of the store share. */
export interface SharedTables {
  readonly connection: SqliteConnection;
  readonly series: SqliteSeries;
  readonly lake: SqliteLake;
}

type Tables = SharedTables & { readonly slots: SqliteSlots };

/** The candle side of the SQLite store. `now` is the process clock. */
export function createSqliteCandles(shared: SharedTables, now: () => EpochMs): CandleStore {
  const { connection, series, lake } = shared;
  const tables = { ...shared, slots: createSqliteSlots(connection.database) };
  return {
    listSeries: () => connection.read(() => series.all()),
    findSeries: (wanted) => connection.read(() => series.find(wanted)?.record ?? null),
    describeSeries: (named, facts) =>
      connection.write(() => {
        const stored = series.make(named);
        const after = describedRecord(stored.record, facts);
        lake.mark(writeRecord(tables, stored, { after, changedSlots: [], asOf: lake.asOf() }));
      }),
    merge: (facts) => connection.write(() => mergeAll(tables, facts, now())),
    readDay: (named, day) =>
      connection.read(() => {
        const stored = series.find(named);
        return stored ? tables.slots.read(stored.id, day, day + DAY_MS - 1) : { candles: [], absences: [] };
      }),
    revisions: (named) =>
      connection.read(() => {
        const stored = series.find(named);
        return stored ? tables.slots.revisions(stored) : [];
      }),
  };
}

function mergeAll(tables: Tables, facts: readonly SlotFacts[], at: EpochMs): number {
  let visible = 0;
  const stale = new Set<EpochMs>();
  const asOf = tables.lake.asOf();
  for (const ofSeries of Map.groupBy(facts, ({ series }) => seriesKey(series)).values()) {
    const stored = tables.series.make(ofSeries[0]!.series);
    const { opened, visibleSlots } = mergeSlots(tables, stored.id, ofSeries, at);
    const answers = ofSeries.flatMap(({ historyStart }) => historyStart ?? []);
    const after = mergedRecord(stored.record, opened, answers);
    const changedSlots = slotsInLake(after.firstSlot, visibleSlots);
    for (const day of writeRecord(tables, stored, { after, changedSlots, asOf })) stale.add(day);
    visible += changedSlots.length;
  }
  tables.lake.mark(stale);
  return visible;
}

/** Writes what the facts change in the slots of one series: a read of each day's window, then only the differences. */
function mergeSlots(tables: Tables, id: number, facts: readonly SlotFacts[], at: EpochMs) {
  const opened: EpochMs[] = [];
  const visibleSlots: EpochMs[] = [];
  const candles = Map.groupBy(
    facts.flatMap((fact) => fact.candles ?? []),
    ({ openTime }) => startOfDay(openTime),
  );
  const absences = Map.groupBy(
    facts.flatMap((fact) => fact.absences ?? []),
    ({ openTime }) => startOfDay(openTime),
  );
  for (const day of new Set([...candles.keys(), ...absences.keys()])) {
    const told = gatherEvidence(candles.get(day) ?? [], absences.get(day) ?? []);
    const openTimes = [...told.keys()];
    const window = tables.slots.read(id, Math.min(...openTimes), Math.max(...openTimes));
    const stored = gatherEvidence(window.candles, window.absences);
    for (const [openTime, evidence] of told) {
      const change = changeSlot(openTime, stored.get(openTime) ?? { candle: null, absence: null }, evidence);
      if (change === null) continue;
      tables.slots.apply(id, change, at);
      if (change.candle !== null) opened.push(openTime);
      if (change.visible) visibleSlots.push(openTime);
    }
  }
  return { opened, visibleSlots };
}

interface RecordChange {
  readonly after: SeriesRecord;
  readonly changedSlots: readonly EpochMs[];
  readonly asOf: EpochMs;
}

/** Writes the record of a series if it differs, and returns the days that the change makes stale. */
function writeRecord(tables: Tables, { id, record }: StoredSeries, change: RecordChange): Set<EpochMs> {
  const { after, changedSlots, asOf } = change;
  if (after !== record) tables.series.write({ id, record: after });
  return staleDays({ before: boundsOf(record), after: boundsOf(after), changedSlots, asOf });
}
