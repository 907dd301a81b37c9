import type { IndicatorState } from '../domain/bars/indicators.ts';
import type { Series } from '../domain/candle/candle.ts';
import type { PaceLimits } from '../domain/pace/limits.ts';
import type { PaceState } from '../domain/pace/pace.ts';
import type {
  CheckpointRecord,
  CoverageRecord,
  DayCommit,
  DayObjects,
  DirtyDay,
  EncodedObject,
  LakeObject,
} from '../domain/slots/derivationPlan.ts';
import type { MergedSlot } from '../domain/slots/mergePlan.ts';
import type { SeriesFacts, SeriesRecord } from '../domain/slots/seriesRecord.ts';
import type { Revision } from '../domain/slots/slotChange.ts';
import type { SlotFacts } from '../domain/slots/slotFacts.ts';
import type { StoredDay } from '../domain/slots/slots.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';

export type {
  CheckpointRecord,
  CoverageRecord,
  DayCommit,
  DayObjects,
  DirtyDay,
  EncodedObject,
  LakeObject,
  MergedSlot,
  PaceLimits,
  PaceState,
  Revision,
  SeriesFacts,
  SeriesRecord,
  SlotFacts,
  StoredDay,
};

export interface CandleStore {
  /** Every series in the store, sorted by market, symbol, interval. */
  listSeries(): Promise<readonly SeriesRecord[]>;
  /** The record of one series; null when the series is unknown. */
  findSeries(series: Series): Promise<SeriesRecord | null>;
  /**
   * Records facts about a series, and adds an unknown series; null keeps the recorded value.
   */
  describeSeries(series: Series, facts: SeriesFacts): Promise<void>;
  /**
   * Writes facts under the merge law: of two candles of a slot the one with the greater key stays. Marks the
   * days whose lake rows may change, and logs replaced finals. Atomic for each slot: the mark, the log entry
   * and the slot are written together, or in an order that leaves no day unmarked. Durable when it resolves.
   * Returns the slots that were written, with what they held before; a slot whose facts lost, or equal what
   * is stored, is not among them.
   */
  merge(facts: readonly SlotFacts[]): Promise<readonly MergedSlot[]>;
  /** What is stored of the slots of the UTC day that starts at `day`. */
  readDay(series: Series, day: EpochMs): Promise<StoredDay>;
  /** The final and imported candles that were replaced by other values, oldest first. */
  revisions(series: Series): Promise<readonly Revision[]>;
}

/** The derivation's side of the store. The interval is that of the recorded settings. */
export interface DerivationStore {
  readSettings(): Promise<LakeSettings | null>;
  /**
   * Records the settings. If they replace different ones, deletes all checkpoints and coverage and marks
   * every day of the lake.
   */
  writeSettings(settings: LakeSettings): Promise<void>;
  /** The watermark: the lake covers the slots that close by it. 0 before the first {@link advanceAsOf}. */
  readAsOf(): Promise<EpochMs>;
  /**
   * Raises the watermark and marks the days that this changes; a smaller value changes nothing. Returns the
   * stored watermark.
   */
  advanceAsOf(asOf: EpochMs): Promise<EpochMs>;
  /**
   * Lowers a watermark that a wrong clock has raised into the future (a greater value changes nothing) and
   * marks the day of the new one. The lake's later objects are removed by its next inspection.
   */
  lowerAsOf(asOf: EpochMs): Promise<void>;
  /** The marked days that start before the watermark, oldest first. */
  dirtyDays(): Promise<readonly DirtyDay[]>;
  /** The mark of one day, also of one after the watermark; null when it has none. */
  readMark(day: EpochMs): Promise<DirtyDay | null>;
  /**
   * The indicators after the last bar of `day`; null when that day was not derived with the recorded
   * settings.
   */
  readCheckpoint(series: Series, timeframeMinutes: number, day: EpochMs): Promise<IndicatorState | null>;
  /**
   * If the mark of the day still has this generation: stores checkpoints, coverage and the versions of the
   * objects, marks the next day if a checkpoint changed and the day starts before the watermark, clears the
   * mark and returns true. Else returns false and leaves the mark: the day was changed since the derivation
   * started, and has to be derived again.
   */
  commitDay(commit: DayCommit): Promise<boolean>;
  /**
   * Commits consecutive days as one change, as {@link commitDay} does each, where every day was computed from
   * the checkpoints of the one before it: a day of the run is not marked by its predecessor. Ends before the
   * first day whose mark has another generation; returns how many days are committed. Left out by a store
   * that cannot commit several days as one change.
   */
  commitDays?(commits: readonly DayCommit[]): Promise<number>;
  /**
   * The coverage of the days in [from, to), ascending, as of their last derivation. Marked days are left out.
   */
  readCoverage(series: Series, from: EpochMs, to: EpochMs): Promise<readonly CoverageRecord[]>;
  /**
   * The objects of the days in [from, to), ascending, as their last derivation left them. Marked days, and
   * days that were never derived, are left out.
   */
  readObjects(from: EpochMs, to: EpochMs): Promise<readonly DayObjects[]>;
  /**
   * What the objects of a day were encoded from at its last derivation; also of a marked day, and after a
   * change of the settings. Left out by a store that does not record it.
   */
  readEncodings?(day: EpochMs): Promise<readonly EncodedObject[]>;
  /** Marks days for derivation. */
  markDays(days: ReadonlySet<EpochMs>): Promise<void>;
}

/** The request pace that all processes on one store share. It survives a restart. */
export interface PaceStore {
  /**
   * Applies a step to the state and resolves with its result once the new state is stored. Atomic: no other
   * change happens between the state that the step is given and the one that it returns. The step is pure; it
   * may run more than once. A step that returns the state that it was given writes nothing.
   */
  changePace<T>(step: (state: PaceState) => PaceChange<T>): Promise<T>;
}

export interface PaceChange<T> {
  readonly state: PaceState;
  readonly result: T;
}
