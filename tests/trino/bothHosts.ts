import { join } from 'node:path';
import { createLakeWriter, deriveMarkedDays, type EpochMs, type ObjectStore } from '@candlelake/core';
import { createFileObjects } from '../../packages/cli/src/adapters/fileObjects.ts';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { createStatusItems } from '../../packages/functions/src/adapters/dynamo/statusItems.ts';
import { createDynamoStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import { createS3ObjectStore } from '../../packages/functions/src/adapters/s3ObjectStore.ts';
import { buildLake } from '../../packages/functions/src/jobs/buildLake.ts';
import { s3 } from '../aws/resources.ts';
import { createMemoryTable } from '../functions/memoryTable.ts';
import { encode } from '../support/encoder.ts';
import { createManualClock } from '../support/manualClock.ts';
import { fillStore } from '../support/queryLake.ts';

const { signal } = new AbortController();
const yieldToHost = async () => {};

/** The lake as the local host keeps it: an SQLite file and Parquet files, both below the folder. */
export async function writeLocalLake(folder: string, asOf: EpochMs): Promise<ObjectStore> {
  const objects = createFileObjects(join(folder, 'parquet'));
  const store = openSqliteStore(join(folder, 'candles.sqlite'), { now: () => asOf });
  try {
    await fillStore(store, asOf);
    const writer = createLakeWriter({ candles: store, derivation: store, objects, encode, yieldToHost });
    while ((await deriveMarkedDays({ derivation: store, writer }, signal)).days > 0);
  } finally {
    store.close();
  }
  return objects;
}

/** The lake as `buildLake` writes it into the bucket; the DynamoDB table is one in memory. */
export async function writeCloudLake(bucket: string, asOf: EpochMs): Promise<ObjectStore> {
  const objects = createS3ObjectStore({ client: s3, bucket });
  const clock = createManualClock(asOf);
  const table = createMemoryTable();
  const store = createDynamoStore(table, { now: clock.now, realNow: clock.now });
  await fillStore(store, asOf);
  // Entries of writers that may still be at work expire first.
  await clock.advance(600_000);
  await buildLake(
    {
      ...{ clock, candles: store, derivation: store, objects, encode, yieldToHost },
      notices: store,
      notify: async () => {},
      status: createStatusItems(table),
      report: () => {},
    },
    signal,
  );
  return objects;
}
