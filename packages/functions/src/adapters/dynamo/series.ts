import { newRecord, type Series, type SeriesRecord, seriesKey } from '@candlelake/core';
import { PARTITIONS } from '../../names.ts';
import { seriesItem } from './keys.ts';
import type { DynamoTable, Item } from './table.ts';

/** The record of a series as it was read. A write succeeds only while the item still has this version. */
export interface StoredSeries {
  /** Null when the series is unknown. */
  readonly record: SeriesRecord | null;
  /** 0 when the series is unknown. */
  readonly version: number;
}

/** The records of all series. */
export interface DynamoSeries {
  /** Sorted by market, symbol, interval. */
  all(): Promise<readonly SeriesRecord[]>;
  /** May be out of date by the age limit of a cache. */
  find(series: Series): Promise<StoredSeries>;
  /** Always reads the table. */
  findNow(series: Series): Promise<StoredSeries>;
  /** Replaces the record that was read. Returns false, and writes nothing, when another writer was faster. */
  replace(read: StoredSeries, record: SeriesRecord): Promise<boolean>;
}

/** The records of all series, one item each. */
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

/** A record of an older version lacks the newer fields. */
function recordOf({ record }: Item): SeriesRecord {
  const stored = JSON.parse(record as string) as SeriesRecord;
  const unknown = newRecord(stored);
  return { ...unknown, ...stored, historyStart: { ...unknown.historyStart, ...stored.historyStart } };
}
