import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { ConflictError, RetryableError } from '@candlelake/core';
import { expect, test } from 'vitest';
import { createS3Client } from '../../packages/functions/src/adapters/clients.ts';
import { createDynamoStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import { createDynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';
import { createS3ObjectStore } from '../../packages/functions/src/adapters/s3ObjectStore.ts';
import { visibleSlots } from '../contracts/storeFixture.ts';
import {
  COARSE,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  deriveOnce,
  encodeAsText,
  readTexts,
  series,
} from '../support/lake.ts';
import { createBucket, createTable, deleteTable, s3 } from './resources.ts';

const A = series('AAA-USDT');
const { signal } = new AbortController();

/** A client some of whose calls fail as the service's do, before they reach it. */
function troubledDynamo(maxAttempts: number, isThrottled: (call: number) => boolean): DynamoDBClient {
  const client = new DynamoDBClient({ maxAttempts });
  let calls = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      calls += 1;
      if (isThrottled(calls)) throw serviceError('ThrottlingException', 400);
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  return client;
}

function serviceError(name: string, status: number): Error {
  return Object.assign(new Error(`${name} by the test`), {
    name,
    $fault: 'client',
    $metadata: { httpStatusCode: status },
  });
}

test('a table that throttles every third call is no error: the client tries again, and the lake is the same', async () => {
  const name = await createTable();
  try {
    const client = troubledDynamo(8, (call) => call % 3 === 0);
    const store = createDynamoStore(createDynamoTable(client, name), { now: () => DAY_ONE });
    const oracle = await createTestLake(COARSE, DAY_ONE + 1.5 * DAY);
    await store.writeSettings(COARSE);
    for (const one of [store, oracle.store]) await one.merge([{ series: A, candles: coarseCandles(0, 18) }]);
    await store.advanceAsOf(DAY_ONE + 1.5 * DAY);
    const ports = { ...oracle.ports, candles: store, derivation: store };
    const objects = createS3ObjectStore({ client: s3, bucket: await createBucket() });
    await deriveOnce({ ...ports, objects, encode: encodeAsText }, signal);
    await oracle.derive();
    expect(await readTexts(objects)).toEqual(await oracle.read());
  } finally {
    await deleteTable(name);
  }
});

test('a table that throttles for good throws RetryableError, and what was written stays marked', async () => {
  const name = await createTable();
  try {
    let isThrottled = false;
    const client = troubledDynamo(2, () => isThrottled);
    const store = createDynamoStore(createDynamoTable(client, name), { now: () => DAY_ONE });
    await store.writeSettings(COARSE);
    isThrottled = true;
    await expect(store.merge([{ series: A, candles: coarseCandles(0, 12) }])).rejects.toThrow(RetryableError);
    isThrottled = false;
    expect(visibleSlots(await store.merge([{ series: A, candles: coarseCandles(0, 12) }]))).toHaveLength(12);
  } finally {
    await deleteTable(name);
  }
});

test.each([
  [412, 'PreconditionFailed'],
  [409, 'ConditionalRequestConflict'],
])('an answer of %d to a PUT is a conflict, after which the day is derived again', async (status, name) => {
  const Bucket = await createBucket();
  let puts = 0;
  const client = createS3Client();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === 'PutObjectCommand' && ++puts % 3 === 1) throw serviceError(name, status);
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const objects = createS3ObjectStore({ client, bucket: Bucket });
  await expect(objects.put('a/b', Uint8Array.of(1), null)).rejects.toThrow(ConflictError);
  const lake = await createTestLake(COARSE, DAY_ONE + DAY);
  await lake.store.merge([{ series: A, candles: coarseCandles(0, 12) }]);
  await deriveOnce({ ...lake.ports, objects }, signal);
  await lake.store.writeSettings({ ...COARSE, skipPartial: true });
  await lake.store.writeSettings(COARSE);
  await lake.derive();
  expect(await readTexts(objects)).toEqual(await lake.read());
});

test('a bucket that does not answer throws RetryableError', async () => {
  const client = new S3Client({ endpoint: 'http://127.0.0.1:1', maxAttempts: 1, forcePathStyle: true });
  const objects = createS3ObjectStore({ client, bucket: 'nowhere' });
  await expect(objects.version('a/b')).rejects.toThrow(RetryableError);
  await expect(objects.put('a/b', Uint8Array.of(1), null)).rejects.toThrow(RetryableError);
  await expect(objects.list()).rejects.toThrow(RetryableError);
});
