import { type Series, type SeriesRecord, seriesKey } from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import { seriesItem } from './keys.ts';
import type { DynamoTable, Item } from './table.ts';

/** A series as it was read: `version` tells whether another writer came between. */
export interface StoredSeries {
  /** Null when the series is unknown. */
  readonly record: SeriesRecord | null;
  /** 0 when the series is unknown. */
  readonly version: number;
}

/** What is known of the series beside their candles. */
export interface DynamoSeries {
  /** Sorted by market, symbol, interval. */
  all(): Promise<readonly SeriesRecord[]>;
  /** Perhaps as another process left it a while ago. */
  find(series: Series): Promise<StoredSeries>;
  /** As it is now. */
  findNow(series: Series): Promise<StoredSeries>;
  /** Writes a record in place of the one read; returns false when that one is no longer there. */
  replace(read: StoredSeries, record: SeriesRecord): Promise<boolean>;
}

export function createDynamoSeries(table: DynamoTable): DynamoSeries {
  async function findNow(series: Series): Promise<StoredSeries> {
    const item = await table.get(seriesItem(series));
    if (item === null) return { record: null, version: 0 };
    return { record: recordOf(item), version: item.version as number };
  }

  return {
    find: findNow,
    findNow,
    async all() {
      const records = (await table.query(PARTITIONS.series)).map(recordOf);
      return records.sort((a, b) => (seriesKey(a) < seriesKey(b) ? -1 : 1));
    },
    replace: ({ version }, record) =>
      table.put({
        key: seriesItem(record),
        item: { record: JSON.stringify(record), version: version + 1 },
        condition:
          version === 0
            ? { text: 'attribute_not_exists(#version)' }
            : { text: '#version = :version', values: { ':version': version } },
      }),
  };
}

function recordOf({ record }: Item): SeriesRecord {
  return JSON.parse(record as string) as SeriesRecord;
}
