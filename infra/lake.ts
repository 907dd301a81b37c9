import { formatTimeframe } from '../packages/core/src/domain/time/timeframe.ts';
import { type ColumnType, LAKE_TABLES, type TableName } from '../packages/core/src/lake/tables.ts';
import { LAKE_PREFIX } from '../packages/functions/src/names.ts';
import { savedQueries } from './queries.ts';
import type { Stage } from './settings.ts';
import { QUERY_RESULTS_PREFIX, type Storage } from './storage.ts';

/** The limit of one query: $0.05 at $5 a TB. A year of 100 symbols in one timeframe has less than 1 GB. */
const MAX_SCANNED_BYTES = 10 * 1024 ** 3;

const GLUE_TYPES = {
  string: 'string',
  timestamp: 'timestamp',
  double: 'double',
  int32: 'int',
} as const satisfies Record<ColumnType, string>;

/**
 * Athena's tables, workgroup and saved queries. Partitions are projected, so a new day needs no registration.
 */
export function createLake(stage: Stage, storage: Storage) {
  // The catalog is free up to a million objects.
  const database = new aws.glue.CatalogDatabase('LakeDatabase', {
    name: `${$app.name}_${stage.name.replace(/[^a-z0-9]/g, '_')}`,
  });
  for (const table of Object.keys(LAKE_TABLES) as TableName[])
    createTable(table, { stage, storage, database });
  // $5 a TB, at least 10 MB a query: $0.00005 each.
  const workgroup = new aws.athena.Workgroup('LakeWorkgroup', {
    name: `${$app.name}-${stage.name}`,
    // A workgroup with saved queries or past executions cannot be removed otherwise.
    forceDestroy: true,
    configuration: {
      enforceWorkgroupConfiguration: true,
      bytesScannedCutoffPerQuery: MAX_SCANNED_BYTES,
      // Each of its metrics would cost $0.30 a month.
      publishCloudwatchMetricsEnabled: false,
      engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
      resultConfiguration: {
        outputLocation: $interpolate`s3://${storage.bucket.name}/${QUERY_RESULTS_PREFIX}`,
        encryptionConfiguration: { encryptionOption: 'SSE_S3' },
      },
    },
  });
  const timeframe = formatTimeframe(stage.settings.timeframes[0]!);
  const { interval } = stage.settings;
  for (const query of savedQueries({ interval, timeframe, root: $cli.paths.root })) {
    new aws.athena.NamedQuery(`Query${query.id}`, {
      name: query.name,
      description: query.description,
      database: database.name,
      workgroup: workgroup.id,
      query: query.sql,
    });
  }
  return { database, workgroup };
}

interface TableOptions {
  readonly stage: Stage;
  readonly storage: Storage;
  readonly database: aws.glue.CatalogDatabase;
}

function createTable(name: TableName, { stage, storage, database }: TableOptions) {
  const size = name === 'bars' ? 'timeframe' : 'interval';
  const sizes = name === 'bars' ? stage.settings.timeframes.map(formatTimeframe) : [stage.settings.interval];
  const location = $interpolate`s3://${storage.bucket.name}/${LAKE_PREFIX}${name}/`;
  return new aws.glue.CatalogTable(`Lake${name[0]!.toUpperCase()}${name.slice(1)}`, {
    databaseName: database.name,
    name,
    tableType: 'EXTERNAL_TABLE',
    parameters: {
      EXTERNAL: 'TRUE',
      classification: 'parquet',
      'projection.enabled': 'true',
      [`projection.${size}.type`]: 'enum',
      [`projection.${size}.values`]: sizes.join(','),
      'projection.date.type': 'date',
      'projection.date.format': 'yyyy-MM-dd',
      'projection.date.range': `${stage.firstLakeDay},NOW`,
      'projection.date.interval': '1',
      'projection.date.interval.unit': 'DAYS',
      'storage.location.template': $interpolate`${location}${size}=\${${size}}/date=\${date}/`,
    },
    // Projected dates are strings; comparing them with strings like '2026-11-22' prunes partitions.
    partitionKeys: [
      { name: size, type: 'string' },
      { name: 'date', type: 'string' },
    ],
    storageDescriptor: {
      location,
      inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
      outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      serDeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      columns: LAKE_TABLES[name].map((column) => ({ name: column.name, type: GLUE_TYPES[column.type] })),
    },
  });
}
