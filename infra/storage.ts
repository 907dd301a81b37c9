import { LAKE_PREFIX, TABLE_EXPIRY, TABLE_KEYS } from '../packages/functions/src/names.ts';
import type { Stage } from './settings.ts';

/** Results of queries lie below it in the lake's bucket and are gone after a week. */
export const QUERY_RESULTS_PREFIX = 'athena/';

export interface Storage {
  readonly table: sst.aws.Dynamo;
  readonly bucket: sst.aws.Bucket;
}

/** The store and the bucket of the lake. A removed production stage leaves both behind. */
export function createStorage(stage: Stage): Storage {
  // About $0.02 a month for each symbol: every candle is written twice (provisional, then final), at $0.625 a million units.
  const kept = { protect: stage.production };
  const table = new sst.aws.Dynamo(
    'Store',
    {
      fields: { [TABLE_KEYS.partition]: 'string', [TABLE_KEYS.sort]: 'string' },
      primaryIndex: { hashKey: TABLE_KEYS.partition, rangeKey: TABLE_KEYS.sort },
      ttl: TABLE_EXPIRY,
      deletionProtection: stage.production,
      transform: {
        table: (args) => {
          // $0.20 for each GB: the candles of a development stage can be fetched again.
          args.pointInTimeRecovery = { enabled: stage.production };
        },
      },
    },
    kept,
  );
  // Cents a month: a symbol-year is about 10 MB. Without versions, because each day is written many times and can be derived again.
  const bucket = new sst.aws.Bucket(
    'Lake',
    {
      cors: false,
      enforceHttps: true,
      versioning: false,
      lifecycle: [{ id: 'query-results', prefix: QUERY_RESULTS_PREFIX, expiresIn: '7 days' }],
      transform: {
        bucket: (args) => {
          args.forceDestroy = !stage.production;
        },
      },
    },
    kept,
  );
  return { table, bucket };
}

/** What a function or task may do, and to what. */
export interface Permission {
  readonly actions: string[];
  readonly resources: $util.Input<$util.Input<string>[]>;
  readonly conditions?: { test: string; variable: string; values: string[] }[];
}

/** The calls on the table of whoever streams, fills or derives. A transaction of writes is allowed as its writes are. */
export const READ_AND_WRITE = ['GetItem', 'Query', 'PutItem', 'UpdateItem'] as const;

/** Leave for these calls on the table, such as `GetItem`; with `partitions`, on items of these partition keys only. */
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

/** Leave for these calls on the objects of the lake, and to be told 404 instead of 403 for one that is not there. */
export function lakeAccess({ bucket }: Storage, actions: readonly string[]): readonly Permission[] {
  return [
    {
      actions: actions.map((action) => `s3:${action}`),
      resources: [$interpolate`${bucket.arn}/${LAKE_PREFIX}*`],
    },
    { actions: ['s3:ListBucket'], resources: [bucket.arn] },
  ];
}
