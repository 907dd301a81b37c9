import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Report } from '@candlelake/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { METRICS } from '../names.ts';
import { type HealthPorts, type HealthSettings, readHealth } from './readHealth.ts';

/** A request of the API, or the empty event of the schedule. */
export type HealthEvent = Partial<Pick<APIGatewayProxyEventV2, 'routeKey'>>;

export interface AnswerPorts extends HealthPorts {
  readonly metrics: Pick<Metrics, 'addMetric'>;
  readonly report: Report;
}

/**
 * The answer of `GET /health`: 200 or 503, with the body of the local host's `/health`. The schedule
 * invokes the function directly, and the metrics of the alarms count only those answers: public requests
 * cannot raise an alarm.
 */
export async function answerHealth(
  { routeKey }: HealthEvent,
  ports: AnswerPorts,
  settings: HealthSettings,
): Promise<APIGatewayProxyStructuredResultV2> {
  const health = await readHealth(ports, settings);
  const isHealthy = health.status === 'ok';
  if (routeKey === undefined) {
    ports.metrics.addMetric(METRICS.healthOk, MetricUnit.Count, isHealthy ? 1 : 0);
    if (!isHealthy)
      ports.report({ level: 'warn', kind: 'unhealthy', message: `unhealthy: ${health.reason}` });
  }
  return {
    statusCode: isHealthy ? 200 : 503,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(health),
  };
}
