import { type EpochMs, type Series, seriesKey } from '@candlelake/core';
import type { DynamoSeries, StoredSeries } from './dynamoSeries.ts';

export interface RememberSeriesOptions {
  /** The process clock. */
  readonly now: () => EpochMs;
  /** A record is read again after this long, for what other processes wrote. */
  readonly keepMs: number;
}

/** The same series for a process that looks at their records before each write: a record that is out of date fails the write and is read again. */
export function rememberSeries(series: DynamoSeries, { now, keepMs }: RememberSeriesOptions): DynamoSeries {
  const records = new Map<string, { readonly at: EpochMs; readonly stored: Promise<StoredSeries> }>();

  return {
    all: series.all,
    find(named: Series) {
      const key = seriesKey(named);
      const known = records.get(key);
      if (known && now() - known.at <= keepMs) return known.stored;
      const stored = series.find(named);
      records.set(key, { at: now(), stored });
      stored.catch(() => records.delete(key));
      return stored;
    },
    async replace(read, record) {
      // Until it is known what stands there, the next look goes to the store.
      records.delete(seriesKey(record));
      return series.replace(read, record);
    },
  };
}
