import { expect, test } from 'vitest';
import { createDynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';
import { createS3ObjectStore } from '../../packages/functions/src/adapters/s3ObjectStore.ts';
import { runCloudHost } from '../functions/twin/cloudHost.ts';
import { createIdle } from '../functions/twin/idle.ts';
import { runLocalHost } from '../functions/twin/localHost.ts';
import { nightRun, nightTreatment } from '../functions/twin/runs.ts';
import { listPaths } from '../support/lake.ts';
import { createBucket, createTable, deleteTable, dynamo, s3 } from './resources.ts';

test('three symbols and timeframes of three days are the same bytes in S3 as on one machine', async () => {
  const run = nightRun();
  const local = await runLocalHost(run);
  const name = await createTable();
  try {
    const objects = createS3ObjectStore({ client: s3, bucket: await createBucket() });
    await runCloudHost(run, nightTreatment(run), {
      table: createDynamoTable(dynamo, name),
      objects,
      idle: createIdle(),
    });
    const paths = await listPaths(local);
    expect(paths).toHaveLength(3 * 5);
    expect(await listPaths(objects)).toEqual(paths);
    for (const path of paths) {
      const [one, other] = [await local.read(path), await objects.read(path)];
      expect(Buffer.compare(one!, other!), path).toBe(0);
    }
  } finally {
    await deleteTable(name);
  }
}, 600_000);
