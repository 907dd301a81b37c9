import type { Candle, HistoryStartAnswer, Series } from '../candle/candle.ts';
import { candleText } from '../candle/merge.ts';
import { type EpochMs, startOfDay } from '../time/time.ts';
import {
  boundsOf,
  describedRecord,
  mergedRecord,
  newRecord,
  type SeriesRecord,
  seriesKey,
} from './seriesRecord.ts';
import {
  candleToWrite,
  changesLake,
  EMPTY_SLOT,
  gatherEvidence,
  mergeEvidence,
  type SlotChange,
  type SlotEvidence,
  type SlotRecords,
} from './slotChange.ts';
import { staleDays } from './staleDays.ts';

/** New facts about one series. */
export interface SlotFacts extends SlotRecords {
  readonly series: Series;
  readonly historyStart?: HistoryStartAnswer;
  /**
   * A final candle of these facts that equals the stored final in everything that the lake shows is not
   * written, so `observed` stays. For reads that repeat an earlier one
   * (docs/decisions/0011-what-costs-a-write.md).
   */
  readonly skipEqualFinals?: boolean;
  /**
   * A candle of these facts is not written to a slot of which nothing is stored. For reads that revise and do
   * not fill.
   */
  readonly skipEmptySlots?: boolean;
}

/** A slot that a merge writes. */
export interface MergedSlot extends SlotChange {
  readonly series: Series;
  /**
   * The lake shows the slot differently afterwards: its values or state changed, and its day has rows in the
   * lake.
   */
  readonly visible: boolean;
}

/** The slots from `first` to `last`, both included, of one UTC day. */
export interface SlotSpan {
  readonly first: EpochMs;
  readonly last: EpochMs;
}

export interface MergeInput {
  /** At least one, all of the same series. */
  readonly facts: readonly SlotFacts[];
  /** The stored record; null when the series is unknown. */
  readonly record: SeriesRecord | null;
  /** The stored evidence, at least that of {@link spansToRead}. */
  readonly stored: ReadonlyMap<EpochMs, SlotEvidence>;
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

/** The facts of each series. */
export function factsBySeries(facts: readonly SlotFacts[]): readonly (readonly SlotFacts[])[] {
  return [...Map.groupBy(facts, ({ series }) => seriesKey(series)).values()];
}

/** What a store has to read before it can plan a merge: one span for each day that the facts name. */
export function spansToRead(facts: readonly SlotFacts[]): readonly SlotSpan[] {
  const spans = new Map<EpochMs, SlotSpan>();
  for (const { candles = [], absences = [] } of facts) {
    for (const records of [candles, absences]) {
      for (const { openTime } of records) {
        const day = startOfDay(openTime);
        const { first, last } = spans.get(day) ?? { first: openTime, last: openTime };
        spans.set(day, { first: Math.min(first, openTime), last: Math.max(last, openTime) });
      }
    }
  }
  return [...spans.values()];
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
  const after = mergedRecord(before, opened, answers);
  const slots = changes.map((change) => ({
    series,
    ...change,
    visible: changesLake(change) && hasRows(after, change.openTime),
  }));
  const changedSlots = slots.filter(({ visible }) => visible).map(({ openTime }) => openTime);
  return { slots, ...planRecord({ stored: record, before, after, changedSlots, asOf }) };
}

/** Plans the record of a series after its contract was read. */
export function planDescription(
  series: Series,
  record: SeriesRecord | null,
  facts: Pick<SeriesRecord, 'launchTime' | 'pricePrecision'>,
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

function planSlots(
  facts: readonly SlotFacts[],
  stored: ReadonlyMap<EpochMs, SlotEvidence>,
): readonly SlotChange[] {
  const parts = facts.map((fact) => ({
    candles: fact.candles?.filter((candle) => !isSkipped(candle, fact, stored.get(candle.openTime))) ?? [],
    absences: fact.absences ?? [],
  }));
  const changes: SlotChange[] = [];
  for (const [openTime, found] of gatherEvidence(parts)) {
    const before = stored.get(openTime) ?? EMPTY_SLOT;
    const after = mergeEvidence(before, found);
    if (after !== null) changes.push({ openTime, before, after });
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
