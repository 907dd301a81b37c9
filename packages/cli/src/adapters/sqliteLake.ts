import type { DatabaseSync } from 'node:sqlite';
import { canonicalJson, type DirtyDay, type EpochMs, type LakeSettings } from '@candlelake/core';
import { readStoredSettings } from './storedJson.ts';

/** The settings, the watermark and the marks. Writes are part of the caller's transaction. */
export interface SqliteLake {
  settings(): LakeSettings | null;
  writeSettings(settings: LakeSettings): void;
  asOf(): EpochMs;
  writeAsOf(asOf: EpochMs): void;
  /** Bars that closed by then are history under the present settings; null before the watermark is raised. */
  noticesFrom(): EpochMs | null;
  writeNoticesFrom(from: EpochMs | null): void;
  /** Marks days as stale, each with a new generation. */
  mark(days: ReadonlySet<EpochMs>): void;
  /** The marks of the days that start before `time`, oldest first. */
  marksBefore(time: EpochMs): DirtyDay[];
  /** The mark of a day; null when it has none. */
  markOf(day: EpochMs): DirtyDay | null;
  /** Clears the mark if the day still has it; returns whether it had. */
  unmark(mark: DirtyDay): boolean;
}

/** The tables `lake` and `dirty_days` of an open database. */
export function createSqliteLake(database: DatabaseSync): SqliteLake {
  const selectSettings = database.prepare('SELECT settings FROM lake');
  const updateSettings = database.prepare('UPDATE lake SET settings = ?');
  const selectAsOf = database.prepare('SELECT as_of FROM lake');
  const updateAsOf = database.prepare('UPDATE lake SET as_of = ?');
  const selectNoticesFrom = database.prepare('SELECT notices_from FROM lake');
  const updateNoticesFrom = database.prepare('UPDATE lake SET notices_from = ?');
  const selectGeneration = database.prepare('SELECT generation FROM lake');
  const updateGeneration = database.prepare('UPDATE lake SET generation = ?');
  const upsertMark = database.prepare('INSERT OR REPLACE INTO dirty_days (day, generation) VALUES (?, ?)');
  const selectMarks = database.prepare('SELECT day, generation FROM dirty_days WHERE day < ? ORDER BY day');
  const selectMark = database.prepare('SELECT day, generation FROM dirty_days WHERE day = ?');
  const deleteMark = database.prepare('DELETE FROM dirty_days WHERE day = ? AND generation = ?');

  return {
    settings: () => {
      const { settings } = selectSettings.get() as { settings: string | null };
      return settings === null ? null : readStoredSettings(settings);
    },
    writeSettings: (settings) => void updateSettings.run(canonicalJson(settings)),
    asOf: () => (selectAsOf.get() as { as_of: number }).as_of,
    writeAsOf: (asOf) => void updateAsOf.run(asOf),
    noticesFrom: () => (selectNoticesFrom.get() as { notices_from: number | null }).notices_from,
    writeNoticesFrom: (from) => void updateNoticesFrom.run(from),
    mark: (days) => {
      if (days.size === 0) return;
      let { generation } = selectGeneration.get() as { generation: number };
      for (const day of days) upsertMark.run(day, ++generation);
      updateGeneration.run(generation);
    },
    marksBefore: (time) => (selectMarks.all(time) as unknown as DirtyDay[]).map(markOf),
    markOf: (day) => {
      const row = selectMark.get(day) as DirtyDay | undefined;
      return row ? markOf(row) : null;
    },
    unmark: ({ day, generation }) => deleteMark.run(day, generation).changes > 0,
  };
}

/** Rows have no prototype, unlike objects of this program. */
function markOf({ day, generation }: DirtyDay): DirtyDay {
  return { day, generation };
}
