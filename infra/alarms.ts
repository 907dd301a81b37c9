import { intervalMs } from '../packages/core/src/domain/time/interval.ts';
import { allowedDelayMs } from '../packages/core/src/stream/health.ts';
import { METRIC_DIMENSION, METRICS, METRICS_NAMESPACE } from '../packages/functions/src/names.ts';
import { alarmMaker, type MakeAlarm, sumOf } from './alarmMaker.ts';
import type { Jobs } from './jobs.ts';
import type { Stage } from './settings.ts';
import type { Storage } from './storage.ts';

export interface AlarmOptions {
  readonly stage: Stage;
  readonly topic: sst.aws.SnsTopic;
  readonly storage: Storage;
  readonly jobs: Jobs;
}

/**
 * $0.10 a month for each of the 11 metrics that alarms read, $0.30 for each of our six custom metrics. What
 * each alarm means is in docs/aws.md. A function that keeps failing needs no alarm of its own: its metric
 * goes missing, or its messages go to a dead-letter queue.
 */
export function createAlarms(options: AlarmOptions): void {
  const alarm = alarmMaker(options.stage, options.topic);
  createStreamAlarms(alarm, options.stage);
  createJobAlarms(alarm, options.stage);
  createQueueAlarms(alarm, options.jobs);
  createThrottlingAlarms(alarm, options.storage);
}

function ownMetrics(stage: Stage) {
  return {
    namespace: METRICS_NAMESPACE,
    dimensions: { [METRIC_DIMENSION]: `${$app.name}-${stage.name}` },
  };
}

/**
 * Alarms on what is sent every minute. Missing data is breaching, except for the rejected symbols of a
 * stopped stream.
 */
function createStreamAlarms(alarm: MakeAlarm, stage: Stage): void {
  const own = ownMetrics(stage);
  const { interval, symbols, requestsPerSecond } = stage.settings;
  const allowedMs = allowedDelayMs(intervalMs(interval), symbols.length, requestsPerSecond);
  alarm('Unhealthy', {
    ...own,
    alarmDescription: 'The pipeline is not healthy, or the health function does not answer',
    metricName: METRICS.healthOk,
    statistic: 'Minimum',
    period: 60,
    when: { below: 1, times: 3, of: 5 },
    missing: 'breaching',
  });
  alarm('Late', {
    ...own,
    alarmDescription: 'Live slots of a symbol are not settled in time, or the stream does not report',
    metricName: METRICS.liveDelay,
    statistic: 'Maximum',
    period: 60,
    // The limit of `/health`.
    when: { above: allowedMs / 1000, times: 3, of: 5 },
    missing: 'breaching',
  });
  alarm('Rejected', {
    ...own,
    alarmDescription: 'The exchange does not list a symbol, or refuses its subscription',
    metricName: METRICS.rejected,
    statistic: 'Minimum',
    period: 300,
    // Contracts come and go within minutes.
    when: { above: 0, times: 3, of: 3 },
    missing: 'notBreaching',
  });
}

/** Alarms on what the scheduled functions send. Missing data means that a function fails or does not run. */
function createJobAlarms(alarm: MakeAlarm, stage: Stage): void {
  const own = ownMetrics(stage);
  alarm('LakeLag', {
    ...own,
    alarmDescription:
      'A changed day has waited for half an hour to be written to the lake, or buildLake fails',
    metricName: METRICS.lakeLag,
    statistic: 'Maximum',
    period: 600,
    when: { above: 1800, times: 2, of: 2 },
    missing: 'breaching',
  });
  alarm('OpenSlots', {
    ...own,
    alarmDescription:
      'Slots have been unsettled for an hour although fillGaps asks for them, or fillGaps fails',
    metricName: METRICS.openSlots,
    statistic: 'Minimum',
    period: 300,
    when: { above: 0, times: 12, of: 12 },
    missing: 'breaching',
  });
  alarm('RateLimited', {
    ...own,
    alarmDescription: 'The exchange keeps answering with rate limits',
    metricName: METRICS.rateLimited,
    statistic: 'Sum',
    period: 300,
    when: { above: 0, times: 3, of: 6 },
    missing: 'notBreaching',
  });
}

function createQueueAlarms(alarm: MakeAlarm, { deadEvents, deadBackfills }: Jobs): void {
  alarm('DeadEvents', {
    alarmDescription: 'An order or a tick of the planner failed for good',
    namespace: 'AWS/SQS',
    // Counts arrivals, so the alarm ends by itself: the next plan does the same work.
    metricName: 'NumberOfMessagesSent',
    dimensions: { QueueName: deadEvents.nodes.queue.name },
    statistic: 'Sum',
    period: 300,
    when: { above: 0, times: 1, of: 1 },
    missing: 'notBreaching',
  });
  alarm('DeadBackfills', {
    alarmDescription: 'Ranges of a backfill failed for good',
    namespace: 'AWS/SQS',
    // Messages that SQS moves here are not counted as sent. Lasts until the queue is redriven or purged.
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: deadBackfills.nodes.queue.name },
    statistic: 'Maximum',
    period: 300,
    when: { above: 0, times: 1, of: 1 },
    missing: 'notBreaching',
  });
}

function createThrottlingAlarms(alarm: MakeAlarm, storage: Storage): void {
  alarm('Throttled', {
    alarmDescription: 'Lambda turned calls away: the account has too little concurrency in this region',
    namespace: 'AWS/Lambda',
    // Of all functions of the region, which share the concurrency: one metric costs less than five.
    metricName: 'Throttles',
    statistic: 'Sum',
    period: 300,
    when: { above: 0, times: 3, of: 6 },
    missing: 'notBreaching',
  });
  alarm('TableThrottled', {
    alarmDescription: 'DynamoDB turned requests away',
    metricQueries: sumOf(
      ['ReadThrottleEvents', 'WriteThrottleEvents'].map((metricName) => ({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensions: { TableName: storage.table.name },
      })),
    ),
    when: { above: 0, times: 3, of: 6 },
    missing: 'notBreaching',
  });
}
