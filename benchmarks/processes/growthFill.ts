/** Fills a store with days of 3m candles of many symbols, and derives the lake. */
import { join } from 'node:path';
import { createLakeWriter, deriveMarkedDays, MINUTE_MS, swapSeries } from '@candlelake/core';
import { createFileObjects } from '../../packages/cli/src/adapters/fileObjects.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { encode } from '../../tests/support/encoder.ts';
import { lakeSettings } from '../../tests/support/lakeSettings.ts';
import { candleAt, GROWTH_END, SLOTS_PER_DAY } from '../growthCandles.ts';

const [folder = '', symbols = '', days = ''] = process.argv.slice(2);
const store = openSqliteStore(join(folder, 'candles.sqlite'), { now: Date.now });
const objects = createFileObjects(join(folder, 'parquet'));
await store.writeSettings(lakeSettings());
const count = Number(days) * SLOTS_PER_DAY;
const from = GROWTH_END - count * 3 * MINUTE_MS;
for (let index = 0; index < Number(symbols); index++) {
  const series = swapSeries(`S${index}-USDT`, '3m');
  for (let at = 0; at < count; at += 50_000) {
    const slots = Array.from({ length: Math.min(50_000, count - at) }, (_, slot) => at + slot);
    const candles = slots.map((slot) => candleAt(from + slot * 3 * MINUTE_MS, index));
    await store.merge([{ series, candles }]);
  }
}
await store.advanceAsOf(GROWTH_END);
const ports = { candles: store, derivation: store, objects, encode, yieldToHost: async () => {} };
await deriveMarkedDays({ derivation: store, writer: createLakeWriter(ports) }, new AbortController().signal);
store.close();
