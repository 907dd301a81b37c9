import {
  type CandleStore,
  DAY_MS,
  type EpochMs,
  gatherEvidence,
  type Series,
  type SeriesRecord,
  type SlotFacts,
  type StoredDay,
  seriesKey,
  startOfDay,
} from '@candlelake/core';

export interface CacheOptions {
  /** The process clock. */
  readonly now: () => EpochMs;
  /** A day is read again after this long, for what other processes wrote. */
  readonly dayMs: number;
  /** The list of series is read again after this long. */
  readonly listMs: number;
}

interface Cached<T> {
  readonly at: EpochMs;
  readonly value: Promise<T>;
}

/**
 * The same store for a process that reads the days it writes over and over: today and yesterday are kept in memory, and take in what is
 * merged here. Without it the stream's repair would cost more than all its writes. What others wrote shows late, which does no harm: records
 * only grow, the write itself compares with what is stored, and a slot that looks open for too long costs one request.
 */
export function cacheCandles(store: CandleStore, { now, dayMs, listMs }: CacheOptions): CandleStore {
  const days = new Map<string, Cached<StoredDay> & { readonly day: EpochMs }>();
  let list: Cached<readonly SeriesRecord[]> | null = null;

  function readList(): Promise<readonly SeriesRecord[]> {
    if (list === null || now() - list.at > listMs) {
      list = { at: now(), value: store.listSeries() };
      list.value.catch(() => {
        list = null;
      });
    }
    return list.value;
  }

  function load(series: Series, day: EpochMs): Promise<StoredDay> {
    const oldest = startOfDay(now()) - DAY_MS;
    if (day < oldest) return store.readDay(series, day);
    const key = dayKey(series, day);
    const cached = days.get(key);
    if (cached && now() - cached.at <= dayMs) return cached.value;
    for (const [old, entry] of days) if (entry.day < oldest) days.delete(old);
    const value = store.readDay(series, day);
    days.set(key, { at: now(), day, value });
    value.catch(() => days.delete(key));
    return value;
  }

  /** Chained behind a read that is under way, which may not have seen what was just written. */
  function takeIn(facts: SlotFacts): void {
    const told = [...(facts.candles ?? []), ...(facts.absences ?? [])];
    for (const day of new Set(told.map(({ openTime }) => startOfDay(openTime)))) {
      const key = dayKey(facts.series, day);
      const cached = days.get(key);
      if (!cached) continue;
      const value = cached.value.then((stored) => withFacts(stored, facts, day));
      days.set(key, { ...cached, value });
      value.catch(() => days.delete(key));
    }
  }

  return {
    listSeries: readList,
    async findSeries(series) {
      const key = seriesKey(series);
      return (await readList()).find((record) => seriesKey(record) === key) ?? null;
    },
    async describeSeries(series, facts) {
      await store.describeSeries(series, facts);
      list = null;
    },
    async merge(facts) {
      const known = await list?.value;
      const visible = await store.merge(facts);
      for (const one of facts) takeIn(one);
      if (known && facts.some((one) => movesBounds(one, known))) list = null;
      return visible;
    },
    readDay: load,
    revisions: store.revisions,
  };
}

function dayKey(series: Series, day: EpochMs): string {
  return `${seriesKey(series)} ${day}`;
}

function withFacts(stored: StoredDay, facts: SlotFacts, day: EpochMs): StoredDay {
  const ofDay = ({ openTime }: { readonly openTime: EpochMs }) => startOfDay(openTime) === day;
  const slots = gatherEvidence(
    [...stored.candles, ...(facts.candles ?? []).filter(ofDay)],
    [...stored.absences, ...(facts.absences ?? []).filter(ofDay)],
  );
  const evidence = [...slots].sort(([a], [b]) => a - b).map(([, slot]) => slot);
  return {
    candles: evidence.flatMap(({ candle }) => candle ?? []),
    absences: evidence.flatMap(({ absence }) => absence ?? []),
  };
}

function movesBounds(
  { series, candles = [], historyStart }: SlotFacts,
  known: readonly SeriesRecord[],
): boolean {
  const key = seriesKey(series);
  const record = known.find((one) => seriesKey(one) === key);
  const first = record?.firstSlot ?? null;
  return (
    record === undefined ||
    historyStart !== undefined ||
    candles.some(({ openTime }) => first === null || openTime < first)
  );
}
