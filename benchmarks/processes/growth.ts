/**
 * A start on a filled store, an hour of closes with a derivation after each, and a day derived again; prints
 * the CPU times in ms, which other work on the machine changes little, and the peak memory in bytes as JSON.
 */
import { join } from 'node:path';
import { createLakeWriter, DAY_MS, deriveMarkedDays, MINUTE_MS } from '@candlelake/core';
import { createFileObjects } from '../../packages/cli/src/adapters/fileObjects.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { encode } from '../../tests/support/encoder.ts';
import { swapSeries } from '../../tests/support/swapSeries.ts';
import { candleAt, GROWTH_END } from '../growthCandles.ts';
import { processMemory } from '../processMemory.ts';

const [folder = '', symbols = ''] = process.argv.slice(2);
const { signal } = new AbortController();
const times: number[] = [];
let since = process.cpuUsage();
const lap = () => {
  const { user, system } = process.cpuUsage(since);
  times.push((user + system) / 1000);
  since = process.cpuUsage();
};

const store = openSqliteStore(join(folder, 'candles.sqlite'), { now: Date.now });
const objects = createFileObjects(join(folder, 'parquet'));
const ports = { candles: store, derivation: store, objects, encode, yieldToHost: async () => {} };
const writer = createLakeWriter(ports);
const derive = () => deriveMarkedDays({ derivation: store, writer }, signal);
await derive();
await writer.inspect(signal);
lap();

const series = Array.from({ length: Number(symbols) }, (_, index) => swapSeries(`S${index}-USDT`, '3m'));
for (let minute = 0; minute < 60; minute += 3) {
  const openTime = GROWTH_END + minute * MINUTE_MS;
  await store.merge(series.map((one, index) => ({ series: one, candles: [candleAt(openTime, index)] })));
  await store.advanceAsOf(openTime + 3 * MINUTE_MS);
  await derive();
}
lap();

await store.markDays(new Set([GROWTH_END - DAY_MS]));
await derive();
lap();
const [start, hour, day] = times;
console.log(JSON.stringify({ start, hour, day, peak: processMemory().peak }));
store.close();
