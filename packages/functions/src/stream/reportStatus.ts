import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  allowedDelayMs,
  type Clock,
  intervalMs,
  MINUTE_MS,
  type Report,
  SECOND_MS,
  type Settings,
  type StreamStatus,
} from '@candlelake/core';
import type { StatusItems } from '../adapters/dynamo/statusItems.ts';
import { METRICS } from '../names.ts';
import { type LiveDelayPorts, liveDelays, type SymbolDelay } from './liveDelay.ts';
import type { RemoteLake } from './remoteLake.ts';

export interface ReportStatusPorts extends LiveDelayPorts {
  readonly clock: Clock;
  readonly lake: Pick<RemoteLake, 'refresh'>;
  readonly items: Pick<StatusItems, 'writeStream'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'addMetadata' | 'publishStoredMetrics'>;
  readonly report: Report;
  readonly status: () => StreamStatus;
}

/**
 * Writes the stream's status to the store and as metrics, until the signal aborts: at once, then every
 * minute, and soon after a link that was reported missing is up.
 */
export async function reportStatus(
  ports: ReportStatusPorts,
  settings: Pick<Settings, 'market' | 'interval' | 'requestsPerSecond'>,
  signal: AbortSignal,
): Promise<void> {
  const { market, interval, requestsPerSecond } = settings;
  while (!signal.aborted) {
    let isLinkReported = true;
    try {
      await ports.lake.refresh();
      const status = ports.status();
      const at = ports.clock.now();
      await ports.items.writeStream({ at, status });
      isLinkReported = status.link.connected;
      const delays = await liveDelays(ports, status, { now: at, market, interval });
      const allowedMs = allowedDelayMs(intervalMs(interval), delays.length, requestsPerSecond);
      publishMetrics(ports, status, { delays, allowedMs });
    } catch (error) {
      const message = `the status could not be written: ${error instanceof Error ? error.message : error}`;
      ports.report({ level: 'error', kind: 'status-failed', message });
    }
    const sleep = isLinkReported ? ports.clock.sleep(MINUTE_MS, signal) : linkOrMinute(ports, signal);
    await sleep.catch(() => {});
  }
}

/** A process that fails at its start has ended by then, and does not report that it is well. */
const LINK_CHECK_MS = 10 * SECOND_MS;

/**
 * Resolves within {@link LINK_CHECK_MS} after the link is up, and after a minute at the latest. Without it
 * `/health` of a task whose link takes longer than its first report would answer 503 for a minute.
 */
async function linkOrMinute(
  { clock, status }: Pick<ReportStatusPorts, 'clock' | 'status'>,
  signal: AbortSignal,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < MINUTE_MS; waitedMs += LINK_CHECK_MS) {
    await clock.sleep(LINK_CHECK_MS, signal);
    if (status().link.connected) return;
  }
}

/**
 * The most symbols that a log line names for one reason: with hundreds, a line a minute would cost more than
 * the metrics.
 */
const MAX_NAMED_SYMBOLS = 20;

/**
 * Late symbols are fields of the log line, not dimensions, because each dimension value costs $0.30 a month.
 */
function publishMetrics(
  { metrics }: ReportStatusPorts,
  { symbols, counters }: StreamStatus,
  { delays, allowedMs }: { readonly delays: readonly SymbolDelay[]; readonly allowedMs: number },
): void {
  const oldestFirst = delays.toSorted((a, b) => b.delayMs - a.delayMs);
  const late = oldestFirst.filter(({ delayMs }) => delayMs > allowedMs);
  metrics.addMetric(METRICS.liveDelay, MetricUnit.Seconds, (oldestFirst[0]?.delayMs ?? 0) / SECOND_MS);
  const exceptions = symbols.flatMap(({ symbol, exception }) =>
    exception ? [{ symbol, state: exception.state }] : [],
  );
  const rejected = exceptions.filter(({ state }) => state === 'delisted' || state === 'rejected');
  metrics.addMetric(METRICS.rejected, MetricUnit.Count, rejected.length);
  metrics.addMetadata('exceptions', JSON.stringify(exceptions.slice(0, MAX_NAMED_SYMBOLS)));
  metrics.addMetadata('lateSymbols', String(late.length));
  metrics.addMetadata('late', JSON.stringify(late.slice(0, MAX_NAMED_SYMBOLS)));
  metrics.addMetadata('counters', JSON.stringify(counters));
  metrics.publishStoredMetrics();
}
