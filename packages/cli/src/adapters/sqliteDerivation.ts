import {
  type DayCommit,
  type DerivationStore,
  type EpochMs,
  type LakeSettings,
  newRecord,
  planAdvance,
  planCommit,
  planNotices,
  planSettings,
  type Series,
  startOfDay,
} from '@candlelake/core';
import { createSqliteDerived, type SqliteDerived } from './sqliteDerived.ts';
import type { SharedTables } from './sqliteMerge.ts';
import type { SqliteNotices } from './sqliteNotices.ts';
import { readStoredState } from './storedJson.ts';

type Tables = SharedTables & { readonly derived: SqliteDerived; readonly notices: SqliteNotices };

/** The derivation's side of the SQLite store. */
export function createSqliteDerivation(shared: SharedTables, notices: SqliteNotices): DerivationStore {
  const { connection, series, lake } = shared;
  const tables = { ...shared, derived: createSqliteDerived(connection.database), notices };
  return {
    readSettings: () => connection.read(() => lake.settings()),
    writeSettings: (settings) => connection.write(() => writeSettings(tables, settings)),
    readAsOf: () => connection.read(() => lake.asOf()),
    advanceAsOf: (asOf) => connection.write(() => advanceAsOf(tables, asOf)),
    lowerAsOf: (asOf) =>
      connection.write(() => {
        if (asOf >= lake.asOf()) return;
        lake.writeAsOf(asOf);
        const from = lake.noticesFrom();
        if (from !== null) lake.writeNoticesFrom(Math.min(from, asOf));
        lake.mark(new Set([startOfDay(asOf)]));
      }),
    dirtyDays: () => connection.read(() => lake.marksBefore(lake.asOf())),
    readMark: (day) => connection.read(() => lake.markOf(day)),
    readCheckpoint: (named, timeframeMinutes, day) =>
      connection.read(() => {
        const id = series.idOf(named);
        const text = id === null ? null : tables.derived.checkpoint(id, timeframeMinutes, day);
        return text === null ? null : readStoredState(text);
      }),
    commitDay: async (commit) => (await connection.write(() => commitDays(tables, [commit]))) === 1,
    commitDays: (commits) => connection.write(() => commitDays(tables, commits)),
    readCoverage: (named, from, to) =>
      connection.read(() => {
        const id = series.idOf(named);
        return id === null ? [] : tables.derived.coverage(id, from, to);
      }),
    readObjects: (from, to) => connection.read(() => tables.derived.objects(from, to)),
    readEncodings: (day) => connection.read(() => tables.derived.encodings(day)),
    markDays: (days) => connection.write(() => lake.mark(days)),
  };
}

function writeSettings({ lake, derived, series }: Tables, settings: LakeSettings): void {
  const plan = planSettings(recordOf(lake), settings, series.earliestSlot());
  if (plan === null) return;
  lake.writeSettings(settings);
  if (plan.dropsDerived) {
    derived.clear();
    lake.writeNoticesFrom(null);
  }
  lake.mark(plan.days);
}

function advanceAsOf({ lake, series }: Tables, asOf: EpochMs): EpochMs {
  const recorded = recordOf(lake);
  const days = planAdvance(recorded, asOf, series.earliestSlot());
  if (days === null) return recorded.asOf;
  lake.mark(days);
  lake.writeAsOf(asOf);
  lake.writeNoticesFrom(lake.noticesFrom() ?? asOf);
  return asOf;
}

function commitDays(tables: Tables, commits: readonly DayCommit[]): number {
  const refused = commits.findIndex((commit) => !tables.lake.unmark(commit));
  const accepted = refused === -1 ? commits : commits.slice(0, refused);
  const days = new Set(accepted.map(({ day }) => day));
  for (const commit of accepted) commitDay(tables, commit, days);
  return accepted.length;
}

/** Commits a day of a run of `days`, whose marks are cleared. */
function commitDay(
  { lake, series, derived, notices }: Tables,
  commit: DayCommit,
  days: ReadonlySet<EpochMs>,
): void {
  const { day, coverage, objects, encodings, crossovers: found = [] } = commit;
  const idOf = (named: Series) => series.idOf(named) ?? series.write(newRecord(named));
  const plan = planCommit(commit, lake.asOf(), (checkpoint) =>
    derived.checkpoint(idOf(checkpoint.series), checkpoint.timeframeMinutes, day),
  );
  for (const { series: named, timeframeMinutes, stateText } of plan.checkpoints) {
    derived.writeCheckpoint(idOf(named), timeframeMinutes, day, stateText);
  }
  for (const record of coverage) derived.writeCoverage(idOf(record.series), record);
  derived.writeObjects(day, objects);
  if (encodings) derived.writeEncodings(day, encodings);
  notices.add(day, planNotices({ known: notices.lastOfDay(day), found, since: lake.noticesFrom() }));
  lake.mark(new Set([...plan.days].filter((next) => !days.has(next))));
}

function recordOf(lake: Tables['lake']) {
  return { settings: lake.settings(), asOf: lake.asOf() };
}
