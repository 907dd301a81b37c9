/** Every name that the code and `infra/` have to agree on. Only texts and numbers, so that a deployment imports it without the program. */

/** The one table. Both keys are strings. */
export const TABLE_KEYS = { partition: 'pk', sort: 'sk' } as const;

/** The attribute by which DynamoDB forgets an item: epoch seconds. Only notices that were sent long ago have it. */
export const TABLE_EXPIRY = 'expires';

/** Partition keys of the table. Candles and absences: `candle#<market>#<interval>#<date>#<symbol>`, sorted by open time. */
export const PARTITIONS = {
  candles: 'candle#',
  series: 'series',
  checkpoints: 'checkpoint#',
  coverage: 'coverage#',
  revisions: 'revision#',
  marks: 'mark',
  lake: 'lake',
  pace: 'pace',
  status: 'status',
  notices: 'notice#',
  outbox: 'outbox',
} as const;

/** Objects of the lake are below it: `lake/bars/timeframe=21m/date=2026-11-22/bars.parquet`. */
export const LAKE_PREFIX = 'lake/';

/** Environment variables that name resources. Settings of the pipeline are `CANDLELAKE_*`, as on the command line. */
export const VARIABLES = {
  table: 'TABLE_NAME',
  bucket: 'BUCKET_NAME',
  backfillQueue: 'BACKFILL_QUEUE_URL',
  crossoverTopic: 'CROSSOVER_TOPIC_ARN',
  healthUrl: 'HEALTH_URL',
  /** `candlelake-<stage>`: the one dimension of the metrics, and the service of the logs. */
  service: 'POWERTOOLS_SERVICE_NAME',
  /** {@link METRICS_NAMESPACE}. */
  namespace: 'POWERTOOLS_METRICS_NAMESPACE',
} as const;

export type VariableName = (typeof VARIABLES)[keyof typeof VARIABLES];

/** How one function is deployed. Paths are from the repository's root. */
export interface FunctionName {
  readonly entry: string;
  readonly export: 'handler';
  /** EventBridge Scheduler's expression; null when something else calls it. */
  readonly schedule: string | null;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** What it reads beside the settings, the service and the namespace. */
  readonly variables: readonly VariableName[];
  /** The largest zip, in bytes. */
  readonly maxZipBytes: number;
}

const SMALL_ZIP_BYTES = 600_000;
const LAKE_ZIP_BYTES = 2_000_000;

function define(name: string, parts: Omit<FunctionName, 'entry' | 'export' | 'maxZipBytes'>): FunctionName {
  const maxZipBytes = name === 'buildLake' ? LAKE_ZIP_BYTES : SMALL_ZIP_BYTES;
  return { entry: `packages/functions/src/handlers/${name}.ts`, export: 'handler', ...parts, maxZipBytes };
}

export const FUNCTIONS = {
  /** The planner: input of the schedule is `{}`; of a person `{"symbols"?: string[], "from": "2026-01-01", "to"?: "2026-02-01"}`. */
  backfill: define('backfill', {
    schedule: 'rate(1 hour)',
    timeoutSeconds: 300,
    memoryMb: 512,
    variables: [VARIABLES.table, VARIABLES.backfillQueue],
  }),
  backfillWorker: define('backfillWorker', {
    schedule: null,
    timeoutSeconds: 300,
    memoryMb: 512,
    variables: [VARIABLES.table],
  }),
  fillGaps: define('fillGaps', {
    schedule: 'rate(5 minutes)',
    timeoutSeconds: 240,
    memoryMb: 512,
    variables: [VARIABLES.table],
  }),
  buildLake: define('buildLake', {
    schedule: 'rate(5 minutes)',
    timeoutSeconds: 300,
    memoryMb: 1024,
    variables: [VARIABLES.table, VARIABLES.bucket, VARIABLES.crossoverTopic],
  }),
  health: define('health', {
    schedule: null,
    timeoutSeconds: 10,
    memoryMb: 256,
    variables: [VARIABLES.table, VARIABLES.bucket],
  }),
  canary: define('canary', {
    schedule: 'rate(1 minute)',
    timeoutSeconds: 30,
    memoryMb: 256,
    variables: [VARIABLES.healthUrl],
  }),
} as const satisfies Readonly<Record<string, FunctionName>>;

export type FunctionKey = keyof typeof FUNCTIONS;

/** The Parquet encoder's WebAssembly as its package has it. Beside the bundle of `buildLake` lies {@link PACKED_WASM_FILE}. */
export const WASM_FILE = 'parquet_wasm_bg.wasm';
/** The same in Brotli: sst zips at the lowest level, and the zip would be larger than 2 MB. Unpacking takes some 15 ms. */
export const PACKED_WASM_FILE = `${WASM_FILE}.br`;

/** The Fargate process. */
export const STREAM = {
  entry: 'packages/functions/src/stream/main.ts',
  /** The folder with the Dockerfile; the bundle is copied into it as {@link STREAM.bundle} before the image is built. */
  imageFolder: 'packages/functions/image',
  bundle: 'main.mjs',
  /** It serves `/live` on 127.0.0.1 for the container's own check. */
  livePort: 8080,
  livePath: '/live',
  /** The program ends within this long of SIGTERM; the container's stop time-out has to be longer. */
  drainSeconds: 25,
  variables: [VARIABLES.table],
} as const;

/** The route of the health function. */
export const HEALTH_ROUTE = 'GET /health';

/** The FIFO queue of backfills. */
export const BACKFILL_QUEUE = {
  messageGroup: 'backfill',
  /** Messages of one call of the worker. */
  batchSize: 1,
  requestsPerMessage: 20,
  maxReceives: 5,
  /** Longer than the worker's time-out, as a message that is being worked on stays hidden, and than the stand-down after a rate limit. */
  visibilityTimeoutSeconds: FUNCTIONS.backfillWorker.timeoutSeconds + 60,
} as const;

export const METRICS_NAMESPACE = 'candlelake';

/** The custom metrics, at most six; each has the one dimension `service`. */
export const METRICS = {
  /** Canary, once a minute: 1 when `/health` answered 200. */
  healthOk: 'HealthOk',
  /** Stream, once a minute: age of the oldest unresolved live slot of all symbols, in seconds past its close. */
  liveDelay: 'LiveDelaySeconds',
  /** Stream, once a minute: 1 while all symbols are subscribed. */
  linked: 'Linked',
  /** `buildLake`, once a run: seconds since the oldest day that is still stale was marked; 0 when none is. */
  lakeLag: 'LakeLagSeconds',
  /** `fillGaps`, once a run: unresolved slots older than fifteen minutes that it saw and left. */
  openSlots: 'OpenSlots',
  /** Whoever meets it: the exchange told us to slow down. */
  rateLimited: 'RateLimited',
} as const;

export const METRIC_DIMENSION = 'service';

/** Attributes of a message on the topic of crossovers, for filter policies. `kind` is GOLDEN_CROSS or DEATH_CROSS, `timeframe` is like `21m`. */
export const CROSSOVER_ATTRIBUTES = ['symbol', 'timeframe', 'kind'] as const;
