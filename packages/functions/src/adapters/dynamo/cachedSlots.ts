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
} from '@candlelake/core';
import type { DynamoSlots } from './slots.ts';

export interface SlotCacheOptions {
  /** The process clock. */
  readonly now: () => EpochMs;
  /** A day is read again after this long, for what other processes wrote. */
  readonly keepMs: number;
}

/**
 * The same slots for the one process that writes nearly all of them: today and yesterday stay in memory. Reading them before each write would
 * cost more than the writes. What another process wrote is met when a write fails, which compares with what is stored, or when the day is read
 * again.
 */
export function cacheSlots(slots: DynamoSlots, { now, keepMs }: SlotCacheOptions): DynamoSlots {
  const days = new Map<string, Remembered>();
  const keyOf = (series: Series, day: EpochMs) => `${seriesKey(series)} ${day}`;
  const isKept = (day: EpochMs) => day >= startOfDay(now()) - DAY_MS;

  function keep(key: string, remembered: Remembered): Promise<StoredDay> {
    days.set(key, remembered);
    remembered.stored.catch(() => {
      if (days.get(key)?.stored === remembered.stored) days.delete(key);
    });
    return remembered.stored;
  }

  function load(series: Series, day: EpochMs): Promise<StoredDay> {
    const key = keyOf(series, day);
    const known = days.get(key);
    if (known && now() - known.at <= keepMs) return known.stored;
    for (const [old, entry] of days) if (!isKept(entry.day)) days.delete(old);
    const stored = slots.readDay(series, day);
    return isKept(day) ? keep(key, { day, at: now(), stored }) : stored;
  }

  return {
    ...slots,
    readDay: load,
    async read(series, first, last) {
      if (!isKept(startOfDay(first))) return slots.read(series, first, last);
      const { candles, absences } = await load(series, startOfDay(first));
      const isAsked = ({ openTime }: { readonly openTime: EpochMs }) => openTime >= first && openTime <= last;
      return { candles: candles.filter(isAsked), absences: absences.filter(isAsked) };
    },
    async write(slot) {
      const key = keyOf(slot.series, startOfDay(slot.openTime));
      if (!(await slots.write(slot).catch(forget(key)))) {
        days.delete(key);
        return false;
      }
      // Behind a read that is under way, which may not have seen what was just written.
      const latest = days.get(key);
      if (latest) keep(key, { ...latest, stored: latest.stored.then((before) => withChange(before, slot)) });
      return true;
    },
  };

  function forget(key: string) {
    return (error: unknown): never => {
      days.delete(key);
      throw error;
    };
  }
}

interface Remembered {
  readonly day: EpochMs;
  /** When it was read. */
  readonly at: EpochMs;
  readonly stored: Promise<StoredDay>;
}

function withChange({ candles, absences }: StoredDay, slot: SlotChange): StoredDay {
  const candle = candleToWrite(slot);
  const absence = absenceToWrite(slot);
  const slots = gatherEvidence(
    candle ? [...candles, candle] : candles,
    absence ? [...absences, absence] : absences,
  );
  const evidence = [...slots].sort(([a], [b]) => a - b).map(([, one]) => one);
  return {
    candles: evidence.flatMap((one) => one.candle ?? []),
    absences: evidence.flatMap((one) => one.absence ?? []),
  };
}
