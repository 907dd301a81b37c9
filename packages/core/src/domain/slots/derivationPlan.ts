import type { IndicatorState } from '../bars/indicators.ts';
import type { FoundCrossover } from '../bars/notices.ts';
import type { Series } from '../candle/candle.ts';
import { canonicalJson } from '../canonicalJson.ts';
import { type Interval, intervalMs } from '../time/interval.ts';
import { DAY_MS, type EpochMs, formatInstant } from '../time/time.ts';
import type { Coverage } from './coverage.ts';
import { daysOfAdvance, daysOfLake } from './staleDays.ts';

/** The mark of a day whose lake objects are stale. */
export interface DirtyDay {
  readonly day: EpochMs;
  /** Grows with every mark; no generation is used twice. */
  readonly generation: number;
}

/** The result of deriving one day, committed with one transaction. */
export interface DayCommit extends DirtyDay {
  readonly checkpoints: readonly CheckpointRecord[];
  readonly coverage: readonly (CoverageRecord & { readonly series: Series })[];
  /** All objects of the day after the derivation. */
  readonly objects: readonly LakeObject[];
  /** What the objects were encoded from; left out when it is not known. */
  readonly encodings?: readonly EncodedObject[];
  /** All crossovers of the day's bars; left out for none. */
  readonly crossovers?: readonly FoundCrossover[];
}

/** An object of the lake as a derivation left it. */
export interface LakeObject {
  readonly path: string;
  /** The token of its content that the object store gave. */
  readonly version: string;
}

/** What the content of an object was encoded from. */
export interface EncodedObject extends LakeObject {
  /** A digest of all that the content follows from. */
  readonly fingerprint: string;
}

export interface DayObjects {
  readonly day: EpochMs;
  readonly objects: readonly LakeObject[];
}

/** The indicators after the last bar of a day. */
export interface CheckpointRecord {
  readonly series: Series;
  readonly timeframeMinutes: number;
  readonly state: IndicatorState;
}

export interface CoverageRecord {
  readonly day: EpochMs;
  readonly coverage: Coverage;
  /** When the first of its slots that history showed empty is looked at again; null when none is. */
  readonly nextLook: EpochMs | null;
}

/** What a store records of the whole lake. `S` is the type of its settings. */
export interface LakeRecord<S> {
  /** Null before they are written for the first time. */
  readonly settings: S | null;
  /** The watermark; 0 before it is raised for the first time. */
  readonly asOf: EpochMs;
}

/** What a change of the settings does to a store. */
export interface SettingsPlan {
  /** All checkpoints and all coverage are deleted: they were derived with other settings. */
  readonly dropsDerived: boolean;
  readonly days: ReadonlySet<EpochMs>;
}

/** What the commit of a derived day does to a store, apart from its coverage. */
export interface CommitPlan {
  /** The checkpoints that differ from those stored, with their state as canonical JSON. */
  readonly checkpoints: readonly (CheckpointRecord & { readonly stateText: string })[];
  /** The days to mark: the next one when a checkpoint changed. */
  readonly days: ReadonlySet<EpochMs>;
}

/**
 * Plans the writing of settings; null when they equal those recorded. `firstSlot` is the earliest of all
 * series.
 */
export function planSettings<S>(
  recorded: LakeRecord<S>,
  settings: S,
  firstSlot: EpochMs | null,
): SettingsPlan | null {
  if (recorded.settings === null) return { dropsDerived: false, days: new Set() };
  if (canonicalJson(recorded.settings) === canonicalJson(settings)) return null;
  return { dropsDerived: true, days: daysOfLake(firstSlot, recorded.asOf) };
}

/**
 * Plans raising the watermark to `asOf`: the days to mark, null when it is as high already. `firstSlot` is
 * the earliest of all series. Throws when no settings are recorded, because the days depend on the interval.
 */
export function planAdvance(
  recorded: LakeRecord<{ readonly interval: Interval }>,
  asOf: EpochMs,
  firstSlot: EpochMs | null,
): ReadonlySet<EpochMs> | null {
  if (asOf <= recorded.asOf) return null;
  if (recorded.settings === null) {
    const to = formatInstant(asOf);
    throw new Error(
      `the watermark cannot be raised to "${to}": no interval is recorded; write the settings first`,
    );
  }
  const slots = { firstSlot, intervalMs: intervalMs(recorded.settings.interval) };
  return daysOfAdvance(recorded.asOf, asOf, slots);
}

/**
 * Plans the commit of a day whose mark still has the commit's generation. `stored` returns the stored state
 * of a checkpoint of that day as canonical JSON, null when there is none.
 */
export function planCommit(
  { day, checkpoints }: DayCommit,
  asOf: EpochMs,
  stored: (checkpoint: CheckpointRecord) => string | null,
): CommitPlan {
  const changed = checkpoints
    .map((checkpoint) => ({ ...checkpoint, stateText: canonicalJson(checkpoint.state) }))
    .filter((checkpoint) => checkpoint.stateText !== stored(checkpoint));
  const next = day + DAY_MS;
  return { checkpoints: changed, days: new Set(changed.length > 0 && next < asOf ? [next] : []) };
}
