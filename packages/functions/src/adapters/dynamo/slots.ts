import {
  type Absence,
  absenceToWrite,
  type Candle,
  candleOfMergeKey,
  candleToWrite,
  type EpochMs,
  type MergedSlot,
  mergeKey,
  type Reads,
  type Revision,
  revisionOf,
  type Series,
  type StoredDay,
  startOfDay,
  type Unreadable,
  unreadableToWrite,
} from '@candlelake/core';
import {
  absenceSort,
  dayPartition,
  instantSort,
  isUnreadableSort,
  openTimeOf,
  revisionPartition,
  slotRange,
  unreadableSort,
} from './keys.ts';
import type { DynamoTable, Expression, Item, PutOptions } from './table.ts';

/** The slots of all series. A candle is one item; an absence and an unreadable row are others next to it. */
export interface DynamoSlots {
  readDay(series: Series, day: EpochMs): Promise<StoredDay>;
  /** What is stored of the slots from `first` to `last`, both included, of one UTC day. */
  read(series: Series, first: EpochMs, last: EpochMs): Promise<StoredDay>;
  /**
   * Writes a slot that still holds what was read. Returns false when it does not; then nothing is written, or
   * only what precedes the candle. A replaced final is logged in the same transaction.
   */
  write(slot: MergedSlot): Promise<boolean>;
  /** Oldest first. */
  revisions(series: Series): Promise<readonly Revision[]>;
}

/** The slots of all series, in one partition for each series and day. `now` is the process clock. */
export function createDynamoSlots(table: DynamoTable, now: () => EpochMs): DynamoSlots {
  return {
    readDay: async (series, day) => slotsOf(await table.query(dayPartition(series, day))),
    read: async (series, first, last) =>
      slotsOf(await table.query(dayPartition(series, startOfDay(first)), slotRange(first, last))),
    async write(slot) {
      const { series, before } = slot;
      for (const put of readsPuts(slot)) if (!(await table.put(put))) return false;
      const candle = candleToWrite(slot);
      if (candle === null) return true;
      const put = candlePut(series, candle, before.candle);
      const revision = revisionOf(slot, now());
      return revision === null ? table.put(put) : table.putTogether([put, revisionPut(revision)]);
    },
    async revisions(series) {
      return (await table.query(revisionPartition(series))).map(
        ({ revision }) => JSON.parse(revision as string) as Revision,
      );
    },
  };
}

/**
 * The write that enforces the merge law: the stored key is still the one that the plan was made from. A
 * greater key alone would not do, because the mark and the log entry were made for the key that was read.
 */
function candlePut(series: Series, candle: Candle, stored: Candle | null): PutOptions {
  const key = mergeKey(candle);
  const condition: Expression =
    stored === null
      ? { text: 'attribute_not_exists(#k)' }
      : { text: '#k = :read', values: { ':read': mergeKey(stored) } };
  return {
    key: { partition: dayPartition(series, startOfDay(candle.openTime)), sort: instantSort(candle.openTime) },
    item: { k: key },
    condition,
  };
}

/** The writes of a slot's absence and unreadable row, where they change. */
function readsPuts(slot: MergedSlot): readonly PutOptions[] {
  const { series, openTime, before } = slot;
  const absence = absenceToWrite(slot);
  const unreadable = unreadableToWrite(slot);
  const puts: PutOptions[] = [];
  if (absence) puts.push(readsPut(series, absenceSort(openTime), absence, before.absence));
  if (unreadable) puts.push(readsPut(series, unreadableSort(openTime), unreadable, before.unreadable));
  return puts;
}

function readsPut(
  series: Series,
  sort: string,
  { openTime, firstRead, lastRead }: Absence | Unreadable,
  stored: Reads | null,
): PutOptions {
  const condition: Expression =
    stored === null
      ? { text: 'attribute_not_exists(#first)' }
      : {
          text: '#first = :first AND #last = :last',
          values: { ':first': stored.firstRead, ':last': stored.lastRead },
        };
  return {
    key: { partition: dayPartition(series, startOfDay(openTime)), sort },
    item: { first: firstRead, last: lastRead },
    condition,
  };
}

/**
 * Revisions of one slot at the same instant are sorted by their merge key, which is the order in which they
 * happened.
 */
function revisionPut(revision: Revision): PutOptions {
  const { series, openTime, at, after } = revision;
  return {
    key: {
      partition: revisionPartition(series),
      sort: `${instantSort(at)}#${instantSort(openTime)}#${mergeKey(after)}`,
    },
    item: { revision: JSON.stringify(revision) },
  };
}

function slotsOf(items: readonly Item[]): StoredDay {
  const candles: Candle[] = [];
  const absences: Absence[] = [];
  const unreadable: Unreadable[] = [];
  for (const { sk, k, first, last } of items) {
    const openTime = openTimeOf(sk as string);
    if (k !== undefined) {
      candles.push(candleOfMergeKey(openTime, k as string));
      continue;
    }
    const list = isUnreadableSort(sk as string) ? unreadable : absences;
    list.push({ openTime, firstRead: first as number, lastRead: last as number });
  }
  return { candles, absences, unreadable };
}
