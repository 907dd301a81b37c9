import type { Series } from '../domain/candle/candle.ts';
import { newRecord, seriesKey } from '../domain/slots/seriesRecord.ts';
import type { SlotEvidence } from '../domain/slots/slotChange.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { CoverageRecord, Revision, SeriesRecord } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';

export interface MemorySeries {
  record: SeriesRecord;
  /** The slots of each day by open time. */
  readonly days: Map<EpochMs, Map<EpochMs, SlotEvidence>>;
  readonly revisions: Revision[];
  /** Canonical JSON of each state, by `timeframe|day`. */
  readonly checkpoints: Map<string, string>;
  readonly coverage: Map<EpochMs, CoverageRecord>;
}

/** Everything the memory store holds that its candle and its derivation side share. */
export interface MemoryState {
  readonly series: Map<string, MemorySeries>;
  /** The generation of the mark of each marked day. */
  readonly marks: Map<EpochMs, number>;
  generation: number;
  asOf: EpochMs;
  settings: LakeSettings | null;
}

/** A store without a fact. */
export function createMemoryState(): MemoryState {
  return { series: new Map(), marks: new Map(), generation: 0, asOf: 0, settings: null };
}

/** Marks days as stale, each with a generation of its own. */
export function markDays(state: MemoryState, days: Iterable<EpochMs>): void {
  for (const day of days) state.marks.set(day, ++state.generation);
}

/** What is stored of a series, if anything. */
export function findSeries(state: MemoryState, series: Series): MemorySeries | undefined {
  return state.series.get(seriesKey(series));
}

/** What is stored of a series, which is known from now on. */
export function makeSeries(state: MemoryState, series: Series): MemorySeries {
  const known = findSeries(state, series);
  if (known) return known;
  const made: MemorySeries = {
    record: newRecord(series),
    days: new Map(),
    revisions: [],
    checkpoints: new Map(),
    coverage: new Map(),
  };
  state.series.set(seriesKey(series), made);
  return made;
}

/** The first slot of all series; null while there is no candle. */
export function earliestSlot(state: MemoryState): EpochMs | null {
  const slots = [...state.series.values()].flatMap(({ record }) => record.firstSlot ?? []);
  return slots.length === 0 ? null : Math.min(...slots);
}
