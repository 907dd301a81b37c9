import type { DatabaseSync } from 'node:sqlite';
import type { CoverageRecord, DayObjects, EncodedObject, EpochMs, LakeObject } from '@candlelake/core';

/** The results of derivations. Writes are part of the caller's transaction. */
export interface SqliteDerived {
  /** The indicators after the last bar of a day, as canonical JSON; null when that day was not derived. */
  checkpoint(seriesId: number, timeframeMinutes: number, day: EpochMs): string | null;
  writeCheckpoint(seriesId: number, timeframeMinutes: number, day: EpochMs, state: string): void;
  /** The coverage of the days in [from, to) without a mark, ascending. */
  coverage(seriesId: number, from: EpochMs, to: EpochMs): CoverageRecord[];
  writeCoverage(seriesId: number, record: CoverageRecord): void;
  /** The objects of the days in [from, to) without a mark, ascending. */
  objects(from: EpochMs, to: EpochMs): DayObjects[];
  /** Replaces the objects of a day. */
  writeObjects(day: EpochMs, objects: readonly LakeObject[]): void;
  /** What the objects of a day were encoded from. */
  encodings(day: EpochMs): EncodedObject[];
  /** Replaces the encodings of a day. */
  writeEncodings(day: EpochMs, encodings: readonly EncodedObject[]): void;
  /** Deletes everything but the encodings, which do not depend on the settings. */
  clear(): void;
}

/** The tables `checkpoints`, `coverage`, `lake_objects` and `encodings` of an open database. */
export function createSqliteDerived(database: DatabaseSync): SqliteDerived {
  const selectCheckpoint = database.prepare(
    'SELECT state FROM checkpoints WHERE series_id = ? AND timeframe_minutes = ? AND day = ?',
  );
  const upsertCheckpoint = database.prepare(
    'INSERT OR REPLACE INTO checkpoints (series_id, timeframe_minutes, day, state) VALUES (?, ?, ?, ?)',
  );
  const selectCoverage = database.prepare(
    `SELECT day, expected, final, provisional, quiet, unavailable, missing, first_missing AS firstMissing,
     next_look AS nextLook
     FROM coverage WHERE series_id = ? AND day >= ? AND day < ? AND day NOT IN (SELECT day FROM dirty_days)
     ORDER BY day`,
  );
  const upsertCoverage = database.prepare(
    `INSERT OR REPLACE INTO coverage
     (series_id, day, expected, final, provisional, quiet, unavailable, missing, first_missing, next_look)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const selectObjects = database.prepare(
    `SELECT day, path, version FROM lake_objects
     WHERE day >= ? AND day < ? AND day NOT IN (SELECT day FROM dirty_days) ORDER BY day, path`,
  );
  const deleteObjects = database.prepare('DELETE FROM lake_objects WHERE day = ?');
  const insertObject = database.prepare('INSERT INTO lake_objects (day, path, version) VALUES (?, ?, ?)');
  const selectEncodings = database.prepare('SELECT path, version, fingerprint FROM encodings WHERE day = ?');
  const deleteEncodings = database.prepare('DELETE FROM encodings WHERE day = ?');
  const insertEncoding = database.prepare(
    'INSERT INTO encodings (day, path, version, fingerprint) VALUES (?, ?, ?, ?)',
  );

  return {
    checkpoint: (...key) => (selectCheckpoint.get(...key) as { state: string } | undefined)?.state ?? null,
    writeCheckpoint: (...row) => void upsertCheckpoint.run(...row),
    coverage: (...range) =>
      (selectCoverage.all(...range) as unknown as CoverageRow[]).map(({ day, nextLook, ...coverage }) => ({
        day,
        coverage,
        nextLook,
      })),
    writeCoverage: (seriesId, { day, coverage, nextLook }) => {
      const { expected, final, provisional, quiet, unavailable, missing, firstMissing } = coverage;
      const counts = [expected, final, provisional, quiet, unavailable, missing];
      upsertCoverage.run(seriesId, day, ...counts, firstMissing, nextLook);
    },
    objects: (...range) => {
      const rows = selectObjects.all(...range) as unknown as (LakeObject & { readonly day: EpochMs })[];
      const byDay = Map.groupBy(rows, ({ day }) => day);
      return [...byDay].map(([day, ofDay]) => ({
        day,
        objects: ofDay.map(({ path, version }) => ({ path, version })),
      }));
    },
    writeObjects: (day, objects) => {
      deleteObjects.run(day);
      for (const { path, version } of objects) insertObject.run(day, path, version);
    },
    encodings: (day) => (selectEncodings.all(day) as unknown as EncodedObject[]).map((row) => ({ ...row })),
    writeEncodings: (day, encodings) => {
      deleteEncodings.run(day);
      for (const { path, version, fingerprint } of encodings)
        insertEncoding.run(day, path, version, fingerprint);
    },
    clear: () => database.exec('DELETE FROM checkpoints; DELETE FROM coverage; DELETE FROM lake_objects'),
  };
}

type CoverageRow = CoverageRecord['coverage'] & Pick<CoverageRecord, 'day' | 'nextLook'>;
