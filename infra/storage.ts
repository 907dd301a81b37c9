import { LAKE_PREFIX, TABLE_EXPIRY, TABLE_KEYS } from '../packages/functions/src/names.ts';
import type { Stage } from './settings.ts';

/** Prefix of query results in the lake's bucket; they are deleted after a week. */
export const QUERY_RESULTS_PREFIX = 'athena/';

export interface Storage {
  readonly table: sst.aws.Dynamo;
  readonly bucket: sst.aws.Bucket;
}

/** How long a replaced or deleted object of the lake can be brought back. */
const OLD_VERSION_DAYS = 3;

/**
 * The table of the store and the bucket of the lake. Both are kept when a production stage is removed.
 * Existing ones that the settings name are used as they are, and never changed or removed.
 */
export function createStorage(stage: Stage): Storage {
  const { table, bucket } = stage.existing ?? {};
  return {
    table: table ? sst.aws.Dynamo.get('Store', table) : createTable(stage),
    bucket: bucket ? sst.aws.Bucket.get('Lake', bucket) : createBucket(stage),
  };
}

/**
 * About $0.02 a month a symbol: each candle is written twice (provisional, final), at $0.625 a million write
 * units.
 */
function createTable({ production, protect, keepData }: Stage): sst.aws.Dynamo {
  return new sst.aws.Dynamo(
    'Store',
    {
      fields: { [TABLE_KEYS.partition]: 'string', [TABLE_KEYS.sort]: 'string' },
      primaryIndex: { hashKey: TABLE_KEYS.partition, rangeKey: TABLE_KEYS.sort },
      ttl: TABLE_EXPIRY,
      deletionProtection: keepData,
      transform: {
        table: (args) => {
          // $0.20 a GB-month. The candles of a development stage can be fetched again.
          args.pointInTimeRecovery = { enabled: production };
        },
      },
    },
    { protect, retainOnDelete: keepData },
  );
}

/**
 * Cents a month: a year of a symbol is about 10 MB, and a day has some 200 versions, which are kept for three
 * days.
 */
function createBucket({ protect, keepData }: Stage): sst.aws.Bucket {
  return new sst.aws.Bucket(
    'Lake',
    {
      cors: false,
      enforceHttps: true,
      versioning: true,
      lifecycle: [{ id: 'query-results', prefix: QUERY_RESULTS_PREFIX, expiresIn: '7 days' }],
      transform: {
        bucket: (args) => {
          args.forceDestroy = !keepData;
        },
        lifecycle: (args) => {
          args.rules = $output(args.rules).apply((rules = []) => [
            ...rules,
            {
              id: 'old-versions',
              status: 'Enabled',
              filter: { prefix: '' },
              noncurrentVersionExpiration: { noncurrentDays: OLD_VERSION_DAYS },
              expiration: { expiredObjectDeleteMarker: true },
            },
          ]);
        },
      },
    },
    { protect, retainOnDelete: keepData },
  );
}

/** Actions that a function or task may take on some resources. */
export interface Permission {
  readonly actions: string[];
  readonly resources: $util.Input<$util.Input<string>[]>;
  readonly conditions?: { test: string; variable: string; values: string[] }[];
}

/** The table calls of stream, backfill and derivation. A transaction needs the permissions of its writes. */
export const READ_AND_WRITE = ['GetItem', 'Query', 'PutItem', 'UpdateItem'] as const;

/**
 * Permission for calls on the table, such as `GetItem`; with `partitions`, on items with these partition keys
 * only.
 */
export function tableAccess(
  { table }: Storage,
  actions: readonly string[],
  partitions: readonly string[] = [],
): Permission {
  return {
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.arn],
    ...(partitions.length === 0
      ? {}
      : {
          conditions: [
            {
              test: 'ForAllValues:StringEquals',
              variable: 'dynamodb:LeadingKeys',
              values: [...partitions],
            },
          ],
        }),
  };
}

/**
 * Permission for calls on objects of the lake. ListBucket makes S3 answer 404, not 403, for a missing object.
 */
export function lakeAccess({ bucket }: Storage, actions: readonly string[]): readonly Permission[] {
  return [
    {
      actions: actions.map((action) => `s3:${action}`),
      resources: [$interpolate`${bucket.arn}/${LAKE_PREFIX}*`],
    },
    { actions: ['s3:ListBucket'], resources: [bucket.arn] },
  ];
}
