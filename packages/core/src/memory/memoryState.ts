import type { Series } from '../domain/candle/candle.ts';
import { earliestSlot, newRecord, seriesKey } from '../domain/slots/seriesRecord.ts';
import type { SlotEvidence, StoredDay } from '../domain/slots/slots.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type {
  CoverageRecord,
  CrossoverNotice,
  EncodedObject,
  LakeObject,
  Revision,
  SeriesRecord,
} from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';

export interface MemorySeries {
  record: SeriesRecord;
  /** The slots of each day by open time. */
  readonly days: Map<EpochMs, Map<EpochMs, SlotEvidence>>;
  /** Days as they were read since their last change: the live days are read many times an interval. */
  readonly readDays: Map<EpochMs, StoredDay>;
  readonly revisions: Revision[];
  /** Canonical JSON of each state, by `timeframe|day`. */
  readonly checkpoints: Map<string, string>;
  readonly coverage: Map<EpochMs, CoverageRecord>;
}

/** The content of a memory store, shared by its candle and its derivation side. */
export interface MemoryState {
  readonly series: Map<string, MemorySeries>;
  /** The objects of each derived day. */
  readonly objects: Map<EpochMs, readonly LakeObject[]>;
  readonly encodings: Map<EpochMs, readonly EncodedObject[]>;
  /** The generation of the mark of each marked day. */
  readonly marks: Map<EpochMs, number>;
  /** Of the newest mark. */
  generation: number;
  asOf: EpochMs;
  settings: LakeSettings | null;
  /** Bars that closed by then are history under the present settings; null before the watermark is raised. */
  noticesFrom: EpochMs | null;
  /** In the order of their writes. */
  readonly notices: CrossoverNotice[];
  /** How many of the notices each sink is done with. */
  readonly sinks: Map<string, number>;
}

/** An empty store. */
export function createMemoryState(): MemoryState {
  return {
    ...{ series: new Map(), objects: new Map(), encodings: new Map(), marks: new Map() },
    ...{ generation: 0, asOf: 0, settings: null },
    ...{ noticesFrom: null, notices: [], sinks: new Map() },
  };
}

/** Marks days as stale, each with a new generation. */
export function markDays(state: MemoryState, days: Iterable<EpochMs>): void {
  for (const day of days) state.marks.set(day, ++state.generation);
}

/** What is stored of a series; undefined when the series is unknown. */
export function findSeries(state: MemoryState, series: Series): MemorySeries | undefined {
  return state.series.get(seriesKey(series));
}

/** What is stored of a series; an unknown series is added. */
export function ensureSeries(state: MemoryState, series: Series): MemorySeries {
  const known = findSeries(state, series);
  if (known) return known;
  const added: MemorySeries = {
    record: newRecord(series),
    days: new Map(),
    readDays: new Map(),
    revisions: [],
    checkpoints: new Map(),
    coverage: new Map(),
  };
  state.series.set(seriesKey(series), added);
  return added;
}

/** The first slot of all series; null while no series has a candle. */
export function earliestOf(state: MemoryState): EpochMs | null {
  return earliestSlot([...state.series.values()].map(({ record }) => record));
}
