import { expect, test } from 'vitest';
import { TABLE_KEYS } from '../../packages/functions/src/names.ts';
import { named, ofType, statements } from './harness/graph.ts';
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
  expect(named(production, 'LakeLifecycle').inputs.rules[0]).toEqual({
    id: 'query-results',
    status: 'Enabled',
    filter: { prefix: 'athena/' },
    expiration: { days: 7 },
  });
});

test('a replaced or deleted object can be brought back for three days', () => {
  expect(ofType(production, 'aws:s3/bucketVersioning:BucketVersioning')[0]!.inputs).toMatchObject({
    versioningConfiguration: { status: 'Enabled' },
  });
  expect(named(production, 'LakeLifecycle').inputs.rules[1]).toEqual({
    id: 'old-versions',
    status: 'Enabled',
    filter: { prefix: '' },
    noncurrentVersionExpiration: { noncurrentDays: 3 },
    expiration: { expiredObjectDeleteMarker: true },
  });
});

test('a stage can be pointed at a table and a bucket that exist, and makes none', () => {
  const restored = graphOf('restored');
  expect(restored.code, restored.output).toBe(0);
  expect(named(restored, 'StoreTable').id).toBe('restored-table');
  expect(named(restored, 'LakeBucket').id).toBe('kept-bucket');
  for (const type of [
    'bucketLifecycleConfiguration:BucketLifecycleConfiguration',
    'bucketPolicy:BucketPolicy',
  ])
    expect(ofType(restored, `aws:s3/${type}`)).toEqual([]);
  const { variables } = named(restored, 'BuildLakeFunction').inputs.environment;
  expect(variables).toMatchObject({ TABLE_NAME: 'restored-table', BUCKET_NAME: 'kept-bucket' });
  expect(statements(named(restored, 'StreamTaskRole'))[0]!.Resource).toEqual([
    'arn:aws:dynamodb:eu-west-1:123456789012:table/restored-table',
  ]);
});
