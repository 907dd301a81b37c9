import { type EpochMs, type Series, seriesKey } from '@candlelake/core';
import type { DynamoSeries, StoredSeries } from './series.ts';

export interface SeriesCacheOptions {
  /** The process clock. */
  readonly now: () => EpochMs;
  /** A record is read again after this long, for what other processes wrote. */
  readonly keepMs: number;
}

/**
 * The same series for a process that looks at their records before each write. A record that is out of date fails the write of the record, and is
 * read again then.
 */
export function cacheSeries(series: DynamoSeries, { now, keepMs }: SeriesCacheOptions): DynamoSeries {
  const records = new Map<string, { readonly at: EpochMs; readonly stored: Promise<StoredSeries> }>();

  function findNow(named: Series): Promise<StoredSeries> {
    const key = seriesKey(named);
    const stored = series.findNow(named);
    records.set(key, { at: now(), stored });
    stored.catch(() => records.delete(key));
    return stored;
  }

  return {
    all: series.all,
    findNow,
    find(named) {
      const known = records.get(seriesKey(named));
      return known && now() - known.at <= keepMs ? known.stored : findNow(named);
    },
    async replace(read, record) {
      // Until it is known what stands there, the next look goes to the store.
      records.delete(seriesKey(record));
      return series.replace(read, record);
    },
  };
}
