import type { LakeTable } from '@candlelake/core';
import { afterEach, expect, test } from 'vitest';
import { createEncoderPool } from '../../packages/cli/src/adapters/encoderPool.ts';
import { encode } from '../support/encoder.ts';
import { COARSE, coarseCandles, createTestLake, DAY, DAY_ONE, series } from '../support/lake.ts';

let pool: ReturnType<typeof createEncoderPool> | undefined;
afterEach(() => pool?.stop());

/** The tables of a day. */
async function tablesOfDay(): Promise<readonly LakeTable[]> {
  const tables: LakeTable[] = [];
  const lake = await createTestLake(COARSE, DAY_ONE + DAY, (table) => {
    tables.push(table);
    return encode(table);
  });
  await lake.store.merge([{ series: series('AAA-USDT'), candles: coarseCandles(0, 12) }]);
  await lake.derive();
  expect(tables).toHaveLength(4);
  return tables;
}

test('threads give the bytes of an encoding in this one, in the order of the calls', async () => {
  pool = createEncoderPool({ threads: 2 });
  const tables = await tablesOfDay();
  const many = Array.from({ length: 20 }, () => tables).flat();
  const encoded = await Promise.all(many.map((table) => pool!.encode(table)));
  for (const [index, bytes] of encoded.entries()) expect(bytes).toEqual(encode(many[index]!));
});

test('an idle thread ends, and the next table starts another', async () => {
  pool = createEncoderPool({ threads: 1, idleMs: 0 });
  const [table] = await tablesOfDay();
  const first = await pool.encode(table!);
  await expect.poll(() => pool!.running(), { timeout: 60_000 }).toBe(0);
  expect(await pool.encode(table!)).toEqual(first);
});

test('a table that cannot be encoded fails alone', async () => {
  pool = createEncoderPool({ threads: 1 });
  const [table] = await tablesOfDay();
  // All three go to the thread together.
  const asked = [table!, { ...table!, columns: {} }, table!].map((one) => pool!.encode(one));
  const [first, broken, last] = await Promise.allSettled(asked);
  expect(first).toEqual({ status: 'fulfilled', value: encode(table!) });
  expect(broken).toMatchObject({ status: 'rejected', reason: expect.any(Error) });
  expect(last).toEqual(first);
});

test('tables that wait when the threads are ended are refused', async () => {
  pool = createEncoderPool({ threads: 1 });
  const [table] = await tablesOfDay();
  const waiting = expect(pool.encode(table!)).rejects.toThrow('the encoder thread was stopped');
  await pool.stop();
  await waiting;
});
