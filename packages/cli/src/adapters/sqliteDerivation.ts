import {
  canonicalJson,
  DAY_MS,
  type DayCommit,
  type DerivationStore,
  daysOfAdvance,
  daysOfLake,
  type EpochMs,
  type IndicatorState,
  intervalMs,
  type LakeSettings,
  newRecord,
  type Series,
} from '@candlelake/core';
import type { SharedTables } from './sqliteCandles.ts';
import { createSqliteDerived, type SqliteDerived } from './sqliteDerived.ts';
import type { SqliteSeries } from './sqliteSeries.ts';

type Tables = SharedTables & { readonly derived: SqliteDerived };

/** The derivation's side of the SQLite store. */
export function createSqliteDerivation(shared: SharedTables): DerivationStore {
  const { connection, series, lake } = shared;
  const tables = { ...shared, derived: createSqliteDerived(connection.database) };
  return {
    readSettings: () => connection.read(() => lake.settings()),
    writeSettings: (settings) => connection.write(() => writeSettings(tables, settings)),
    readAsOf: () => connection.read(() => lake.asOf()),
    advanceAsOf: (asOf) => connection.write(() => advance(tables, asOf)),
    dirtyDays: () => connection.read(() => lake.marksBefore(lake.asOf())),
    readCheckpoint: (named, timeframeMinutes, day) =>
      connection.read(() => {
        const stored = series.find(named);
        const text = stored && tables.derived.checkpoint(stored.id, timeframeMinutes, day);
        return text === null ? null : (JSON.parse(text) as IndicatorState);
      }),
    commitDay: (commit) => connection.write(() => commitDay(tables, commit)),
    readCoverage: (named, from, to) =>
      connection.read(() => {
        const stored = series.find(named);
        return stored ? tables.derived.coverage(stored.id, from, to) : [];
      }),
  };
}

function writeSettings({ lake, derived, series }: Tables, settings: LakeSettings): void {
  const recorded = lake.settings();
  lake.writeSettings(settings);
  if (recorded === null || canonicalJson(recorded) === canonicalJson(settings)) return;
  derived.clear();
  lake.mark(daysOfLake(series.earliestSlot(), lake.asOf()));
}

function advance({ lake, series }: Tables, asOf: EpochMs): EpochMs {
  const before = lake.asOf();
  if (asOf <= before) return before;
  const settings = lake.settings();
  if (settings === null) throw new Error('the watermark moves by an interval: write the settings first');
  const slots = { firstSlot: series.earliestSlot(), intervalMs: intervalMs(settings.interval) };
  lake.mark(daysOfAdvance(before, asOf, slots));
  lake.writeAsOf(asOf);
  return asOf;
}

function commitDay({ lake, series, derived }: Tables, commit: DayCommit): boolean {
  const { day, checkpoints, coverage } = commit;
  if (!lake.unmark(commit)) return false;
  let isChanged = false;
  for (const { series: named, timeframeMinutes, state } of checkpoints) {
    const id = idOf(series, named);
    const text = canonicalJson(state);
    if (derived.checkpoint(id, timeframeMinutes, day) === text) continue;
    derived.writeCheckpoint(id, timeframeMinutes, day, text);
    isChanged = true;
  }
  for (const record of coverage) derived.writeCoverage(idOf(series, record.series), record);
  if (isChanged && day + DAY_MS < lake.asOf()) lake.mark(new Set([day + DAY_MS]));
  return true;
}

function idOf(series: SqliteSeries, named: Series): number {
  return series.find(named)?.id ?? series.write(newRecord(named));
}
