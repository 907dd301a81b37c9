import { readFileSync } from 'node:fs';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { createAwsCli } from '../../scripts/aws/awsCli.ts';
import { compareMetrics, compareQueries, findLeftovers, killTask } from '../../scripts/aws/smokeSteps.ts';
import { createBucket, s3 } from './resources.ts';

const GOLDEN_DAY = 'interval=3m/date=2025-08-03';
const ENDPOINT = process.env.AWS_ENDPOINT_URL!;
const runAws = createAwsCli(process.env.AWS_REGION!);
const tools = { aws: runAws, statusOf: async () => 200, sleep: async () => {} };

/** What moto's Athena answers to the next query. Source: moto, "Athena", "Configuring query results". */
async function answerNext(rows: readonly (readonly string[])[]): Promise<void> {
  const [names, ...data] = rows;
  const cells = (row: readonly string[]) => ({ Data: row.map((VarCharValue) => ({ VarCharValue })) });
  const results = [{ rows: [names!, ...data].map(cells), column_info: [] }];
  const response = await fetch(`${ENDPOINT}/moto-api/static/athena/query-results`, {
    method: 'POST',
    body: JSON.stringify({ results }),
  });
  expect(response.status).toBe(201);
}

test('saved queries are compared with DuckDB over the same objects', async () => {
  const bucket = await createBucket();
  for (const table of ['candles', 'coverage', 'bars'])
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: `lake/${table}/${table === 'bars' ? GOLDEN_DAY.replace('interval=3m', 'timeframe=21m') : GOLDEN_DAY}/${table}.parquet`,
        Body: readFileSync(`tests/golden/${table}.parquet`),
      }),
    );
  const workgroup = `smoke-${process.pid}`;
  await runAws('athena', 'create-work-group', '--name', workgroup);
  const sql = "SELECT symbol, missing FROM coverage WHERE symbol = 'PART-USDT'";
  await runAws(
    ...['athena', 'create-named-query', '--name', 'Missing', '--database', 'lake'],
    ...['--query-string', sql, '--work-group', workgroup],
  );
  const { rows } = JSON.parse(readFileSync('tests/golden/coverage.json', 'utf8'));
  const { missing } = rows.find(({ symbol }: { symbol: string }) => symbol === 'PART-USDT');
  const where = { workgroup, database: 'lake', bucket };
  const answer = [
    ['symbol', 'missing'],
    ['PART-USDT', String(missing)],
  ];
  await answerNext(answer);
  expect(await compareQueries(tools, where)).toBe('1 saved queries answer the same in Athena and DuckDB');
  for (let round = 0; round < 3; round++) await answerNext([answer[0]!, ['PART-USDT', '0']]);
  await expect(compareQueries(tools, where)).rejects.toThrow(
    'the query "Missing": row 0, missing: "0" in Athena',
  );
});

test('alarms are compared with the metrics that exist', async () => {
  const stage = `smoke${process.pid}`;
  const alarm = (name: string, metric: string) =>
    runAws(
      ...['cloudwatch', 'put-metric-alarm', '--alarm-name', `candlelake-${stage}-${name}`],
      ...[
        '--namespace',
        'candlelake',
        '--metric-name',
        metric,
        '--dimensions',
        `Name=service,Value=${stage}`,
      ],
      ...['--statistic', 'Sum', '--period', '300', '--evaluation-periods', '1', '--threshold', '0'],
      ...['--comparison-operator', 'GreaterThanThreshold'],
    );
  await alarm('RateLimited', 'RateLimited');
  await alarm('Late', 'LiveDelaySeconds');
  await expect(compareMetrics(tools, stage)).rejects.toThrow(
    `alarms whose metric does not exist: candlelake-${stage}-Late`,
  );
  await runAws(
    ...['cloudwatch', 'put-metric-data', '--namespace', 'candlelake', '--metric-name', 'LiveDelaySeconds'],
    ...['--dimensions', `service=${stage}`, '--value', '1'],
  );
  expect(await compareMetrics(tools, stage)).toBe(
    `2 alarms; without data until something goes wrong: candlelake-${stage}-RateLimited`,
  );
});

test('a task is stopped, and the next one is waited for', async () => {
  const cluster = `smoke-${process.pid}`;
  // moto's search for tags fails over what has none.
  const tags = ['--tags', 'key=test,value=smoke'];
  await runAws('ecs', 'create-cluster', '--cluster-name', cluster, ...tags);
  const container = JSON.stringify([{ name: 'Stream', image: 'image', memory: 512 }]);
  await runAws(
    ...['ecs', 'register-task-definition', '--family', cluster, '--requires-compatibilities', 'FARGATE'],
    ...[
      '--network-mode',
      'awsvpc',
      '--cpu',
      '256',
      '--memory',
      '512',
      '--container-definitions',
      container,
      ...tags,
    ],
  );
  const { Subnets } = (await runAws('ec2', 'describe-subnets')) as {
    Subnets: readonly { SubnetId: string }[];
  };
  const network = `awsvpcConfiguration={subnets=[${Subnets[0]!.SubnetId}],securityGroups=[sg-1]}`;
  const start = () =>
    runAws(
      ...['ecs', 'run-task', '--cluster', cluster, '--task-definition', cluster],
      ...['--launch-type', 'FARGATE', '--network-configuration', network, ...tags],
    );
  await start();
  // moto has no service that starts the next task.
  const aws = async (...args: readonly string[]) => {
    const answer = await runAws(...args);
    if (args[1] === 'stop-task') await start();
    return answer;
  };
  expect(await killTask({ ...tools, aws }, cluster, 'http://127.0.0.1/health')).toBe(
    'another task runs; healthy after 0 s',
  );
});

test('what is left of a stage is found by its tag', async () => {
  const stage = `left${process.pid}`;
  expect(await findLeftovers(tools, stage)).toBe('nothing is left');
  const bucket = await createBucket();
  const tagging = `TagSet=[{Key=stage,Value=${stage}}]`;
  await runAws('s3api', 'put-bucket-tagging', '--bucket', bucket, '--tagging', tagging);
  expect(await findLeftovers(tools, stage)).toContain(`arn:aws:s3:::${bucket}`);
});
