/** A list price of us-east-1, without any free tier. */
export interface Price {
  readonly usd: number;
  readonly per: string;
  /** The month in which the source was read, or that it speaks of. */
  readonly asOf: string;
  /** `unconfirmed` where no source was found. */
  readonly source: string;
}

function price(usd: number, per: string, asOf: string, source: string): Price {
  return { usd, per, asOf, source };
}

const MILLION = 1_000_000;

/** The prices that the AWS host is billed by. Other regions are up to a third dearer. */
export const PRICES = {
  fargateVcpu: price(0.03238, 'vCPU-hour, Linux on ARM', '2026-11', 'vantage.sh/blog/fargate-pricing'),
  fargateMemory: price(0.00356, 'GB-hour, Linux on ARM', '2026-11', 'vantage.sh/blog/fargate-pricing'),
  publicAddress: price(0.005, 'hour of a public IPv4 address', '2026-11', 'cloudcostchefs.com'),
  dataOut: price(0.09, 'GB to the internet', '2026-11', 'unconfirmed'),
  dynamoWrite: price(0.625 / MILLION, 'write unit, on demand', '2024-11', 'airbyte.com, jusdb.com'),
  dynamoRead: price(0.125 / MILLION, 'read unit, on demand', '2024-11', 'airbyte.com, jusdb.com'),
  dynamoStorage: price(0.25, 'GB-month', '2026-11', 'aws.amazon.com/dynamodb/pricing'),
  dynamoBackup: price(0.2, 'GB-month of point-in-time recovery', '2026-11', 'unconfirmed'),
  lambdaTime: price(0.0000133334, 'GB-second on ARM', '2026-11', 'mcrn.ar; aws.amazon.com/lambda/pricing'),
  lambdaCall: price(0.2 / MILLION, 'call', '2026-11', 'mcrn.ar; aws.amazon.com/lambda/pricing'),
  schedulerCall: price(1 / MILLION, 'call of EventBridge Scheduler', '2026-03', 'cloudburn.io'),
  apiCall: price(1 / MILLION, 'request of an HTTP API', '2026-11', 'unconfirmed'),
  sqsFifoCall: price(0.5 / MILLION, 'request of a FIFO queue', '2026-11', 'unconfirmed'),
  snsCall: price(0.5 / MILLION, 'request', '2026-11', 'unconfirmed'),
  s3Write: price(5 / MILLION, 'PUT or LIST', '2026-11', 'athena.guide'),
  s3Read: price(0.4 / MILLION, 'GET or HEAD', '2026-11', 'athena.guide'),
  s3Storage: price(0.023, 'GB-month', '2026-11', 'athena.guide'),
  logs: price(0.5, 'GB taken in', '2026-11', 'signoz.io, factualminds.com'),
  logStorage: price(0.03, 'GB-month kept', '2026-11', 'unconfirmed'),
  metric: price(0.3, 'month of a metric of our own', '2026-11', 'signoz.io, factualminds.com'),
  alarmMetric: price(0.1, 'month of a metric that an alarm reads', '2026-11', 'signoz.io, factualminds.com'),
  athena: price(5 / 1e12, 'byte that a query reads, at least 10 MB', '2026-11', 'athena.guide'),
  dashboard: price(3, 'month of a CloudWatch dashboard', '2026-11', 'unconfirmed'),
  image: price(0.1, 'GB-month in the image registry', '2026-11', 'unconfirmed'),
} as const satisfies Readonly<Record<string, Price>>;

export type PriceKey = keyof typeof PRICES;
