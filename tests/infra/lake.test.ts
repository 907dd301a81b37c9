import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  barsPath,
  type ColumnType,
  candlesPath,
  coveragePath,
  LAKE_TABLES,
  type TableName,
} from '../../packages/core/src/index.ts';
import { LAKE_PREFIX } from '../../packages/functions/src/names.ts';
import { named, ofType } from './harness/graph.ts';
import { graphOf, type StageName } from './stages.ts';

const TABLES = { LakeCandles: 'candles', LakeBars: 'bars', LakeCoverage: 'coverage' } as const;
const DAY = Date.UTC(2026, 10, 22);

/**
 * What Athena calls the types that the Parquet file has. Source: Athena, "Data types" and "Parquet SerDe".
 */
const ATHENA_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  timestamp: 'timestamp',
  double: 'double',
  int32: 'int',
};

/** The object of a day as the code that writes it names it. */
function writtenPath(table: TableName, size: string): string {
  if (table === 'bars') return barsPath(Number(size.slice(0, -1)), DAY);
  const interval = size as Parameters<typeof candlesPath>[0];
  return table === 'candles' ? candlesPath(interval, DAY) : coveragePath(interval, DAY);
}

describe.each(['development', 'production', 'many'] as const)('the tables of %s', (stage) => {
  const graph = graphOf(stage);

  test.each(Object.entries(TABLES))(
    '%s has the columns of the Parquet files, in their order',
    (name, table) => {
      const { columns } = named(graph, name).inputs.storageDescriptor;
      expect(columns).toEqual(
        LAKE_TABLES[table].map((column) => ({ name: column.name, type: ATHENA_TYPES[column.type] })),
      );
    },
  );

  test.each(Object.entries(TABLES))('%s looks for objects where the code writes them', (name, table) => {
    const { parameters, partitionKeys, storageDescriptor } = named(graph, name).inputs;
    const bucket = named(graph, 'LakeBucket').outputs.bucket;
    const [size] = partitionKeys.map((key: { name: string }) => key.name);
    for (const value of parameters[`projection.${size}.values`].split(',')) {
      const folder = parameters['storage.location.template']
        .replace(`\${${size}}`, value)
        .replace(`\${date}`, '2026-11-22');
      expect(folder).not.toContain('$');
      expect(`s3://${bucket}/${LAKE_PREFIX}${writtenPath(table, value)}`).toMatch(
        new RegExp(`^${folder}[^/]+\\.parquet$`),
      );
    }
    expect(storageDescriptor.location).toBe(`s3://${bucket}/${LAKE_PREFIX}${table}/`);
  });

  test.each(Object.keys(TABLES))('%s projects every partition key', (name) => {
    const { parameters, partitionKeys } = named(graph, name).inputs;
    expect(parameters['projection.enabled']).toBe('true');
    expect(partitionKeys.map((key: { name: string }) => key.name)).toEqual([
      name === 'LakeBars' ? 'timeframe' : 'interval',
      'date',
    ]);
    for (const { name: key, type } of partitionKeys) {
      expect(type).toBe('string');
      expect(['enum', 'date']).toContain(parameters[`projection.${key}.type`]);
    }
    expect(parameters).toMatchObject({
      'projection.date.format': 'yyyy-MM-dd',
      'projection.date.interval': '1',
      'projection.date.interval.unit': 'DAYS',
      classification: 'parquet',
    });
    expect(parameters['projection.date.range']).toMatch(/^\d{4}-\d{2}-\d{2},NOW$/);
  });
});

test('partitions follow the settings of the stage', () => {
  const values = (stage: StageName, name: string) => {
    const { parameters } = named(graphOf(stage), name).inputs;
    return [
      parameters['projection.timeframe.values'] ?? parameters['projection.interval.values'],
      parameters['projection.date.range'],
    ];
  };
  expect(values('development', 'LakeBars')).toEqual(['21m', '2026-11-01,NOW']);
  expect(values('many', 'LakeBars')).toEqual(['35m,60m', '2025-01-31,NOW']);
  expect(values('many', 'LakeCandles')).toEqual(['5m', '2025-01-31,NOW']);
});

test('a query that would read more than 10 GB is stopped, and results go where they expire', () => {
  const graph = graphOf('production');
  const { configuration } = named(graph, 'LakeWorkgroup').inputs;
  expect(configuration).toMatchObject({
    enforceWorkgroupConfiguration: true,
    bytesScannedCutoffPerQuery: 10 * 1024 ** 3,
    publishCloudwatchMetricsEnabled: false,
    resultConfiguration: {
      outputLocation: `s3://${named(graph, 'LakeBucket').outputs.bucket}/athena/`,
      encryptionConfiguration: { encryptionOption: 'SSE_S3' },
    },
  });
});

test('the queries of the folder are saved in the database and workgroup of the stage', () => {
  const graph = graphOf('many');
  const queries = ofType(graph, 'aws:athena/namedQuery:NamedQuery');
  const files = readdirSync('queries').filter((file) => file.endsWith('.sql'));
  expect(queries).toHaveLength(files.length);
  for (const { inputs } of queries) {
    expect(inputs.database).toBe('candlelake_many');
    expect(inputs.workgroup).toBe(named(graph, 'LakeWorkgroup').id);
    expect(inputs.query).toMatch(/"interval" = '5m'|timeframe = '35m'/);
  }
});
