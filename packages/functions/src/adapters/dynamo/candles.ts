import {
  type CandleStore,
  changesLake,
  type EpochMs,
  factsBySeries,
  gatherEvidence,
  type MergedSlot,
  type MergeInput,
  type MergePlan,
  planDescription,
  planMerge,
  type RecordPlan,
  RetryableError,
  type Series,
  type SeriesFacts,
  type SlotFacts,
  seriesKey,
  spansToRead,
} from '@candlelake/core';
import { mapBounded } from '../bounded.ts';
import type { DynamoLake } from './lake.ts';
import type { DynamoMarks } from './marks.ts';
import type { DynamoSeries, StoredSeries } from './series.ts';
import type { DynamoSlots } from './slots.ts';

export interface CandleParts {
  readonly lake: Pick<DynamoLake, 'read'>;
  readonly marks: DynamoMarks;
  readonly series: DynamoSeries;
  readonly slots: DynamoSlots;
}

/** A plan, with the record that it was made from. */
type ReadPlan = MergePlan & { readonly read: StoredSeries };

interface Written {
  readonly slots: readonly MergedSlot[];
  /** Another writer changed the series in between, so the rest has to be planned again. */
  readonly isLost: boolean;
}

const SERIES_AT_ONCE = 8;
const SLOTS_AT_ONCE = 32;
/**
 * A round is lost only when another writer raised a key in between, so many lost rounds in a row are
 * unlikely.
 */
const MAX_ROUNDS = 100;

/**
 * The candle side of the DynamoDB store. A merge reads the slots, marks the days and writes the slots that
 * differ, each on the condition that it still holds what was read. Series with a failed condition are planned
 * again.
 */
export function createDynamoCandles(parts: CandleParts): CandleStore {
  const { series, slots } = parts;
  return {
    listSeries: series.all,
    findSeries: async (wanted) => (await series.find(wanted)).record,
    describeSeries: (named, facts) => describeSeries(parts, named, facts),
    async merge(facts) {
      let open = factsBySeries(facts);
      const merged: (readonly MergedSlot[])[] = [];
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const written = await mergeRound(parts, open);
        for (const one of written) merged.push(one.slots);
        open = open.filter((_, index) => written[index]!.isLost);
        if (open.length === 0) return merged.flat();
      }
      throw new RetryableError(`other writers kept changing ${open.length} series; try again`);
    },
    readDay: slots.readDay,
    revisions: slots.revisions,
  };
}

async function describeSeries(parts: CandleParts, named: Series, facts: SeriesFacts): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const read = await parts.series.find(named);
    const { record, days } = await withWatermark(parts, (asOf) =>
      planDescription(named, read.record, facts, asOf),
    );
    if (record === null) return;
    if (await parts.marks.around(days, () => parts.series.replace(read, record))) return;
  }
  throw new RetryableError(`other writers kept changing the series "${seriesKey(named)}"; try again`);
}

async function mergeRound(
  parts: CandleParts,
  groups: readonly (readonly SlotFacts[])[],
): Promise<readonly Written[]> {
  const plans = await mapBounded(groups, SERIES_AT_ONCE, (facts) => plan(parts, facts));
  const days = new Set(plans.flatMap((one) => [...one.days]));
  return parts.marks.around(days, (mayWrite) =>
    mapBounded(plans, SERIES_AT_ONCE, (one) => write(parts, one, mayWrite)),
  );
}

/** Reads the slots that facts of one series name and plans the merge. Writes nothing. */
async function plan(parts: CandleParts, facts: readonly SlotFacts[]): Promise<ReadPlan> {
  const named = facts[0]!.series;
  const stored = await readEvidence(parts.slots, named, facts);
  const planFor = async (read: StoredSeries) => {
    const { record } = read;
    const made = await withWatermark(parts, (asOf) => planMerge({ facts, record, stored, asOf }));
    return { ...made, read };
  };
  const made = await planFor(await parts.series.find(named));
  // Slots before the first day of a series are not marked, so the record has to be read anew before this is
  // decided.
  const isBeforeFirstDay = made.slots.some((slot) => changesLake(slot) && !slot.visible);
  return isBeforeFirstDay ? planFor(await parts.series.findNow(named)) : made;
}

/**
 * Writes the record before the candles: a crash in between leaves a first slot that is too early, which the
 * next repair fills. The other order could leave a candle before the first slot, which the lake would not
 * show.
 */
async function write(
  { series, slots }: CandleParts,
  { read, record, slots: changed }: ReadPlan,
  mayWrite: () => void,
): Promise<Written> {
  if (record !== null && !(await series.replace(read, record))) return { slots: [], isLost: true };
  const won = await mapBounded(changed, SLOTS_AT_ONCE, (slot) => {
    mayWrite();
    return slots.write(slot);
  });
  return { slots: changed.filter((_, index) => won[index]), isLost: won.includes(false) };
}

/** Reads the watermark only for a plan that depends on it. */
async function withWatermark<P extends RecordPlan>(
  { lake }: CandleParts,
  planAt: (asOf: EpochMs) => P,
): Promise<P> {
  const made = planAt(0);
  return made.boundsChanged ? planAt((await lake.read()).asOf) : made;
}

/** The stored evidence of the slots that facts name: one query for each day. */
async function readEvidence(
  slots: DynamoSlots,
  named: Series,
  facts: readonly SlotFacts[],
): Promise<MergeInput['stored']> {
  const days = await mapBounded(
    spansToRead(facts),
    SLOTS_AT_ONCE,
    async ({ day, first, last }) => [day, gatherEvidence([await slots.read(named, first, last)])] as const,
  );
  const byDay = new Map(days);
  return (day) => byDay.get(day);
}
