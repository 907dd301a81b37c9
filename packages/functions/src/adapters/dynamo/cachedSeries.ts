import { seriesKey } from '@candlelake/core';
import { type CacheOptions, ExpiringCache } from './expiringCache.ts';
import type { DynamoSeries, StoredSeries } from './series.ts';

/**
 * Caches the records of series, for a process that needs one before each write. A write of an outdated record
 * fails on its version, and the next read goes to the table.
 */
export function cacheSeries(series: DynamoSeries, options: CacheOptions): DynamoSeries {
  const records = new ExpiringCache<StoredSeries>(options);
  return {
    all: series.all,
    find: (named) => records.get(seriesKey(named), () => series.findNow(named)),
    findNow: (named) => records.reload(seriesKey(named), () => series.findNow(named)),
    replace(read, record) {
      // Before the write: when it fails, it is unknown what the table holds.
      records.delete(seriesKey(record));
      return series.replace(read, record);
    },
  };
}
