import type { ApiPorts, EpochMs, Series } from '@candlelake/core';
import { decodeParquet } from '../../packages/cli/src/adapters/parquetFile.ts';
import { DAY, DAY_ONE, type TestLake } from './lake.ts';

/** The days that tests fill, from a week before {@link DAY_ONE} on. */
const DAYS = Array.from({ length: 21 }, (_, index) => DAY_ONE + (index - 7) * DAY);

/** What the API reads of a lake in memory whose objects are Parquet files. */
export function apiPortsOf({ store, objects }: TestLake): ApiPorts {
  return {
    market: 'swap',
    candles: store,
    derivation: store,
    objects,
    decode: decodeParquet,
    async newestCandle(series: Series): Promise<EpochMs | null> {
      for (const day of DAYS.toReversed()) {
        const newest = (await store.readDay(series, day)).candles.at(-1);
        if (newest) return newest.openTime;
      }
      return null;
    },
  };
}
