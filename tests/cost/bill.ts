import { PRICES, type PriceKey } from '../../infra/prices.ts';
import { taskSizeFor } from '../../infra/sizes.ts';
import { FUNCTIONS, type FunctionKey } from '../../packages/functions/src/names.ts';
import { ASSUMED, CALLS_PER_MONTH, HOURS_PER_MONTH } from './assumptions.ts';
import type { Usage } from './simulation.ts';

/** What a simulation of so many symbols used: while it started, and in a steady state. */
export interface Measured {
  readonly symbols: number;
  /** Of the table's storage, for one candle. */
  readonly candleBytes: number;
  readonly warm: { readonly hours: number; readonly usage: Usage };
  readonly steady: { readonly hours: number; readonly usage: Usage };
}

/** One position of a month's bill. */
export interface Position {
  readonly service: string;
  readonly what: string;
  readonly amount: number;
  readonly price: PriceKey;
  readonly usd: number;
}

export interface BillOptions {
  readonly symbols: number;
  /** 1 is the month of the first deploy, with its backfill; 12 has a year behind it. */
  readonly month: 1 | 12;
  /** Two simulations of different sizes: what lies between and beyond is on a line through them. */
  readonly measured: readonly Measured[];
}

const GB = 1e9;
const CANDLES_PER_DAY = 480;
/** As in infra/storage.ts. */
const OLD_VERSION_DAYS = 3;
const DAYS_PER_MONTH = HOURS_PER_MONTH / 24;

/**
 * The bill of one month of the production stage with 3m candles and one timeframe, by list prices, without
 * free tiers.
 */
export function monthlyBill(options: BillOptions): readonly Position[] {
  const positions = [
    ...streamPositions(options),
    ...storePositions(options),
    ...functionPositions(options),
    ...lakePositions(options),
    ...watchPositions(options),
  ];
  return positions.map(([service, what, price, amount]) => ({
    service,
    what,
    amount,
    price,
    usd: amount * PRICES[price].usd,
  }));
}

/** The sum of a bill in dollars. */
export function totalOf(bill: readonly Position[]): number {
  return bill.reduce((sum, { usd }) => sum + usd, 0);
}

type Row = readonly [service: string, what: string, price: PriceKey, amount: number];

function streamPositions(options: BillOptions): readonly Row[] {
  const requests = monthly(options, (usage) => usage.requests);
  const symbols = Array.from({ length: options.symbols }, String);
  const { vcpu, memoryGb } = taskSizeFor({ symbols, interval: '3m' });
  return [
    ['Fargate', 'vCPU', 'fargateVcpu', vcpu * HOURS_PER_MONTH],
    ['Fargate', 'memory', 'fargateMemory', memoryGb * HOURS_PER_MONTH],
    ['Fargate', 'public address', 'publicAddress', HOURS_PER_MONTH],
    ['Fargate', 'image', 'image', ASSUMED.imageGb],
    [
      'Network',
      'requests to the exchange',
      'dataOut',
      (requests * ASSUMED.requestBytes + ASSUMED.socketBytes) / GB,
    ],
  ];
}

function storePositions(options: BillOptions): readonly Row[] {
  const { symbols, month, measured } = options;
  const units = (key: 'readUnits' | 'writeUnits') =>
    monthly(options, ({ table }) => Object.values(table).reduce((sum, use) => sum + use[key], 0));
  const status = CALLS_PER_MONTH.health;
  const aged = month === 12 ? ASSUMED.agedReadUnits * symbols * CALLS_PER_MONTH.backfill : 0;
  const days = month === 12 ? 365 : DAYS_PER_MONTH / 2;
  const bytes =
    symbols * CANDLES_PER_DAY * days * Math.max(...measured.map(({ candleBytes }) => candleBytes));
  return [
    ['DynamoDB', 'write units', 'dynamoWrite', units('writeUnits')],
    ['DynamoDB', 'read units', 'dynamoRead', units('readUnits') + status + aged],
    ['DynamoDB', 'storage', 'dynamoStorage', bytes / GB],
    ['DynamoDB', 'point-in-time recovery', 'dynamoBackup', bytes / GB],
  ];
}

function functionPositions({ symbols, month, ...options }: BillOptions): readonly Row[] {
  const messages = monthly({ symbols, month, ...options }, (usage) => usage.messages);
  const callsOf = (key: FunctionKey) => (key === 'backfillWorker' ? messages : CALLS_PER_MONTH[key]);
  const keys = Object.keys(FUNCTIONS) as FunctionKey[];
  const calls = keys.reduce((sum, key) => sum + callsOf(key), 0);
  const time = keys.reduce((sum, key) => {
    const { fixed, perSymbol } = ASSUMED.seconds[key];
    return sum + callsOf(key) * (fixed + perSymbol * symbols) * (FUNCTIONS[key].memoryMb / 1024);
  }, 0);
  const scheduled = keys.filter((key) => FUNCTIONS[key].schedule !== null);
  const ticks = scheduled.reduce((sum, key) => sum + callsOf(key), 0);
  return [
    ['Lambda', 'time', 'lambdaTime', time],
    ['Lambda', 'calls', 'lambdaCall', calls],
    ['EventBridge', 'schedules', 'schedulerCall', ticks],
    ['SQS', 'polls and messages', 'sqsFifoCall', ASSUMED.polls + 3 * messages],
  ];
}

function lakePositions(options: BillOptions): readonly Row[] {
  const { symbols, month } = options;
  const days = month === 12 ? 365 : DAYS_PER_MONTH / 2;
  // A page of a LIST holds 1000 names, and each day has three objects.
  // Today's objects of each run are replaced by the next one's, half full on the average.
  const runsPerDay = CALLS_PER_MONTH.buildLake / DAYS_PER_MONTH;
  const oldVersions = (symbols * ASSUMED.lakeBytesPerDay * runsPerDay * OLD_VERSION_DAYS) / 2;
  const lists = month === 12 ? CALLS_PER_MONTH.buildLake : 0;
  return [
    ['S3', 'PUT and LIST', 's3Write', monthly(options, ({ bucket }) => bucket.writes) + lists],
    ['S3', 'GET and HEAD', 's3Read', monthly(options, ({ bucket }) => bucket.reads) + CALLS_PER_MONTH.health],
    ['S3', 'storage', 's3Storage', (symbols * days * ASSUMED.lakeBytesPerDay) / GB],
    ['S3', 'old versions', 's3Storage', oldVersions / GB],
    ['SNS', 'crossovers', 'snsCall', monthly(options, ({ notices }) => notices)],
  ];
}

function watchPositions(options: BillOptions): readonly Row[] {
  const keys = Object.keys(FUNCTIONS) as FunctionKey[];
  const calls = keys.reduce((sum, key) => sum + (key === 'backfillWorker' ? 0 : CALLS_PER_MONTH[key]), 0);
  const lines = monthly(options, ({ logLines }) => logLines);
  const bytes =
    calls * ASSUMED.callLogBytes + HOURS_PER_MONTH * 60 * ASSUMED.statusLogBytes + lines * ASSUMED.lineBytes;
  return [
    ['CloudWatch', 'metrics', 'metric', ASSUMED.metrics],
    ['CloudWatch', 'alarms', 'alarmMetric', ASSUMED.alarmMetrics],
    ['CloudWatch', 'logs', 'logs', bytes / GB],
    ['CloudWatch', 'logs kept', 'logStorage', bytes / GB],
  ];
}

/**
 * A month of what two simulations counted; the first month begins with what starting took beyond a steady
 * state.
 */
function monthly({ symbols, month, measured }: BillOptions, count: (usage: Usage) => number): number {
  const [small, large] = measured as readonly [Measured, Measured];
  const steadyOf = ({ steady }: Measured) => count(steady.usage) / steady.hours;
  const startOf = (one: Measured) => Math.max(0, count(one.warm.usage) - steadyOf(one) * one.warm.hours);
  const onLine = (of: (one: Measured) => number) =>
    of(small) + ((symbols - small.symbols) * (of(large) - of(small))) / (large.symbols - small.symbols);
  return HOURS_PER_MONTH * onLine(steadyOf) + (month === 1 ? onLine(startOf) : 0);
}
