/**
 * The lake worker's work in a separate process: derives one full day of all symbols in a store and prints
 * time and peak memory as JSON.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { deriveDay } from '@candlelake/core';
import { createFileObjects } from '../../packages/cli/src/adapters/fileObjects.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { encode } from '../../tests/support/encoder.ts';
import { processMemory } from '../processMemory.ts';

const [folder = ''] = process.argv.slice(2);
const store = openSqliteStore(join(folder, 'candles.sqlite'), { now: Date.now });
const ports = {
  candles: store,
  derivation: store,
  objects: createFileObjects(join(folder, 'parquet')),
  encode,
  yieldToHost: () => setImmediate(),
};
const { resident: before } = processMemory();
const start = performance.now();
for (const mark of await store.dirtyDays()) await deriveDay(ports, mark, new AbortController().signal);
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, rssBefore: before, peakRss: processMemory().peak }));
store.close();
