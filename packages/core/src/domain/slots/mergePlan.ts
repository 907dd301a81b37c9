import type { Candle, Series } from '../candle/candle.ts';
import { candleText } from '../candle/merge.ts';
import { type EpochMs, startOfDay } from '../time/time.ts';
import type { SeenRow } from './historyStart.ts';
import { nextLookAtSlot } from './laterLook.ts';
import {
  boundsOf,
  describedRecord,
  mergedRecord,
  newRecord,
  type SeriesFacts,
  type SeriesRecord,
} from './seriesRecord.ts';
import {
  candleToWrite,
  changesLake,
  EMPTY_SLOT,
  gatherEvidence,
  mergeEvidence,
  type SlotChange,
  withoutFuture,
} from './slotChange.ts';
import { type SlotFacts, splitByDay } from './slotFacts.ts';
import type { SlotEvidence } from './slots.ts';
import { staleDays } from './staleDays.ts';

/** A slot that a merge writes. */
export interface MergedSlot extends SlotChange {
  readonly series: Series;
  /**
   * The lake shows the slot differently afterwards: its values or state changed, and its day has rows in the
   * lake.
   */
  readonly visible: boolean;
}

/** The evidence of a day's slots by their open time; undefined when nothing is stored of the day. */
export type DayEvidence = ReadonlyMap<EpochMs, SlotEvidence> | undefined;

export interface MergeInput {
  /** At least one, all of the same series. */
  readonly facts: readonly SlotFacts[];
  /** The stored record; null when the series is unknown. */
  readonly record: SeriesRecord | null;
  /**
   * Returns the stored evidence of a day of {@link spansToRead}, at least that of its span. Called once for
   * each day.
   */
  readonly stored: (day: EpochMs) => DayEvidence;
  /** The watermark. It matters only when {@link RecordPlan.boundsChanged}. */
  readonly asOf: EpochMs;
}

/** What a write does to the record of a series, and which days it makes stale. */
export interface RecordPlan {
  /** The record to write; null when the stored one stays. */
  readonly record: SeriesRecord | null;
  /** The days to mark as stale. */
  readonly days: ReadonlySet<EpochMs>;
  /**
   * Whether the first slot, the launch or the start of history moved: then `days` depend on the watermark.
   */
  readonly boundsChanged: boolean;
}

/** Everything that a store has to write for new facts about one series. */
export interface MergePlan extends RecordPlan {
  readonly slots: readonly MergedSlot[];
}

/**
 * Plans the merge of facts into one series under the merge law
 * (docs/decisions/0008-what-a-later-read-may-overwrite.md).
 */
export function planMerge({ facts, record, stored, asOf }: MergeInput): MergePlan {
  const { market, symbol, interval } = facts[0]!.series;
  const series = { market, symbol, interval };
  const changes = planSlots(facts, stored);
  const before = record ?? newRecord(series);
  const opened = changes.filter((change) => candleToWrite(change) !== null).map(({ openTime }) => openTime);
  const answers = facts.flatMap(({ historyStart }) => historyStart ?? []);
  const after = mergedRecord(before, {
    opened,
    candles: candlesOf(facts),
    rows: rowsOfHistory(facts),
    answers,
  });
  const slots = changes.map((change): MergedSlot => {
    const visible = changesLake(change) && hasRows(after, change.openTime);
    return { series, openTime: change.openTime, before: change.before, after: change.after, visible };
  });
  const changedSlots = slots
    .filter((slot) => slot.visible || (changesLook(slot) && hasRows(after, slot.openTime)))
    .map(({ openTime }) => openTime);
  return { slots, ...planRecord({ stored: record, before, after, changedSlots, asOf }) };
}

/** Plans the record of a series with new facts. */
export function planDescription(
  series: Series,
  record: SeriesRecord | null,
  facts: SeriesFacts,
  asOf: EpochMs,
): RecordPlan {
  const before = record ?? newRecord(series);
  return planRecord({
    stored: record,
    before,
    after: describedRecord(before, facts),
    changedSlots: [],
    asOf,
  });
}

function* candlesOf(facts: readonly SlotFacts[]): Iterable<Candle> {
  for (const { candles = [] } of facts) yield* candles;
}

/** The rows of history in the facts, with those that repeat what is stored. */
function* rowsOfHistory(facts: readonly SlotFacts[]): Iterable<SeenRow> {
  for (const { candles = [], unreadable = [] } of facts) {
    for (const { openTime, source, observed } of candles) {
      if (source === 'history') yield { openTime, read: observed };
    }
    for (const { openTime, lastRead } of unreadable) yield { openTime, read: lastRead };
  }
}

/** Day by day, because maps of one day's slots are much faster than one of years. */
function planSlots(facts: readonly SlotFacts[], stored: MergeInput['stored']): readonly SlotChange[] {
  const changes: SlotChange[] = [];
  const now = facts.find((part) => part.now !== undefined)?.now ?? Number.POSITIVE_INFINITY;
  for (const [day, { conditional, ...records }] of splitByDay(facts)) {
    const known = stored(day);
    const others = conditional.flatMap(({ candle, facts: part }) => {
      const evidence = known?.get(candle.openTime);
      return isSkipped(candle, part, evidence && withoutFuture(evidence, now)) ? [] : candle;
    });
    for (const [openTime, found] of gatherEvidence([records, { candles: others }])) {
      const before = known?.get(openTime) ?? EMPTY_SLOT;
      const after = mergeEvidence(withoutFuture(before, now), found);
      if (after !== null) changes.push({ openTime, before, after });
    }
  }
  return changes;
}

function isSkipped(
  candle: Candle,
  { skipEqualFinals, skipEmptySlots }: SlotFacts,
  stored: SlotEvidence | undefined,
): boolean {
  if (stored === undefined) return skipEmptySlots === true;
  return skipEqualFinals === true && isEqualFinal(candle, stored.candle);
}

function isEqualFinal(candle: Candle, stored: Candle | null): boolean {
  return stored !== null && candle.status === 'final' && candleText(candle) === candleText(stored);
}

/** Whether the coverage of the day names another time for the slot's next look. */
function changesLook({ before, after }: SlotChange): boolean {
  return nextLookAtSlot(before) !== nextLookAtSlot(after);
}

/** The days of a series in the lake begin with that of its first slot. */
function hasRows({ firstSlot }: SeriesRecord, openTime: EpochMs): boolean {
  return firstSlot !== null && openTime >= startOfDay(firstSlot);
}

interface RecordChange {
  readonly stored: SeriesRecord | null;
  readonly before: SeriesRecord;
  readonly after: SeriesRecord;
  readonly changedSlots: readonly EpochMs[];
  readonly asOf: EpochMs;
}

function planRecord({ stored, before, after, changedSlots, asOf }: RecordChange): RecordPlan {
  const bounds = { before: boundsOf(before), after: boundsOf(after) };
  return {
    record: after === stored ? null : after,
    days: staleDays({ ...bounds, changedSlots, asOf }),
    boundsChanged:
      bounds.before.firstSlot !== bounds.after.firstSlot ||
      bounds.before.launchTime !== bounds.after.launchTime ||
      bounds.before.firstAvailable !== bounds.after.firstAvailable,
  };
}
