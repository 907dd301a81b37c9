import { expect, test } from 'vitest';
import { TABLE_KEYS } from '../../packages/functions/src/names.ts';
import { named, ofType } from './harness/graph.ts';
import { graphOf } from './stages.ts';

const production = graphOf('production');
const development = graphOf('development');

test('the table is paid by use and has the keys that the code uses', () => {
  expect(named(production, 'StoreTable').inputs).toMatchObject({
    billingMode: 'PAY_PER_REQUEST',
    hashKey: TABLE_KEYS.partition,
    rangeKey: TABLE_KEYS.sort,
    streamEnabled: false,
  });
});

test('production keeps its data whatever is removed', () => {
  const table = named(production, 'StoreTable');
  const bucket = named(production, 'LakeBucket');
  expect(table).toMatchObject({ protect: true, retainOnDelete: true });
  expect(bucket).toMatchObject({ protect: true, retainOnDelete: true });
  expect(table.inputs.deletionProtectionEnabled).toBe(true);
  expect(table.inputs.pointInTimeRecovery.enabled).toBe(true);
  expect(bucket.inputs.forceDestroy).toBe(false);
});

test('a development stage can be removed whole, and pays for no backup', () => {
  const table = named(development, 'StoreTable');
  expect(table).toMatchObject({ protect: false, retainOnDelete: false });
  expect(table.inputs.deletionProtectionEnabled).toBe(false);
  expect(table.inputs.pointInTimeRecovery.enabled).toBe(false);
  expect(named(development, 'LakeBucket').inputs.forceDestroy).toBe(true);
});

test('the bucket is private, refuses plain HTTP and forgets query results after a week', () => {
  const [access] = ofType(production, 'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock');
  expect(access!.inputs).toMatchObject({
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  const policy = JSON.parse(named(production, 'LakePolicy').inputs.policy);
  expect(policy.Statement).toEqual([
    expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': ['false'] } } }),
  ]);
  expect(named(production, 'LakeLifecycle').inputs.rules).toEqual([
    { id: 'query-results', status: 'Enabled', filter: { prefix: 'athena/' }, expiration: { days: 7 } },
  ]);
});
