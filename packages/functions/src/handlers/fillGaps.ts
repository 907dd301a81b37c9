import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { fillGaps } from '../jobs/fillGaps.ts';
import { METRICS } from '../names.ts';
import { createHandler, deadline, metrics } from '../observe.ts';
import { wireJob } from '../wire.ts';

const RESERVE_MS = 15_000;

const job = wireJob();

/** Fills slots that the stream has left unresolved for more than 15 minutes. */
export const handler = createHandler(async (_tick: unknown, context) => {
  const ports = { ...job, readStream: job.status.readStream };
  const filled = await fillGaps(ports, job.settings, deadline(context, RESERVE_MS));
  metrics.addMetric(METRICS.openSlots, MetricUnit.Count, filled.open);
  return filled;
});
