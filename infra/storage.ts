import { LAKE_PREFIX, TABLE_EXPIRY, TABLE_KEYS } from '../packages/functions/src/names.ts';
import type { Stage } from './settings.ts';

/** Prefix of query results in the lake's bucket; they are deleted after a week. */
export const QUERY_RESULTS_PREFIX = 'athena/';

export interface Storage {
  readonly table: sst.aws.Dynamo;
  readonly bucket: sst.aws.Bucket;
}

/** The table of the store and the bucket of the lake. Both are kept when a production stage is removed. */
export function createStorage(stage: Stage): Storage {
  // About $0.02 a month a symbol: each candle is written twice (provisional, final), at $0.625 a million
  // write units.
  const { protect, keepData } = stage;
  const table = new sst.aws.Dynamo(
    'Store',
    {
      fields: { [TABLE_KEYS.partition]: 'string', [TABLE_KEYS.sort]: 'string' },
      primaryIndex: { hashKey: TABLE_KEYS.partition, rangeKey: TABLE_KEYS.sort },
      ttl: TABLE_EXPIRY,
      deletionProtection: keepData,
      transform: {
        table: (args) => {
          // $0.20 a GB-month. The candles of a development stage can be fetched again.
          args.pointInTimeRecovery = { enabled: stage.production };
        },
      },
    },
    { protect, retainOnDelete: keepData },
  );
  // Cents a month: a year of a symbol is about 10 MB. No versions: a day is written many times and can be
  // derived again.
  const bucket = new sst.aws.Bucket(
    'Lake',
    {
      cors: false,
      enforceHttps: true,
      versioning: false,
      lifecycle: [{ id: 'query-results', prefix: QUERY_RESULTS_PREFIX, expiresIn: '7 days' }],
      transform: {
        bucket: (args) => {
          args.forceDestroy = !keepData;
        },
      },
    },
    { protect, retainOnDelete: keepData },
  );
  return { table, bucket };
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
