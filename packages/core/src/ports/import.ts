import type { CandleValues, Series } from '../domain/candle/candle.ts';
import type { MergedPart } from '../domain/slots/importPlan.ts';
import type { EpochMs } from '../domain/time/time.ts';

/** The place of a candle in a file. */
export interface FileRow {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly openTime: EpochMs;
}

/** A checked row of a file. */
export interface StagedRow extends FileRow, CandleValues {}

/** Two different candles of one slot in a file. */
export interface StageClash {
  readonly first: FileRow;
  readonly second: FileRow;
}

/**
 * The rows of a file outside the store until all are checked. It takes memory for a bounded number of rows
 * only, and is gone when it is closed or the process ends.
 */
export interface ImportStage {
  /** Adds rows in any order; a row that repeats an earlier one changes nothing. Returns the first clash. */
  add(rows: readonly StagedRow[]): StageClash | null;
  /** How many rows were added, and their first and last open time; 0 without rows. */
  span(): { readonly count: number; readonly first: EpochMs; readonly last: EpochMs };
  /** The places of all rows in batches, ascending by open time. */
  places(): Iterable<readonly FileRow[]>;
  /** The rows of each UTC day, ascending by open time. */
  days(): Iterable<readonly StagedRow[]>;
  close(): void;
}

/** What the rows of a stage become. */
export interface ImportTarget {
  readonly series: Series;
  /** {@link Candle.observed} of the candles. */
  readonly observed: EpochMs;
}

/** A stage in front of a store, which takes the rows as a whole. */
export interface StoreStage extends ImportStage {
  /**
   * Merges all rows as imported candles, as {@link CandleStore.merge} does, in one transaction. Calls
   * `between` after each part and waits for it; when it throws, nothing is stored. Only readers may use the
   * store meanwhile.
   */
  merge(target: ImportTarget, between: (part: MergedPart) => Promise<void>): Promise<void>;
}
