import { periodMsOf } from '../../packages/aws-local/src/schedule.ts';
import { FUNCTIONS, type FunctionKey, METRICS } from '../../packages/functions/src/names.ts';

export const HOURS_PER_MONTH = 730;

const BARS_PER_MONTH = (HOURS_PER_MONTH / 24) * 69;

/** By the schedules. The worker's calls are its messages. */
export const CALLS_PER_MONTH: Readonly<Record<Exclude<FunctionKey, 'backfillWorker'>, number>> = {
  backfill: perMonth(FUNCTIONS.backfill.schedule),
  fillGaps: perMonth(FUNCTIONS.fillGaps.schedule),
  // And one for each bar of 21 minutes, 69 a day.
  buildLake: perMonth(FUNCTIONS.buildLake.schedule) + BARS_PER_MONTH,
  health: perMonth(FUNCTIONS.health.schedule),
};

interface Duration {
  readonly fixed: number;
  readonly perSymbol: number;
}

/** What no simulation tells. Each is on the dear side. */
export const ASSUMED = {
  /**
   * Billed seconds of a call: reads of 5 to 10 ms each, one after the other, at the memory that names.ts
   * gives.
   */
  seconds: {
    backfill: { fixed: 1, perSymbol: 0.05 },
    backfillWorker: { fixed: 60, perSymbol: 0 },
    fillGaps: { fixed: 0.3, perSymbol: 0 },
    buildLake: { fixed: 1.2, perSymbol: 0.03 },
    health: { fixed: 0.15, perSymbol: 0 },
  } satisfies Readonly<Record<FunctionKey, Duration>>,
  /**
   * Lambda asks an empty queue with five long polls of 20 s at a time. Source: Lambda developer guide, "Using
   * Lambda with Amazon SQS".
   */
  polls: (5 * HOURS_PER_MONTH * 3600) / 20,
  /** Out only, on a connection that is kept: what comes in is free. */
  requestBytes: 700,
  /** A pong of 60 bytes every 5 s and its acknowledgements. */
  socketBytes: ((HOURS_PER_MONTH * 3600) / 5) * 200,
  /** Two versions of an image of Node and one file. */
  imageGb: 0.2,
  /** Start, report, one line and the metrics of a call, as JSON. */
  callLogBytes: 1500,
  /** The stream's line a minute. */
  statusLogBytes: 800,
  lineBytes: 400,
  /**
   * One day of candles, bars and coverage of a symbol as Parquet: 14 + 5 + 0.2 KB (measured when the encoder
   * was chosen).
   */
  lakeBytesPerDay: 20_000,
  /**
   * All but the one for rate limits are sent all the time, and that one in one hour of ten: a metric is
   * billed by the hours in which it is sent. Source: CloudWatch pricing, "Metrics".
   */
  metrics: Object.keys(METRICS).length - 0.9,
  /** Metrics that alarms read; tests/infra/alarms.test.ts counts them. */
  alarmMetrics: 11,
  /** Of a symbol in each hourly plan: the coverage of a year, 365 items of 200 bytes. */
  agedReadUnits: 18,
} as const;

function perMonth(expression: string | null): number {
  return (HOURS_PER_MONTH * 3_600_000) / periodMsOf(expression ?? '');
}
