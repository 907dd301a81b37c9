import type { IndicatorState } from '../domain/bars/indicators.ts';
import type { Absence, Candle, Series } from '../domain/candle/candle.ts';
import type { PaceLimits } from '../domain/pace.ts';
import type {
  CheckpointRecord,
  CoverageRecord,
  DayCommit,
  DirtyDay,
} from '../domain/slots/derivationPlan.ts';
import type { MergedSlot, SlotFacts } from '../domain/slots/mergePlan.ts';
import type { SeriesRecord } from '../domain/slots/seriesRecord.ts';
import type { Revision } from '../domain/slots/slotChange.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';

export type {
  CheckpointRecord,
  CoverageRecord,
  DayCommit,
  DirtyDay,
  MergedSlot,
  PaceLimits,
  Revision,
  SeriesRecord,
  SlotFacts,
};

export interface StoredDay {
  /** Ascending by open time. */
  readonly candles: readonly Candle[];
  readonly absences: readonly Absence[];
}

export interface CandleStore {
  /** Every series in the store, sorted by market, symbol, interval. */
  listSeries(): Promise<readonly SeriesRecord[]>;
  /** What is known of one series; null when nothing is. */
  findSeries(series: Series): Promise<SeriesRecord | null>;
  /** Makes the series known and notes what its contract says; null keeps what is known. */
  describeSeries(series: Series, facts: Pick<SeriesRecord, 'launchTime' | 'pricePrecision'>): Promise<void>;
  /**
   * Writes facts under the merge law, atomically: a record replaces another of its slot only if its key is greater. Marks the days
   * whose lake rows may change, and logs replaced finals, in the same transaction. Durable when it resolves.
   * Returns every slot that was written; a slot whose facts lost, or equal what is stored, is not among them.
   */
  merge(facts: readonly SlotFacts[]): Promise<readonly MergedSlot[]>;
  /** The candles and absences of the UTC day that starts at `day`. */
  readDay(series: Series, day: EpochMs): Promise<StoredDay>;
  revisions(series: Series): Promise<readonly Revision[]>;
}

/** The derivation's side of the store. The interval is the one that the recorded settings name. */
export interface DerivationStore {
  readSettings(): Promise<LakeSettings | null>;
  /** Records the settings; when they differ from those recorded, drops all checkpoints and marks every day from the first slot to `as_of`. */
  writeSettings(settings: LakeSettings): Promise<void>;
  /** The watermark: slots that close by it are covered. 0 before the first {@link advanceAsOf}. */
  readAsOf(): Promise<EpochMs>;
  /** Raises the watermark (a smaller value changes nothing) and marks the days that it touches. Returns the watermark. */
  advanceAsOf(asOf: EpochMs): Promise<EpochMs>;
  /** Marked days that start before `as_of`, oldest first. */
  dirtyDays(): Promise<readonly DirtyDay[]>;
  /** The state after the last bar of `day`; null when that day was never derived. */
  readCheckpoint(series: Series, timeframeMinutes: number, day: EpochMs): Promise<IndicatorState | null>;
  /**
   * If the mark of the day still has this generation: clears it, stores checkpoints and coverage, and marks the next day if a checkpoint
   * changed (and it starts before `as_of`). Else changes nothing and returns false: there is news since, or another writer was faster.
   */
  commitDay(commit: DayCommit): Promise<boolean>;
  /** Coverage as of the last derivation, of the days in [from, to), ascending; days that are marked since are left out. */
  readCoverage(series: Series, from: EpochMs, to: EpochMs): Promise<readonly CoverageRecord[]>;
}

/** The request pace that all processes on one store share, restarts included. */
export interface PaceStore {
  /** Takes a place for one request at `now` and returns 0, or returns the ms to wait before asking again. Atomic. */
  reserve(now: EpochMs, limits: PaceLimits): Promise<number>;
  /** Nobody starts a request before `until`. */
  pause(until: EpochMs): Promise<void>;
}
