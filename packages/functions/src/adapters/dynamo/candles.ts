import {
  type CandleStore,
  changesLake,
  type EpochMs,
  factsBySeries,
  gatherEvidence,
  type MergedSlot,
  type MergePlan,
  planDescription,
  planMerge,
  type RecordPlan,
  RetryableError,
  type Series,
  type SeriesRecord,
  type SlotEvidence,
  type SlotFacts,
  seriesKey,
  spansToRead,
} from '@candlelake/core';
import { forEachBounded } from '../bounded.ts';
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

/** A plan and the record that it was made for. */
type ReadPlan = MergePlan & { readonly read: StoredSeries };

interface Written {
  readonly slots: readonly MergedSlot[];
  /** Another writer changed the series in between: it has to be planned again. */
  readonly isLost: boolean;
}

const SERIES_AT_ONCE = 8;
const SLOTS_AT_ONCE = 32;
/** Each lost round means that another writer raised a key, and keys only grow. */
const MAX_ROUNDS = 100;

/** The candle side of the DynamoDB store. A merge reads the slots, marks the days, writes only what differs, and looks again at what it lost. */
export function createDynamoCandles(parts: CandleParts): CandleStore {
  const { series, slots } = parts;
  return {
    listSeries: series.all,
    findSeries: async (wanted) => (await series.find(wanted)).record,
    describeSeries: (named, facts) => describe(parts, named, facts),
    async merge(facts) {
      let open = factsBySeries(facts);
      const merged: MergedSlot[] = [];
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const written = await mergeRound(parts, open);
        for (const one of written) merged.push(...one.slots);
        open = open.filter((_, index) => written[index]!.isLost);
        if (open.length === 0) return merged;
      }
      throw new RetryableError(`other writers kept changing ${open.length} series while they were written`);
    },
    readDay: slots.readDay,
    revisions: slots.revisions,
  };
}

async function describe(
  parts: CandleParts,
  named: Series,
  facts: Pick<SeriesRecord, 'launchTime' | 'pricePrecision'>,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const read = await parts.series.find(named);
    const { record, days } = await withWatermark(parts, (asOf) =>
      planDescription(named, read.record, facts, asOf),
    );
    if (record === null) return;
    if (await parts.marks.around(days, () => parts.series.replace(read, record))) return;
  }
  throw new RetryableError(`other writers kept changing the series "${seriesKey(named)}"`);
}

async function mergeRound(
  parts: CandleParts,
  groups: readonly (readonly SlotFacts[])[],
): Promise<readonly Written[]> {
  const plans = await forEachBounded(groups, SERIES_AT_ONCE, (facts) => plan(parts, facts));
  const days = new Set(plans.flatMap((one) => [...one.days]));
  return parts.marks.around(days, (mayWrite) =>
    forEachBounded(plans, SERIES_AT_ONCE, (one) => write(parts, one, mayWrite)),
  );
}

/** Reads what facts, which all name the same series, are about, and plans what they change. Writes nothing. */
async function plan(parts: CandleParts, facts: readonly SlotFacts[]): Promise<ReadPlan> {
  const named = facts[0]!.series;
  const stored = await storedSlots(parts.slots, named, facts);
  const planFor = async (read: StoredSeries) => {
    const { record } = read;
    const made = await withWatermark(parts, (asOf) => planMerge({ facts, record, stored, asOf }));
    return { ...made, read };
  };
  const made = await planFor(await parts.series.find(named));
  // Slots before the first day are not marked: that the series begins there has to be true now, not a while ago.
  const isBeforeFirstDay = made.slots.some((slot) => changesLake(slot) && !slot.visible);
  return isBeforeFirstDay ? planFor(await parts.series.findNow(named)) : made;
}

/** The record goes before the candles: a first slot that is too early is filled by the next repair, one that is too late would hide a candle. */
async function write(
  { series, slots }: CandleParts,
  { read, record, slots: changed }: ReadPlan,
  mayWrite: () => void,
): Promise<Written> {
  if (record !== null && !(await series.replace(read, record))) return { slots: [], isLost: true };
  const won = await forEachBounded(changed, SLOTS_AT_ONCE, (slot) => {
    mayWrite();
    return slots.write(slot);
  });
  return { slots: changed.filter((_, index) => won[index]), isLost: won.includes(false) };
}

/** The watermark is read only for a plan that depends on it. */
async function withWatermark<P extends RecordPlan>(
  { lake }: CandleParts,
  planAt: (asOf: EpochMs) => P,
): Promise<P> {
  const made = planAt(0);
  return made.boundsChanged ? planAt((await lake.read()).asOf) : made;
}

/** The stored evidence of the slots that facts speak of: one range read for each day. */
async function storedSlots(
  slots: DynamoSlots,
  named: Series,
  facts: readonly SlotFacts[],
): Promise<ReadonlyMap<EpochMs, SlotEvidence>> {
  const days = await forEachBounded(spansToRead(facts), SLOTS_AT_ONCE, ({ first, last }) =>
    slots.read(named, first, last),
  );
  return gatherEvidence(
    days.flatMap(({ candles }) => candles),
    days.flatMap(({ absences }) => absences),
  );
}
