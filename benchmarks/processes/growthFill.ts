/**
 * Fills a store with days of 3m candles of many symbols in SQL, a million rows a second, and derives the lake;
 * prints the bytes of the store as JSON.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createLakeWriter, DAY_MS, deriveMarkedDays, MINUTE_MS } from '@candlelake/core';
import { createFileObjects } from '../../packages/cli/src/adapters/fileObjects.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { encode } from '../../tests/support/encoder.ts';
import { lakeSettings } from '../../tests/support/lakeSettings.ts';
import { swapSeries } from '../../tests/support/swapSeries.ts';
import { candleAt, GROWTH_END, SLOTS_PER_DAY } from '../growthCandles.ts';

const SLOT_MS = 3 * MINUTE_MS;

/** The candles of one series, with the values of `candleAt` up to its rounding; a price is counted in tenths. */
const INSERT = `
  WITH RECURSIVE slots (slot) AS (
    VALUES (:first) UNION ALL SELECT slot + 1 FROM slots WHERE slot < :last
  ),
  prices AS (SELECT slot, 1000 + (slot * 37 + :symbol * 11) % 500 AS price FROM slots)
  INSERT OR IGNORE INTO candles
  SELECT series.id, slot * :length, printf('%g', price / 10.0), printf('%g', price / 10.0 + 2),
    printf('%g', price / 10.0 - 2), printf('%g', price / 10.0 + 1), printf('%g', slot % 97 + 0.125),
    'final', 'history', slot * :length + ${DAY_MS}
  FROM prices, series WHERE series.symbol = :name`;

const [folder = '', symbols = '', days = ''] = process.argv.slice(2);
const path = join(folder, 'candles.sqlite');
const store = openSqliteStore(path, { now: Date.now });
const objects = createFileObjects(join(folder, 'parquet'));
await store.writeSettings(lakeSettings());
const from = GROWTH_END - Number(days) * DAY_MS;
const first = from / SLOT_MS;
const last = first + Number(days) * SLOTS_PER_DAY - 1;
const names = Array.from({ length: Number(symbols) }, (_, index) => `S${index}-USDT`);
// The store itself makes the series, each with its first candle.
await store.merge(
  names.map((name, index) => ({ series: swapSeries(name, '3m'), candles: [candleAt(from, index)] })),
);
const database = new DatabaseSync(path);
database.exec('PRAGMA synchronous = OFF');
const insert = database.prepare(INSERT);
for (const [symbol, name] of names.entries()) insert.run({ first, last, symbol, name, length: SLOT_MS });
database.close();

await store.advanceAsOf(GROWTH_END);
await store.markDays(new Set(Array.from({ length: Number(days) }, (_, day) => from + day * DAY_MS)));
const ports = { candles: store, derivation: store, objects, encode, yieldToHost: async () => {} };
await deriveMarkedDays({ derivation: store, writer: createLakeWriter(ports) }, new AbortController().signal);
store.close();
console.log(JSON.stringify({ bytes: statSync(path).size }));
