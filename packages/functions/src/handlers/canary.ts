import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createHttpGet } from '@candlelake/node';
import { readVariable } from '../environment.ts';
import { checkHealth } from '../jobs/checkHealth.ts';
import { METRICS, VARIABLES } from '../names.ts';
import { createHandler, logger, metrics } from '../observe.ts';

const url = readVariable(VARIABLES.healthUrl);
const httpGet = createHttpGet();

/** Requests `/health` once a minute and counts the answer. */
export const handler = createHandler(async () => {
  const { ok, reason } = await checkHealth(httpGet, url);
  if (!ok) logger.warn('unhealthy', { kind: 'unhealthy', reason });
  metrics.addMetric(METRICS.healthOk, MetricUnit.Count, ok ? 1 : 0);
  return { ok };
});
