import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { expectedDay, factsOf, type SlotFact, slotFacts } from '../contracts/mergeLaw.ts';
import { BTC, ETH, FRIDAY, PROCESS_NOW } from '../contracts/storeFixture.ts';
import { startChild } from './childProcess.ts';
import { MEMORY_FOLDER } from './memoryFolder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(MEMORY_FOLDER, 'candlelake-processes-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('two processes that open, write and pace at once obey the merge law and the limits', async () => {
  const given = fc.sample(slotFacts, { numRuns: 600, seed: 20_261_120 });
  const path = join(folder, 'candles.sqlite');
  // Both write the middle third, and both create the file.
  const children = await Promise.all(
    [given.slice(0, 400), given.slice(200).reverse()].map((part, index) => startWriter(path, part, index)),
  );
  for (const { process } of children) process.stdin.write('go\n');
  const places = await Promise.all(children.map(async ({ lines }) => Number((await lines.next()).value)));
  expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0]);

  const store = openSqliteStore(path, { now: Date.now });
  expect(await store.readDay(BTC, FRIDAY)).toEqual(expectedDay(given.filter(({ isBtc }) => isBtc)));
  expect(await store.readDay(ETH, FRIDAY)).toEqual(expectedDay(given.filter(({ isBtc }) => !isBtc)));
  expect((await store.listSeries()).map(({ symbol }) => symbol)).toEqual(['BTC-USDT', 'ETH-USDT']);
  expect(places[0]! + places[1]!).toBe(20);
  store.close();
});

test('processes that create the same file at the same time all open it', async () => {
  const children = Array.from({ length: 4 }, () => startChild('openStores.ts', []));
  const nextLines = () => Promise.all(children.map(async ({ lines }) => (await lines.next()).value));
  expect(await nextLines()).toEqual(Array(4).fill('ready'));
  for (let round = 0; round < 100; round++) {
    for (const { process } of children) process.stdin.write(`${join(folder, `${round}.sqlite`)}\n`);
    expect(await nextLines()).toEqual(Array(4).fill('open'));
  }
  for (const { process } of children) process.stdin.end();
  expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
});

async function startWriter(path: string, given: readonly SlotFact[], index: number) {
  const file = join(folder, `batches-${index}.json`);
  const batches = Array.from({ length: given.length / 2 }, (_, batch) =>
    given.slice(2 * batch, 2 * batch + 2),
  );
  await writeFile(file, JSON.stringify(batches.map((batch) => batch.map(factsOf))));
  const child = startChild('mergeBatches.ts', [path, file, '30', String(PROCESS_NOW)]);
  expect((await child.lines.next()).value).toBe('ready');
  return child;
}
