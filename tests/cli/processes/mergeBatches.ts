/**
 * Opens the store at argv[2] when a line comes in, merges the batches of facts in the JSON file at argv[3], then asks argv[4] times for a place for a request
 * at argv[5], of which a window holds 20. Prints how many places it got.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { SlotFacts } from '@candlelake/core';
import { openSqliteStore } from '../../../packages/cli/src/adapters/sqliteStore.ts';
import { reserve } from '../../support/pace.ts';

const [, , path, file, asks, now] = process.argv;
const batches = JSON.parse(readFileSync(file!, 'utf8')) as SlotFacts[][];
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const store = openSqliteStore(path!, { now: Date.now });
for (const batch of batches) await store.merge(batch);
let places = 0;
for (let ask = 0; ask < Number(asks); ask++) {
  if ((await reserve(store, Number(now), [{ windowMs: 1_000, requests: 20 }])) === 0) places++;
}
store.close();
process.stdout.write(`${places}\n`);
process.stdin.destroy();
