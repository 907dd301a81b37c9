import type { DatabaseSync } from 'node:sqlite';
import type { CoverageRecord, EpochMs } from '@candlelake/core';

/** Checkpoints and coverage by the number of the series. Writes are part of the caller's transaction. */
export interface SqliteDerived {
  /** The indicators after the last bar of a day, as canonical JSON; null when that day was not derived. */
  checkpoint(seriesId: number, timeframeMinutes: number, day: EpochMs): string | null;
  writeCheckpoint(seriesId: number, timeframeMinutes: number, day: EpochMs, state: string): void;
  /** The coverage of the days in [from, to) without a mark, ascending. */
  coverage(seriesId: number, from: EpochMs, to: EpochMs): CoverageRecord[];
  writeCoverage(seriesId: number, record: CoverageRecord): void;
  /** Deletes all checkpoints and coverage. */
  clear(): void;
}

/** The tables `checkpoints` and `coverage` of an open database. */
export function createSqliteDerived(database: DatabaseSync): SqliteDerived {
  const selectCheckpoint = database.prepare(
    'SELECT state FROM checkpoints WHERE series_id = ? AND timeframe_minutes = ? AND day = ?',
  );
  const upsertCheckpoint = database.prepare(
    'INSERT OR REPLACE INTO checkpoints (series_id, timeframe_minutes, day, state) VALUES (?, ?, ?, ?)',
  );
  const selectCoverage = database.prepare(
    `SELECT day, expected, final, provisional, quiet, unavailable, missing, first_missing AS firstMissing
     FROM coverage WHERE series_id = ? AND day >= ? AND day < ? AND day NOT IN (SELECT day FROM dirty_days)
     ORDER BY day`,
  );
  const upsertCoverage = database.prepare(
    `INSERT OR REPLACE INTO coverage
     (series_id, day, expected, final, provisional, quiet, unavailable, missing, first_missing)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );

  return {
    checkpoint: (...key) => (selectCheckpoint.get(...key) as { state: string } | undefined)?.state ?? null,
    writeCheckpoint: (...row) => void upsertCheckpoint.run(...row),
    coverage: (...range) =>
      (selectCoverage.all(...range) as unknown as CoverageRow[]).map(({ day, ...coverage }) => ({
        day,
        coverage,
      })),
    writeCoverage: (seriesId, { day, coverage }) => {
      const { expected, final, provisional, quiet, unavailable, missing, firstMissing } = coverage;
      const counts = [expected, final, provisional, quiet, unavailable, missing];
      upsertCoverage.run(seriesId, day, ...counts, firstMissing);
    },
    clear: () => database.exec('DELETE FROM checkpoints; DELETE FROM coverage'),
  };
}

type CoverageRow = CoverageRecord['coverage'] & { readonly day: EpochMs };
