/**
 * Memory of the stream's process on AWS: its store with today and yesterday of many symbols, read from a
 * table that generates them. Prints one line of JSON. Run with --expose-gc: `cloudStream.ts <symbols>
 * [interval]`.
 */
import { type Candle, DAY_MS, type Interval, intervalMs, mergeKey } from '@candlelake/core';
import { instantSort } from '../../packages/functions/src/adapters/dynamo/keys.ts';
import { createStreamStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import type { DynamoTable, Item } from '../../packages/functions/src/adapters/dynamo/table.ts';
import { swapSeries } from '../../tests/support/swapSeries.ts';

const [symbols = '1', interval = '3m'] = process.argv.slice(2) as [string?, Interval?];
const TODAY = Date.UTC(2026, 10, 22);
const SLOT_MS = intervalMs(interval);

/** A full day of candles with different texts. */
function dayOf(partition: string): readonly Item[] {
  const day = Date.parse(/\d{4}-\d{2}-\d{2}/.exec(partition)?.[0] ?? '');
  const tail = partition.length + Number(/S(\d+)-/.exec(partition)?.[1] ?? 0);
  return Array.from({ length: DAY_MS / SLOT_MS }, (_, slot): Item => {
    const openTime = day + slot * SLOT_MS;
    const price = 60_000 + ((slot * 37 + tail * 11) % 9000) / 10;
    const prices = {
      open: `${price}`,
      high: `${price + 9.5}`,
      low: `${price - 9.5}`,
      close: `${price + 0.25}`,
    };
    const candle: Candle = {
      openTime,
      ...prices,
      volume: `${slot}.${tail}7`,
      status: 'final',
      source: 'history',
      observed: openTime + SLOT_MS,
    };
    return { pk: partition, sk: instantSort(openTime), k: mergeKey(candle) };
  });
}

const table: DynamoTable = {
  get: async () => null,
  query: async (partition) => dayOf(partition),
  put: async () => true,
  update: async () => ({}),
  putTogether: async () => true,
  remove: async () => {},
};
const store = createStreamStore(table, { now: () => TODAY + DAY_MS - 1 });
const heap = () => {
  gc?.();
  return process.memoryUsage().heapUsed;
};
const before = heap();
for (let index = 0; index < Number(symbols); index++) {
  const series = swapSeries(`S${index}-USDT`, interval);
  for (const day of [TODAY - DAY_MS, TODAY]) await store.readDay(series, day);
}
const after = heap();
const kept = await store.readDay(swapSeries('S0-USDT', interval), TODAY);
const candles = kept.candles.length;
const slots = 2 * candles * Number(symbols);
console.log(JSON.stringify({ before, after, rss: process.memoryUsage.rss(), candles, slots }));
