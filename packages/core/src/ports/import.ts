import type { CandleValues } from '../domain/candle/candle.ts';
import type { MergedSlot } from '../domain/slots/mergePlan.ts';
import type { SlotFacts } from '../domain/slots/slotFacts.ts';
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
  /** The rows of each UTC day, ascending by open time. */
  days(): Iterable<readonly StagedRow[]>;
  close(): void;
}

/** A store that takes a file as a whole. */
export interface ImportStore {
  /**
   * Merges batches, as {@link CandleStore.merge} does each, in one transaction. Calls `between` after each
   * batch and waits for it; when it throws, nothing is stored. Only readers may use the store meanwhile.
   */
  mergeAll(
    batches: Iterable<readonly SlotFacts[]>,
    between: (merged: readonly MergedSlot[]) => Promise<void>,
  ): Promise<void>;
}
