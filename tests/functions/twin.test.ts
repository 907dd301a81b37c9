import { createMemoryObjects, type ObjectStore } from '@candlelake/core';
import { expect, test } from 'vitest';
import { listPaths } from '../support/lake.ts';
import { readRows } from '../support/readParquet.ts';
import { createMemoryTable } from './memoryTable.ts';
import { runCloudHost } from './twin/cloudHost.ts';
import { createIdle } from './twin/idle.ts';
import { runLocalHost } from './twin/localHost.ts';
import { nightRun, nightTreatment, weekRun, weekTreatment } from './twin/runs.ts';

/** `npm test` runs the night; TWIN_RUN=week, a lane of .ci/run, runs the week. */
const week = { run: weekRun(), treatmentOf: weekTreatment, days: 8 };
const night = { run: nightRun(), treatmentOf: nightTreatment, days: 3 };
const name = process.env.TWIN_RUN === 'week' ? 'week' : 'night';
const { run, treatmentOf, days } = name === 'week' ? week : night;

async function bytesOf(objects: ObjectStore): Promise<ReadonlyMap<string, string>> {
  const paths = await listPaths(objects);
  const contents = paths.map(
    async (path) => [path, Buffer.from((await objects.read(path))!).toString('base64')] as const,
  );
  return new Map(await Promise.all(contents));
}

/** The coverage of every day, as one list. */
async function coverageOf(objects: ObjectStore) {
  const paths = (await listPaths(objects)).filter((path) => path.startsWith('coverage/'));
  return (await Promise.all(paths.map(async (path) => readRows((await objects.read(path))!)))).flat();
}

test(`a ${name} of faults, kills, overlaps and a rejected symbol leaves the cloud host with the lake of one machine, byte for byte`, async () => {
  const local = await runLocalHost(run);
  const cloud = createMemoryObjects();
  const parts = { table: createMemoryTable(), objects: cloud, idle: createIdle() };
  await runCloudHost(run, treatmentOf(run), parts);
  const expected = await bytesOf(local);
  // Candles, coverage and three timeframes for each day.
  expect(expected.size).toBe(days * 5);
  const coverage = await coverageOf(local);
  expect(coverage.filter(({ missing, provisional }) => missing !== 0 || provisional !== 0)).toEqual([]);
  // All days but the last are whole: BTC and SOL trade in each slot, ETH in all but thirteen.
  const whole = coverage.filter(({ expected: slots }) => slots === 480);
  expect(whole.map(({ symbol, final, quiet }) => `${symbol} ${final} ${quiet}`).sort()).toEqual([
    ...Array<string>(days - 1).fill('BTC-USDT 480 0'),
    ...Array<string>(days - 1).fill('ETH-USDT 467 13'),
    ...Array<string>(days - 1).fill('SOL-USDT 480 0'),
  ]);
  const found = await bytesOf(cloud);
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [path, bytes] of expected) expect(found.get(path) === bytes, path).toBe(true);
}, 300_000);
