import type { Series } from '../domain/candle.ts';
import { UNKNOWN_HISTORY_START } from '../domain/historyStart.ts';
import type { SlotEvidence } from '../domain/slotChange.ts';
import type { SeriesBounds } from '../domain/staleDays.ts';
import type { EpochMs } from '../domain/time.ts';
import type { CoverageRecord, Revision, SeriesRecord } from '../ports.ts';
import type { LakeSettings } from '../settings.ts';

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
export function makeSeries(state: MemoryState, { market, symbol, interval }: Series): MemorySeries {
  const known = findSeries(state, { market, symbol, interval });
  if (known) return known;
  const facts = {
    firstSlot: null,
    launchTime: null,
    pricePrecision: null,
    historyStart: UNKNOWN_HISTORY_START,
  };
  const made: MemorySeries = {
    record: { market, symbol, interval, ...facts },
    days: new Map(),
    revisions: [],
    checkpoints: new Map(),
    coverage: new Map(),
  };
  state.series.set(seriesKey(made.record), made);
  return made;
}

/** What decides where the rows of a series begin. */
export function boundsOf({ firstSlot, launchTime, historyStart }: SeriesRecord): SeriesBounds {
  return { firstSlot, launchTime, firstAvailable: historyStart.firstAvailable };
}

/** The first slot of all series; null while there is no candle. */
export function earliestSlot(state: MemoryState): EpochMs | null {
  const slots = [...state.series.values()].flatMap(({ record }) => record.firstSlot ?? []);
  return slots.length === 0 ? null : Math.min(...slots);
}

/** Sorts by market, symbol, interval: the separator is below every character of a name. */
export function seriesKey({ market, symbol, interval }: Series): string {
  return `${market} ${symbol} ${interval}`;
}
