import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { overLake } from '../../tests/support/lakeViews.ts';
import { queryDuckDb } from '../../tests/support/readParquet.ts';
import { type Alarm, type AthenaRow, alarmsWithoutMetric, differenceOf, type Metric } from './compare.ts';

/** What the steps use of the machine. */
export interface SmokeTools {
  /** Runs the AWS command line and returns its answer. Throws what it writes to its error output. */
  readonly aws: (...args: readonly string[]) => Promise<unknown>;
  /** The HTTP status of an address; 0 when it does not answer. */
  readonly statusOf: (url: string) => Promise<number>;
  readonly sleep: (ms: number) => Promise<void>;
}

const POLL_MS = 10_000;
/** A quarter of an hour: a first deploy waits for the image, the task and the first final candles. */
const POLLS = 90;

/** Waits until `/health` answers 200. */
export async function waitForHealth(tools: SmokeTools, url: string): Promise<string> {
  const tries = await poll(tools, async () => (await tools.statusOf(url)) === 200);
  return `healthy after ${(tries * POLL_MS) / 1000} s`;
}

/**
 * Runs every saved query in Athena and over the same objects in DuckDB. Throws for a difference that lasts.
 */
export async function compareQueries(
  tools: SmokeTools,
  {
    workgroup,
    database,
    bucket,
  }: { readonly workgroup: string; readonly database: string; readonly bucket: string },
): Promise<string> {
  const { NamedQueryIds: ids } = (await tools.aws(
    'athena',
    'list-named-queries',
    '--work-group',
    workgroup,
  )) as {
    readonly NamedQueryIds: readonly string[];
  };
  const folder = await mkdtemp(join(tmpdir(), 'candlelake-smoke-'));
  try {
    for (const id of ids) {
      const { NamedQuery: query } = (await tools.aws(
        'athena',
        'get-named-query',
        '--named-query-id',
        id,
      )) as {
        readonly NamedQuery: { readonly Name: string; readonly QueryString: string };
      };
      let difference: string | null = null;
      // The lake may have been written between the two answers.
      for (let round = 0; round === 0 || (difference !== null && round < 3); round++) {
        const athena = await queryAthena(tools, query.QueryString, { workgroup, database });
        await tools.aws('s3', 'sync', `s3://${bucket}/lake`, folder, '--delete', '--only-show-errors');
        difference = differenceOf(athena, await queryDuckDb(overLake(query.QueryString, { root: folder })));
      }
      if (difference !== null) throw new Error(`the query "${query.Name}": ${difference}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return `${ids.length} saved queries answer the same in Athena and DuckDB`;
}

async function queryAthena(
  tools: SmokeTools,
  sql: string,
  { workgroup, database }: { readonly workgroup: string; readonly database: string },
): Promise<readonly AthenaRow[]> {
  const context = ['--work-group', workgroup, '--query-execution-context', `Database=${database}`];
  const { QueryExecutionId: id } = (await tools.aws(
    ...['athena', 'start-query-execution', '--query-string', sql, ...context],
  )) as { readonly QueryExecutionId: string };
  await poll(tools, async () => {
    const { QueryExecution } = (await tools.aws(
      ...['athena', 'get-query-execution', '--query-execution-id', id],
    )) as {
      readonly QueryExecution: {
        readonly Status: { readonly State: string; readonly StateChangeReason?: string };
      };
    };
    const { State, StateChangeReason } = QueryExecution.Status;
    if (State === 'FAILED' || State === 'CANCELLED') throw new Error(`Athena: ${State} ${StateChangeReason}`);
    return State === 'SUCCEEDED';
  });
  const { ResultSet } = (await tools.aws('athena', 'get-query-results', '--query-execution-id', id)) as {
    readonly ResultSet: {
      readonly Rows: readonly { readonly Data: readonly { readonly VarCharValue?: string }[] }[];
    };
  };
  const [names, ...rows] = ResultSet.Rows.map(({ Data }) =>
    Data.map(({ VarCharValue }) => VarCharValue ?? null),
  );
  return rows.map((row) =>
    Object.fromEntries((names ?? []).map((name, index) => [name, row[index] ?? null])),
  );
}

/** Metrics that exist only once something has gone wrong. */
const ONLY_IN_TROUBLE = /-(RateLimited|DeadEvents|DeadBackfills|Throttled|TableThrottled)$/;

/**
 * Compares the metrics that exist with those that alarms read. Throws for an alarm that could never sound.
 */
export async function compareMetrics(tools: SmokeTools, stage: string): Promise<string> {
  const prefix = `candlelake-${stage}-`;
  const { MetricAlarms: alarms } = (await tools.aws(
    ...['cloudwatch', 'describe-alarms', '--alarm-name-prefix', prefix],
  )) as { readonly MetricAlarms: readonly Alarm[] };
  const { Metrics: metrics } = (await tools.aws('cloudwatch', 'list-metrics')) as {
    readonly Metrics: readonly Metric[];
  };
  const silent = alarmsWithoutMetric(alarms, metrics);
  const wrong = silent.filter((name) => !ONLY_IN_TROUBLE.test(name));
  if (wrong.length > 0) throw new Error(`alarms whose metric does not exist: ${wrong.join(', ')}`);
  return `${alarms.length} alarms; without data until something goes wrong: ${silent.join(', ') || 'none'}`;
}

/** Stops the task and waits for another one, and for `/health`. */
export async function killTask(tools: SmokeTools, cluster: string, healthUrl: string): Promise<string> {
  const list = async () => {
    const answer = await tools.aws('ecs', 'list-tasks', '--cluster', cluster, '--desired-status', 'RUNNING');
    return (answer as { readonly taskArns: readonly string[] }).taskArns;
  };
  const [task] = await list();
  if (task === undefined) throw new Error(`no task runs in the cluster "${cluster}"`);
  await tools.aws('ecs', 'stop-task', '--cluster', cluster, '--task', task, '--reason', 'smoke test');
  await poll(tools, async () => (await list()).some((other) => other !== task));
  return `another task runs; ${await waitForHealth(tools, healthUrl)}`;
}

/** What still has the tag of a removed stage. */
export async function findLeftovers(tools: SmokeTools, stage: string): Promise<string> {
  const { ResourceTagMappingList: found } = (await tools.aws(
    ...['resourcegroupstaggingapi', 'get-resources', '--tag-filters', `Key=stage,Values=${stage}`],
  )) as { readonly ResourceTagMappingList: readonly { readonly ResourceARN: string }[] };
  const arns = found.map(({ ResourceARN }) => ResourceARN);
  return arns.length === 0
    ? 'nothing is left'
    : `left, look whether AWS is still deleting it:\n${arns.join('\n')}`;
}

/** Polls until something holds; returns how often it did not. Throws after a quarter of an hour. */
async function poll({ sleep }: SmokeTools, holds: () => Promise<boolean>): Promise<number> {
  for (let tries = 0; tries < POLLS; tries++) {
    if (await holds()) return tries;
    await sleep(POLL_MS);
  }
  throw new Error(`waited for ${(POLLS * POLL_MS) / 60_000} minutes`);
}
