import { createMemoryStore } from '@candlelake/core';
import { expect, test } from 'vitest';
import { cacheDerivation } from '../../packages/functions/src/adapters/dynamo/cachedDerivation.ts';
import { BTC, DAY, ETH, FRIDAY, SETTINGS } from '../contracts/storeFixture.ts';

const KEEP_MS = 60_000;

function openCached() {
  let now = FRIDAY;
  const store = createMemoryStore({ now: () => now });
  const reads: string[] = [];
  let isDown = false;
  const read = <T>(what: string, answer: T) => {
    reads.push(what);
    return isDown ? Promise.reject(new Error('throttled')) : answer;
  };
  const counted = {
    ...store,
    readAsOf: () => read('watermark', store.readAsOf()),
    readCoverage: (...args: Parameters<typeof store.readCoverage>) =>
      read(`coverage of ${args[0].symbol}`, store.readCoverage(...args)),
  };
  return {
    store,
    reads,
    cached: cacheDerivation(counted, { now: () => now, keepMs: KEEP_MS }),
    wait: (ms: number) => {
      now += ms;
    },
    setDown: (value: boolean) => {
      isDown = value;
    },
  };
}

test('a watermark and the coverage of a range are read once within the time they are kept', async () => {
  const { cached, reads, wait } = openCached();
  const readAll = async () => {
    await cached.readAsOf();
    for (const series of [BTC, ETH]) await cached.readCoverage(series, FRIDAY, FRIDAY + DAY);
  };
  await readAll();
  wait(KEEP_MS);
  await readAll();
  const once = ['watermark', `coverage of ${BTC.symbol}`, `coverage of ${ETH.symbol}`];
  expect(reads).toEqual(once);
  await cached.readCoverage(BTC, FRIDAY, FRIDAY + 2 * DAY);
  expect(reads).toHaveLength(4);
  wait(1);
  await readAll();
  expect(reads.slice(4)).toEqual(once);
});

test('a watermark that was raised through the cache is seen at once, without a read', async () => {
  const { store, cached, reads } = openCached();
  await store.writeSettings(SETTINGS);
  expect(await cached.readAsOf()).toBe(0);
  expect(await cached.advanceAsOf(FRIDAY)).toBe(FRIDAY);
  expect(await cached.advanceAsOf(FRIDAY - DAY)).toBe(FRIDAY);
  expect(await cached.readAsOf()).toBe(FRIDAY);
  expect(reads).toEqual(['watermark']);
});

test('a read that failed is tried again by the next call', async () => {
  const { cached, reads, setDown } = openCached();
  setDown(true);
  await expect(cached.readAsOf()).rejects.toThrow('throttled');
  await expect(cached.readCoverage(BTC, FRIDAY, FRIDAY + DAY)).rejects.toThrow('throttled');
  setDown(false);
  expect(await cached.readAsOf()).toBe(0);
  expect(await cached.readCoverage(BTC, FRIDAY, FRIDAY + DAY)).toEqual([]);
  expect(reads).toHaveLength(4);
});
