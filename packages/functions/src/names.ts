/**
 * Names and numbers that the code and `infra/` share. No imports, so that a deployment does not load the
 * program.
 */

/** The one table. Both keys are strings. */
export const TABLE_KEYS = { partition: 'pk', sort: 'sk' } as const;

/**
 * The attribute after which DynamoDB deletes an item, in epoch seconds. Only notices of crossovers have it.
 */
export const TABLE_EXPIRY = 'expires';

/**
 * Partition keys of the table, or their beginnings. Candles and absences are at
 * `candle#<market>#<interval>#<date>#<symbol>`, sorted by open time.
 */
export const PARTITIONS = {
  candles: 'candle#',
  series: 'series',
  checkpoints: 'checkpoint#',
  coverage: 'coverage#',
  objects: 'objects#',
  revisions: 'revision#',
  marks: 'mark',
  lake: 'lake',
  pace: 'pace',
  status: 'status',
  notices: 'notice#',
  outbox: 'outbox',
} as const;

/** Prefix of the lake's objects, such as `lake/bars/timeframe=21m/date=2026-11-22/bars.parquet`. */
export const LAKE_PREFIX = 'lake/';

/**
 * Environment variables that name resources. The settings are `CANDLELAKE_*` variables, as for the command
 * line.
 */
export const VARIABLES = {
  table: 'TABLE_NAME',
  bucket: 'BUCKET_NAME',
  backfillQueue: 'BACKFILL_QUEUE_URL',
  crossoverTopic: 'CROSSOVER_TOPIC_ARN',
  /** A message on it starts `buildLake`. */
  derivationTopic: 'DERIVATION_TOPIC_ARN',
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
  /**
   * Expression of EventBridge Scheduler, UTC; null for a function without a schedule. The minutes differ, so
   * that the functions do not all start at once.
   */
  readonly schedule: string | null;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** The variables that it needs, beside settings, service and namespace. */
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
  /**
   * The planner. The schedule sends `{}`, a person `{"from": "2026-01-01"}`, with `symbols` and `to` as well
   * if wanted.
   */
  backfill: define('backfill', {
    schedule: 'cron(7 0/6 * * ? *)',
    timeoutSeconds: 300,
    memoryMb: 512,
    variables: [VARIABLES.table, VARIABLES.backfillQueue],
  }),
  backfillWorker: define('backfillWorker', {
    schedule: null,
    timeoutSeconds: 300,
    memoryMb: 512,
    variables: [VARIABLES.table, VARIABLES.backfillQueue],
  }),
  fillGaps: define('fillGaps', {
    schedule: 'cron(3/5 * * * ? *)',
    timeoutSeconds: 240,
    memoryMb: 512,
    variables: [VARIABLES.table],
  }),
  /** Beside its schedule, the stream starts it when a bar closes. */
  buildLake: define('buildLake', {
    schedule: 'cron(1/10 * * * ? *)',
    timeoutSeconds: 300,
    memoryMb: 1024,
    variables: [VARIABLES.table, VARIABLES.bucket, VARIABLES.crossoverTopic],
  }),
  /** Answers `GET /health`. The schedule asks it as well, and only those answers are counted. */
  health: define('health', {
    schedule: 'cron(* * * * ? *)',
    timeoutSeconds: 10,
    memoryMb: 256,
    variables: [VARIABLES.table, VARIABLES.bucket],
  }),
} as const satisfies Readonly<Record<string, FunctionName>>;

export type FunctionKey = keyof typeof FUNCTIONS;

/**
 * The Parquet encoder's WebAssembly in its package. `buildLake` is deployed with {@link PACKED_WASM_FILE}.
 */
export const WASM_FILE = 'parquet_wasm_bg.wasm';
/**
 * The same in Brotli, because sst zips at the lowest level and the zip would exceed 2 MB. Unpacking takes 15
 * ms.
 */
export const PACKED_WASM_FILE = `${WASM_FILE}.br`;

/** The Fargate task. */
export const STREAM = {
  entry: 'packages/functions/src/stream/main.ts',
  /**
   * The folder of the Dockerfile. The bundle is written into it as {@link STREAM.bundle} before the image is
   * built.
   */
  imageFolder: 'packages/functions/image',
  bundle: 'main.mjs',
  /** The port of 127.0.0.1 that the container's health check asks. */
  livePort: 8080,
  livePath: '/live',
  /** The program ends within this time of SIGTERM. The container's stop time-out must be longer. */
  drainSeconds: 25,
  variables: [VARIABLES.table, VARIABLES.derivationTopic],
} as const;

/** The route of the health function. */
export const HEALTH_ROUTE = 'GET /health';

/** The FIFO queue of backfill ranges. */
export const BACKFILL_QUEUE = {
  messageGroup: 'backfill',
  /** Messages in one invocation of the worker. */
  batchSize: 1,
  requestsPerMessage: 20,
  maxReceives: 5,
  /**
   * Longer than the worker's time-out, so that a message stays hidden while the worker has it, and longer
   * than the pause after a rate limit.
   */
  visibilityTimeoutSeconds: FUNCTIONS.backfillWorker.timeoutSeconds + 60,
} as const;

export const METRICS_NAMESPACE = 'candlelake';

/** The custom metrics, at most six, each with the one dimension `service`. */
export const METRICS = {
  /** `health`, once a minute by its schedule: 1 when the pipeline is healthy, else 0. */
  healthOk: 'HealthOk',
  /**
   * Stream, once a minute: seconds since the close of the oldest live slot of any symbol that is not settled.
   */
  liveDelay: 'LiveDelaySeconds',
  /** Stream, once a minute: symbols that the exchange does not list, or whose subscription it refuses. */
  rejected: 'RejectedSymbols',
  /**
   * `buildLake`, once a run: seconds since the oldest day that is still marked was marked; 0 when none is.
   */
  lakeLag: 'LakeLagSeconds',
  /** `fillGaps`, once a run: slots older than fifteen minutes that are still unresolved after it. */
  openSlots: 'OpenSlots',
  /** Stream and functions: the exchange answered with a rate limit. */
  rateLimited: 'RateLimited',
} as const;

export const METRIC_DIMENSION = 'service';

/**
 * Attributes of a crossover message, for filter policies: `kind` is GOLDEN_CROSS or DEATH_CROSS, `state`
 * crossed or retracted, `timeframe` is like `21m`.
 */
export const CROSSOVER_ATTRIBUTES = ['symbol', 'timeframe', 'kind', 'state'] as const;
