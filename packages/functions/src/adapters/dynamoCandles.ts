import {
  boundsOf,
  type Candle,
  type CandleStore,
  changeSlot,
  describedRecord,
  type EpochMs,
  gatherEvidence,
  mergedRecord,
  RetryableError,
  type Series,
  type SeriesRecord,
  type SlotChange,
  type SlotEvidence,
  type SlotFacts,
  seriesKey,
  slotsInLake,
  staleDays,
  startOfDay,
} from '@candlelake/core';
import { forEachBounded } from './bounded.ts';
import type { DynamoLake } from './dynamoLake.ts';
import type { DynamoMarks } from './dynamoMarks.ts';
import type { DynamoSeries, StoredSeries } from './dynamoSeries.ts';
import type { DynamoSlots } from './dynamoSlots.ts';

export interface CandleParts {
  readonly lake: Pick<DynamoLake, 'read'>;
  readonly marks: DynamoMarks;
  readonly series: DynamoSeries;
  readonly slots: DynamoSlots;
}

/** What new facts change in one series, by what was read of it. */
interface Plan {
  readonly read: StoredSeries;
  readonly after: SeriesRecord;
  readonly changes: readonly (SlotChange & { readonly stored: SlotEvidence })[];
  readonly shown: ReadonlySet<EpochMs>;
  readonly days: ReadonlySet<EpochMs>;
}

interface Written {
  readonly visible: number;
  /** Another writer came between: the series has to be looked at again. */
  readonly isLost: boolean;
}

const SERIES_AT_ONCE = 8;
const SLOTS_AT_ONCE = 32;
/** Each lost round means that another writer raised a key, and keys only grow. */
const MAX_ROUNDS = 100;

const EMPTY_SLOT: SlotEvidence = { candle: null, absence: null };

/** The candle side of the DynamoDB store. A merge reads the slots, marks the days, writes only what differs, and looks again at what it lost. */
export function createDynamoCandles(parts: CandleParts): CandleStore {
  const { series, slots } = parts;
  return {
    listSeries: series.all,
    async findSeries(wanted) {
      const { record, version } = await series.find(wanted);
      return version === 0 ? null : record;
    },
    describeSeries: (named, facts) => describe(parts, named, facts),
    async merge(facts) {
      let open = [...Map.groupBy(facts, (one) => seriesKey(one.series)).values()];
      let visible = 0;
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const written = await mergeRound(parts, open);
        for (const one of written) visible += one.visible;
        open = open.filter((_, index) => written[index]!.isLost);
        if (open.length === 0) return visible;
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
    const after = describedRecord(read.record, facts);
    if (!isNews(read, after)) return;
    const days = await daysOf(parts, { read, after, changedSlots: [] });
    if (await parts.marks.around(days, () => parts.series.replace(read, after))) return;
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

/** Reads what facts, which all name the same series, are about, and finds what they change. Writes nothing. */
async function plan(parts: CandleParts, facts: readonly SlotFacts[]): Promise<Plan> {
  const named = facts[0]!.series;
  const told = gatherEvidence(
    facts.flatMap(({ candles }) => candles ?? []),
    facts.flatMap(({ absences }) => absences ?? []),
  );
  const stored = await readSlots(parts.slots, named, [...told.keys()]);
  const changes = [...told].flatMap(([openTime, evidence]) => {
    const before = stored.get(openTime) ?? EMPTY_SLOT;
    const change = changeSlot(openTime, before, evidence);
    return change ? { ...change, stored: before } : [];
  });
  const opened = changes.flatMap(({ candle }) => candle?.openTime ?? []);
  const answers = facts.flatMap(({ historyStart }) => historyStart ?? []);
  const visible = changes.filter((change) => change.visible).map(({ openTime }) => openTime);
  const bounds = (read: StoredSeries) => {
    const after = mergedRecord(read.record, opened, answers);
    return { read, after, changedSlots: slotsInLake(after.firstSlot, visible) };
  };
  let found = bounds(await parts.series.find(named));
  // A slot before the first day is marked for nobody: that the series begins there has to be true now, not a while ago.
  if (found.changedSlots.length < visible.length) found = bounds(await parts.series.findNow(named));
  const days = await daysOf(parts, found);
  return { read: found.read, after: found.after, changes, shown: new Set(found.changedSlots), days };
}

/** The record goes before the candles: a first slot that is too early is filled by the next repair, one that is too late would hide a candle. */
async function write(
  { series, slots }: CandleParts,
  { read, after, changes, shown }: Plan,
  mayWrite: () => void,
): Promise<Written> {
  if (isNews(read, after) && !(await series.replace(read, after))) return { visible: 0, isLost: true };
  const won = await forEachBounded(changes, SLOTS_AT_ONCE, (change) => {
    mayWrite();
    return slots.write(after, change, change.stored);
  });
  const visible = changes.filter(({ openTime }, index) => won[index] && shown.has(openTime)).length;
  return { visible, isLost: won.includes(false) };
}

function isNews({ record, version }: StoredSeries, after: SeriesRecord): boolean {
  return version === 0 || JSON.stringify(record) !== JSON.stringify(after);
}

/** The days that a change makes stale. The watermark matters only to a change of the bounds: it is read for no other. */
async function daysOf(
  { lake }: CandleParts,
  {
    read,
    after,
    changedSlots,
  }: { read: StoredSeries; after: SeriesRecord; changedSlots: readonly EpochMs[] },
): Promise<Set<EpochMs>> {
  const bounds = { before: boundsOf(read.record), after: boundsOf(after) };
  const isMoved = JSON.stringify(bounds.before) !== JSON.stringify(bounds.after);
  const asOf = isMoved ? (await lake.read()).asOf : 0;
  return staleDays({ ...bounds, changedSlots, asOf });
}

/** What is stored of the slots of one series, with one read for each day that they are in. */
async function readSlots(
  slots: DynamoSlots,
  named: Series,
  openTimes: readonly EpochMs[],
): Promise<ReadonlyMap<EpochMs, SlotEvidence>> {
  const days = [...Map.groupBy(openTimes, startOfDay).values()];
  const windows = await forEachBounded(days, SLOTS_AT_ONCE, (times) =>
    slots.read(named, Math.min(...times), Math.max(...times)),
  );
  const candles: Candle[] = windows.flatMap((window) => window.candles);
  return gatherEvidence(
    candles,
    windows.flatMap((window) => window.absences),
  );
}
