import {
  type Absence,
  absenceToWrite,
  type Candle,
  candleOfMergeKey,
  candleToWrite,
  type EpochMs,
  type MergedSlot,
  mergeKey,
  type Revision,
  revisionOf,
  type Series,
  type StoredDay,
  startOfDay,
} from '@candlelake/core';
import { absenceSort, dayPartition, instantSort, openTimeOf, revisionPartition, slotRange } from './keys.ts';
import type { DynamoTable, Expression, Item, PutOptions } from './table.ts';

/** The slots of all series. A candle is one item, an absence is another one next to it. */
export interface DynamoSlots {
  readDay(series: Series, day: EpochMs): Promise<StoredDay>;
  /** What is stored of the slots from `first` to `last`, both included, of one UTC day. */
  read(series: Series, first: EpochMs, last: EpochMs): Promise<StoredDay>;
  /**
   * Writes a slot that still holds what was read. Returns false when it does not; then nothing is written, or
   * only the absence. A replaced final is logged in the same transaction.
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
      const absence = absenceToWrite(slot);
      if (absence && !(await table.put(absencePut(series, absence, before.absence)))) return false;
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

function absencePut(series: Series, absence: Absence, stored: Absence | null): PutOptions {
  const { openTime, firstRead, lastRead } = absence;
  const condition: Expression =
    stored === null
      ? { text: 'attribute_not_exists(#first)' }
      : {
          text: '#first = :first AND #last = :last',
          values: { ':first': stored.firstRead, ':last': stored.lastRead },
        };
  return {
    key: { partition: dayPartition(series, startOfDay(openTime)), sort: absenceSort(openTime) },
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
  for (const { sk, k, first, last } of items) {
    const openTime = openTimeOf(sk as string);
    if (k === undefined) absences.push({ openTime, firstRead: first as number, lastRead: last as number });
    else candles.push(candleOfMergeKey(openTime, k as string));
  }
  return { candles, absences };
}
