import { createLakeWriter, type DerivePorts, type LakeTable, objectPaths } from '@candlelake/core';
import { expect, test } from 'vitest';
import {
  COARSE,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  deriveOnce,
  encodeAsText,
  series,
  shapedCandle,
} from '../../support/lake.ts';

const A = series('AAA-USDT');
const { signal } = new AbortController();
const DAYS = 3;
/** The digest has the whole text: equal ones give equal bytes. */
const fingerprint = (table: LakeTable) => new TextDecoder().decode(encodeAsText(table));

/** Three days of one symbol, derived; `encoded` are the tables that were encoded since it was last emptied. */
async function derivedLake(parts: Partial<DerivePorts> = { fingerprint }) {
  const lake = await createTestLake(COARSE, DAY_ONE + DAYS * DAY);
  await lake.store.merge([{ series: A, candles: coarseCandles(0, DAYS * 12) }]);
  const encoded: string[] = [];
  const encode = (table: LakeTable) => {
    encoded.push(table.name);
    return encodeAsText(table);
  };
  const ports: DerivePorts = { ...lake.ports, encode, ...parts };
  const derive = async () => {
    while ((await lake.store.dirtyDays()).length > 0) await deriveOnce(ports, signal);
  };
  await derive();
  return { lake, ports, encoded, derive };
}

/** What the same store gives without fingerprints. */
async function expectedObjects(
  change: (store: Awaited<ReturnType<typeof derivedLake>>['lake']) => Promise<void>,
) {
  const { lake, derive } = await derivedLake({});
  await change(lake);
  await derive();
  return lake.read();
}

const count = (names: readonly string[], name: string) => names.filter((one) => one === name).length;

test('a change of the periods encodes the bars alone, and the lake is that of encoding every table', async () => {
  const { lake, ports, encoded, derive } = await derivedLake();
  const settings = { ...COARSE, periods: { ...COARSE.periods, maShort: 4 } };
  encoded.length = 0;
  await lake.store.writeSettings(settings);
  await derive();
  expect(count(encoded, 'bars')).toBeGreaterThanOrEqual(DAYS * COARSE.timeframes.length);
  expect([count(encoded, 'candles'), count(encoded, 'coverage')]).toEqual([0, 0]);
  expect(await lake.read()).toEqual(await expectedObjects(({ store }) => store.writeSettings(settings)));
  expect(await createLakeWriter(ports).inspect(signal)).toEqual({ damaged: [], unrecorded: [] });
});

test('a correction encodes the tables that it changes', async () => {
  const { lake, encoded, derive } = await derivedLake();
  // The newest day: no day after it begins with other averages.
  const late = shapedCandle(DAY_ONE + 2 * DAY, 16, { close: '103', observed: DAY_ONE + 30 * DAY });
  encoded.length = 0;
  await lake.store.merge([{ series: A, candles: [late] }]);
  await derive();
  expect(encoded.toSorted()).toEqual(['bars', 'bars', 'candles']);
  expect(await lake.read()).toEqual(
    await expectedObjects(async ({ store }) => {
      await store.merge([{ series: A, candles: [late] }]);
    }),
  );
});

test.each(['missing', 'changed'])('a %s object is encoded and written again', async (damage) => {
  const { lake, encoded, derive } = await derivedLake();
  const whole = await lake.read();
  const path = objectPaths(COARSE, DAY_ONE + DAY)[0]!;
  const version = await lake.objects.version(path);
  if (damage === 'missing') await lake.objects.remove(path, version);
  else await lake.objects.put(path, Uint8Array.of(1, 2, 3), version);
  encoded.length = 0;
  await lake.store.markDays(new Set([DAY_ONE + DAY]));
  await derive();
  expect(encoded).toEqual(['candles']);
  expect(await lake.read()).toEqual(whole);
});

test('every table is encoded without fingerprints, and with those of another encoder', async () => {
  const { lake, ports, encoded } = await derivedLake();
  const tables = objectPaths(COARSE, DAY_ONE).length;
  for (const other of [undefined, (table: LakeTable) => `newer ${fingerprint(table)}`]) {
    const { fingerprint: _, ...rest } = ports;
    encoded.length = 0;
    await lake.store.markDays(new Set([DAY_ONE]));
    await deriveOnce({ ...rest, ...(other && { fingerprint: other }) }, signal);
    expect(encoded).toHaveLength(tables);
  }
});
