import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Report } from '@candlelake/core';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { METRICS } from './names.ts';

export const logger = new Logger();
export const metrics = new Metrics();

/** Logs reported events as JSON lines, and counts rate limits as a metric. */
export function createReport({ debug }: { readonly debug: boolean }): Report {
  if (debug) logger.setLogLevel('DEBUG');
  return ({ level, kind, message, fields }) => {
    logger[level](message, { kind, ...fields });
    if (kind === 'rate-limited') metrics.addMetric(METRICS.rateLimited, MetricUnit.Count, 1);
  };
}

/**
 * Wraps `act` as a Lambda handler: every log line carries the request's id, and metrics are written at the
 * end.
 */
export function createHandler<E, R>(act: (event: E, context: Context) => Promise<R>) {
  const writeMetrics = async () => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  return middy<E, R>()
    .use(injectLambdaContext(logger))
    .use({ after: writeMetrics, onError: writeMetrics })
    .handler(act);
}

/** A signal that aborts when the function has only `reserveMs` left before its time-out. */
export function deadline(context: Pick<Context, 'getRemainingTimeInMillis'>, reserveMs: number): AbortSignal {
  return AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - reserveMs));
}
