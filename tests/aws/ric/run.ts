import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalLambda, startLambda } from '../../../packages/aws-local/src/lambda.ts';
import { bundleFunction } from '../../../packages/functions/src/bundle.ts';
import { FUNCTIONS, type FunctionKey, VARIABLES } from '../../../packages/functions/src/names.ts';
import { startEmptyCloud } from './emptyCloud.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** No case waits for anything: a process that takes this long hangs. Longer than the minute that `buildLake` leaves for its last day. */
const TIMEOUT_MS = 90_000;
/** A line comes through its pipe a moment after the answer. */
const LOG_DELAY_MS = 5_000;

interface Invoked {
  readonly invoke: LocalLambda['invoke'];
  /** What the process has logged, one object a line. */
  readonly logs: () => readonly Readonly<Record<string, unknown>>[];
}

interface Case {
  readonly says: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly check: (invoked: Invoked) => Promise<void>;
}

const STARTED = 'a process has started';
/** A process that dies between two events would be replaced, and no test would notice. */
const ANNOUNCE = `data:text/javascript,console.error('${STARTED}')`;

const client = join(process.argv[2]!, 'node_modules/.bin/aws-lambda-ric');
const cloud = await startEmptyCloud();
const folder = await mkdtemp(join(tmpdir(), 'candlelake-ric-'));

const ENVIRONMENT = {
  [VARIABLES.table]: 'empty-table',
  [VARIABLES.bucket]: 'empty-bucket',
  [VARIABLES.backfillQueue]: `${cloud.endpoint}/000000000000/backfill.fifo`,
  [VARIABLES.crossoverTopic]: 'arn:aws:sns:us-east-1:000000000000:crossovers',
  [VARIABLES.service]: 'candlelake-ric',
  [VARIABLES.namespace]: 'candlelake',
  AWS_ENDPOINT_URL: cloud.endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  CANDLELAKE_SYMBOL: 'BTC-USDT',
  CANDLELAKE_INTERVAL: '3m',
};

const CASES: Readonly<Record<FunctionKey, Case>> = {
  backfill: {
    says: 'posts the error of a wrong order by its name, then plans two days as one message',
    environment: { CANDLELAKE_REST_URL: cloud.restUrl },
    async check({ invoke }) {
      await assert.rejects(invoke({ from: 'yesterday' }), {
        message: 'ConfigError: "from" "yesterday": expected a UTC time, as 2026-11-22T12:00Z',
      });
      const unknown = invoke({ symbols: ['NO-USDT'] });
      await assert.rejects(unknown, { message: /^ConfigError: unknown symbol "NO-USDT"/ });
      // 960 candles of three minutes, and a request has a thousand.
      assert.deepEqual(await invoke({ from: '2025-08-01', to: '2025-08-03' }), { messages: 1 });
    },
  },
  backfillWorker: {
    says: 'hands back the records from the first failure on, gives up the one that can never work',
    environment: { CANDLELAKE_REST_URL: cloud.limitedUrl },
    async check({ invoke, logs }) {
      assert.deepEqual(await invoke({ Records: [] }), { batchItemFailures: [] });
      const range = {
        symbol: 'BTC-USDT',
        interval: '3m',
        from: Date.UTC(2025, 7, 1),
        to: Date.UTC(2025, 7, 2),
      };
      const body = JSON.stringify(range);
      const Records = [
        { messageId: 'hopeless', body: 'no range' },
        { messageId: 'first', body },
        { messageId: 'second', body },
      ].map((record) => ({ ...record, attributes: { ApproximateReceiveCount: '1' } }));
      assert.deepEqual(await invoke({ Records }), {
        batchItemFailures: [{ itemIdentifier: 'first' }, { itemIdentifier: 'second' }],
      });
      await logged(logs, 'backfill-refused');
      await logged(logs, 'stood-down');
    },
  },
  fillGaps: {
    says: 'counts the slots since yesterday as open while the exchange limits it, twice',
    environment: { CANDLELAKE_REST_URL: cloud.limitedUrl },
    async check({ invoke }) {
      for (let round = 0; round < 2; round++) {
        const least = slotsSinceYesterday();
        const { open, asked } = (await invoke({})) as Record<'open' | 'asked', number>;
        const counts = [least, slotsSinceYesterday()];
        assert.ok(counts.includes(open), `${open} slots are open, expected one of ${counts}`);
        assert.equal(asked, 0);
      }
    },
  },
  buildLake: {
    says: 'has no stale day in an empty table, twice, and logs what its context says',
    async check({ invoke, logs }) {
      assert.deepEqual(await invoke({}), { dirtyDays: 0 });
      assert.deepEqual(await invoke({}), { dirtyDays: 0 });
      const line = await logged(logs, 'lake-written');
      assert.equal(line.function_name, 'buildLake');
      assert.equal(Number(line.function_memory_size), FUNCTIONS.buildLake.memoryMb);
      assert.equal(line.function_arn, 'arn:aws:lambda:local:000000000000:function:buildLake');
      assert.match(String(line.function_request_id), /^[\da-f-]{36}$/);
    },
  },
  health: {
    says: 'answers 503 while the stream has not reported, twice, and counts the answer to its schedule',
    async check({ invoke, logs }) {
      for (const event of [{ routeKey: 'GET /health' }, {}]) {
        const { statusCode, body } = (await invoke(event)) as { statusCode: number; body: string };
        assert.equal(statusCode, 503);
        const reason = 'starting: the stream has not reported yet';
        assert.deepEqual(JSON.parse(body), { status: 'unhealthy', reason });
      }
      const counted = await logged(logs, undefined, 'HealthOk');
      assert.equal(counted.HealthOk, 0);
      assert.equal(logs().filter((line) => 'HealthOk' in line).length, 1);
    },
  },
};

try {
  for (const key of Object.keys(FUNCTIONS) as FunctionKey[]) {
    await bundleFunction(key, join(folder, key));
    await run(key, CASES[key]);
  }
  await run('health', {
    says: 'posts the reason why its bundle does not load',
    environment: { [VARIABLES.table]: '' },
    check: ({ invoke }) => assert.rejects(invoke({}), { message: /^ConfigError: TABLE_NAME: not set/ }),
  });
} finally {
  cloud.close();
  await rm(folder, { recursive: true });
}

async function run(key: FunctionKey, { says, environment, check }: Case): Promise<void> {
  const lines: string[] = [];
  const lambda = await startLambda({
    key,
    folder: join(folder, key),
    environment: { ...ENVIRONMENT, ...environment },
    onLine: (line) => void lines.push(line),
    runtime: [process.execPath, '--import', ANNOUNCE, client],
    timeoutMs: TIMEOUT_MS,
  });
  try {
    await check({ invoke: lambda.invoke, logs: () => lines.flatMap(readLog) });
    assert.equal(lines.filter((line) => line === STARTED).length, 1, 'one process for all events');
    console.log(`${key} ${says}`);
  } catch (error) {
    console.error(`${key}, which ${says}, printed:\n${lines.join('\n')}`);
    throw error;
  } finally {
    await lambda.stop();
  }
}

/** The line of this kind, or with this field, as soon as it is there. */
async function logged(
  logs: Invoked['logs'],
  kind: string | undefined,
  field = 'kind',
): Promise<Readonly<Record<string, unknown>>> {
  const deadline = Date.now() + LOG_DELAY_MS;
  for (;;) {
    const line = logs().find((one) => field in one && one.kind === kind);
    if (line) return line;
    assert.ok(Date.now() < deadline, `no line with the ${field} "${kind}" was logged`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function readLog(line: string): readonly Readonly<Record<string, unknown>>[] {
  return line.startsWith('{') ? [JSON.parse(line)] : [];
}

/** Slots of three minutes from the start of yesterday that opened a quarter of an hour ago: what the gap filler looks at without a stream. */
function slotsSinceYesterday(): number {
  const end = Date.now() - 15 * MINUTE;
  const start = Math.floor(end / DAY) * DAY - DAY;
  return Math.ceil((end - start) / (3 * MINUTE));
}
