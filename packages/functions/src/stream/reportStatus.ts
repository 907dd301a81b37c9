import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  type Clock,
  type EpochMs,
  type Interval,
  intervalMs,
  MINUTE_MS,
  type Report,
  SECOND_MS,
  type StreamStatus,
} from '@candlelake/core';
import type { StatusItems } from '../adapters/dynamo/statusItems.ts';
import { METRICS } from '../names.ts';
import type { RemoteLake } from './remoteLake.ts';

export interface ReportStatusPorts {
  readonly clock: Clock;
  readonly lake: Pick<RemoteLake, 'refresh'>;
  readonly items: Pick<StatusItems, 'writeStream'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'addMetadata' | 'publishStoredMetrics'>;
  readonly report: Report;
  readonly status: () => StreamStatus;
}

/**
 * Writes the stream's status to the store and as metrics, at once and then every minute, until the signal
 * aborts.
 */
export async function reportStatus(
  ports: ReportStatusPorts,
  interval: Interval,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await ports.lake.refresh();
      const status = ports.status();
      const at = ports.clock.now();
      await ports.items.writeStream({ at, status });
      publishMetrics(ports, status, { at, interval });
    } catch (error) {
      const message = `the status could not be written: ${error instanceof Error ? error.message : error}`;
      ports.report({ level: 'error', kind: 'status-failed', message });
    }
    await ports.clock.sleep(MINUTE_MS, signal).catch(() => {});
  }
}

/**
 * Late symbols are fields of the log line, not dimensions, because each dimension value costs $0.30 a month.
 */
function publishMetrics(
  { metrics }: ReportStatusPorts,
  status: StreamStatus,
  { at, interval }: { readonly at: EpochMs; readonly interval: Interval },
): void {
  const delays = status.symbols.flatMap(({ symbol, oldestUnresolvedLive: slot }) =>
    slot === null ? [] : [{ symbol, seconds: Math.max(0, at - slot - intervalMs(interval)) / SECOND_MS }],
  );
  const delay = Math.max(0, ...delays.map(({ seconds }) => seconds));
  metrics.addMetric(METRICS.liveDelay, MetricUnit.Seconds, delay);
  metrics.addMetric(METRICS.linked, MetricUnit.Count, status.link.connected ? 1 : 0);
  metrics.addMetadata('late', JSON.stringify(delays));
  metrics.addMetadata('counters', JSON.stringify(status.counters));
  metrics.publishStoredMetrics();
}
