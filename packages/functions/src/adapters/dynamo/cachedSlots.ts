import {
  absenceToWrite,
  candleToWrite,
  DAY_MS,
  type EpochMs,
  gatherEvidence,
  type Series,
  type SlotChange,
  type StoredDay,
  seriesKey,
  startOfDay,
  toStoredDay,
  unreadableToWrite,
} from '@candlelake/core';
import { type CacheOptions, ExpiringCache } from './expiringCache.ts';
import type { DynamoSlots } from './slots.ts';

/**
 * Caches the slots of today and yesterday, for the one process that writes nearly all of them: reading them
 * before each write would cost more than the writes. A slot that another process changed fails the condition
 * of the next write, which drops the day from the cache.
 */
export function cacheSlots(slots: DynamoSlots, options: CacheOptions): DynamoSlots {
  const days = new Map<EpochMs, ExpiringCache<StoredDay>>();

  /** The cache of a day; null for a day before yesterday. */
  function cacheOf(day: EpochMs): ExpiringCache<StoredDay> | null {
    const yesterday = startOfDay(options.now()) - DAY_MS;
    for (const old of days.keys()) if (old < yesterday) days.delete(old);
    if (day < yesterday) return null;
    const cache = days.get(day) ?? new ExpiringCache(options);
    days.set(day, cache);
    return cache;
  }

  function readDay(series: Series, day: EpochMs): Promise<StoredDay> {
    const load = () => slots.readDay(series, day);
    return cacheOf(day)?.get(seriesKey(series), load) ?? load();
  }

  return {
    ...slots,
    readDay,
    async read(series, first, last) {
      const day = startOfDay(first);
      if (cacheOf(day) === null) return slots.read(series, first, last);
      const { candles, absences, unreadable } = await readDay(series, day);
      const isAsked = ({ openTime }: { readonly openTime: EpochMs }) => openTime >= first && openTime <= last;
      return {
        candles: candles.filter(isAsked),
        absences: absences.filter(isAsked),
        unreadable: unreadable.filter(isAsked),
      };
    },
    async write(slot) {
      const cache = cacheOf(startOfDay(slot.openTime));
      const key = seriesKey(slot.series);
      let isWritten = false;
      try {
        isWritten = await slots.write(slot);
      } finally {
        if (isWritten) cache?.change(key, (stored) => withChange(stored, slot));
        else cache?.delete(key);
      }
      return isWritten;
    },
  };
}

function withChange(stored: StoredDay, change: SlotChange): StoredDay {
  const candle = candleToWrite(change);
  const absence = absenceToWrite(change);
  const unreadable = unreadableToWrite(change);
  const written = {
    candles: candle ? [candle] : [],
    absences: absence ? [absence] : [],
    unreadable: unreadable ? [unreadable] : [],
  };
  return toStoredDay(gatherEvidence([stored, written]));
}
