import { intervalMs } from '../packages/core/src/domain/time/interval.ts';
import { METRIC_DIMENSION, METRICS, METRICS_NAMESPACE } from '../packages/functions/src/names.ts';
import { alarmMaker, type MakeAlarm, sumOf } from './alarmMaker.ts';
import type { Jobs } from './jobs.ts';
import type { Stage } from './settings.ts';
import type { Storage } from './storage.ts';

/** Creates the topic of alarms. `reach` says at the end of a deploy who is subscribed. */
export function createAlarmTopic(stage: Stage) {
  const topic = new sst.aws.SnsTopic('Alarms');
  if (stage.alertEmail === null) {
    const reach = `reach nobody: set alertEmail of stage "${stage.name}" in infra/settings.ts`;
    return { topic, reach };
  }
  new aws.sns.TopicSubscription('AlarmsEmail', {
    topic: topic.arn,
    protocol: 'email',
    endpoint: stage.alertEmail,
  });
  return { topic, reach: `reach ${stage.alertEmail}, once the link in its first message is followed` };
}

/**
 * Lets CloudWatch alarms of this account and these rules publish to the topic. Without a policy only alarms
 * may.
 */
export function allowPublishing(topic: sst.aws.SnsTopic, rules: readonly aws.cloudwatch.EventRule[]): void {
  const { accountId } = aws.getCallerIdentityOutput();
  const statement = (service: string, variable: string, values: $util.Input<string>[]) => ({
    actions: ['sns:Publish'],
    resources: [topic.arn],
    principals: [{ type: 'Service', identifiers: [`${service}.amazonaws.com`] }],
    conditions: [{ test: 'StringEquals', variable, values }],
  });
  const { json } = aws.iam.getPolicyDocumentOutput({
    statements: [
      statement('cloudwatch', 'aws:SourceAccount', [accountId]),
      statement(
        'events',
        'aws:SourceArn',
        rules.map(({ arn }) => arn),
      ),
    ],
  });
  new aws.sns.TopicPolicy('AlarmsPolicy', { arn: topic.arn, policy: json });
}

export interface AlarmOptions {
  readonly stage: Stage;
  readonly topic: sst.aws.SnsTopic;
  readonly storage: Storage;
  readonly jobs: Jobs;
}

/**
 * $0.10 a month for each of the 15 metrics that alarms read, $0.30 for each of our six custom metrics. What
 * each alarm means is in docs/aws.md.
 */
export function createAlarms(options: AlarmOptions): void {
  const alarm = alarmMaker(options.stage, options.topic);
  createPipelineAlarms(alarm, options);
  createFailureAlarms(alarm, options);
}

/** Alarms on our own metrics. Missing data is breaching, because these metrics are sent all the time. */
function createPipelineAlarms(alarm: MakeAlarm, { stage }: AlarmOptions): void {
  const own = {
    namespace: METRICS_NAMESPACE,
    dimensions: { [METRIC_DIMENSION]: `${$app.name}-${stage.name}` },
  };
  alarm('Unhealthy', {
    ...own,
    alarmDescription: 'GET /health did not answer 200, or the canary did not ask',
    metricName: METRICS.healthOk,
    statistic: 'Minimum',
    period: 60,
    when: { below: 1, times: 3, of: 5 },
    missing: 'breaching',
  });
  alarm('Late', {
    ...own,
    alarmDescription:
      'A streamed symbol has a live slot unresolved for more than three intervals, or the stream is silent',
    metricName: METRICS.liveDelay,
    statistic: 'Maximum',
    period: 60,
    when: { above: (3 * intervalMs(stage.settings.interval)) / 1000, times: 3, of: 5 },
    missing: 'breaching',
  });
  alarm('Unlinked', {
    ...own,
    alarmDescription: 'Not all symbols are subscribed on the WebSocket',
    metricName: METRICS.linked,
    statistic: 'Maximum',
    period: 60,
    when: { below: 1, times: 10, of: 10 },
    missing: 'breaching',
  });
  alarm('LakeLag', {
    ...own,
    alarmDescription:
      'A changed day has waited for half an hour to be written to the lake, or buildLake does not run',
    metricName: METRICS.lakeLag,
    statistic: 'Maximum',
    period: 300,
    when: { above: 1800, times: 3, of: 3 },
    missing: 'breaching',
  });
  alarm('OpenSlots', {
    ...own,
    alarmDescription:
      'Slots stay unresolved although fillGaps has asked history for an hour, or fillGaps does not run',
    metricName: METRICS.openSlots,
    statistic: 'Minimum',
    period: 300,
    when: { above: 0, times: 12, of: 12 },
    missing: 'breaching',
  });
  alarm('RateLimited', {
    ...own,
    alarmDescription: 'The exchange keeps telling us to slow down',
    metricName: METRICS.rateLimited,
    statistic: 'Sum',
    period: 300,
    when: { above: 0, times: 3, of: 6 },
    missing: 'notBreaching',
  });
}

/** Alarms on failures that AWS counts. Missing data means no failure. */
function createFailureAlarms(alarm: MakeAlarm, { storage, jobs }: AlarmOptions): void {
  const missing = 'notBreaching';
  const queues = { DeadEvents: jobs.dead, DeadBackfills: jobs.deadBackfills };
  for (const [name, queue] of Object.entries(queues)) {
    alarm(name, {
      alarmDescription: `The queue ${name} holds what failed for good`,
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: queue.nodes.queue.name },
      statistic: 'Maximum',
      period: 300,
      when: { above: 0, times: 1, of: 1 },
      missing,
    });
  }
  for (const [key, target] of Object.entries(jobs.functions)) {
    const name = key[0]!.toUpperCase() + key.slice(1);
    alarm(`${name}Errors`, {
      alarmDescription: `The function ${key} keeps ending with an error`,
      namespace: 'AWS/Lambda',
      metricName: 'Errors',
      dimensions: { FunctionName: target.name },
      statistic: 'Sum',
      period: 300,
      // The planner runs once an hour. The others run every few minutes, and the next run repeats a failed
      // one's work.
      when: key === 'backfill' ? { above: 0, times: 1, of: 1 } : { above: 0, times: 3, of: 6 },
      missing,
    });
  }
  alarm('Throttled', {
    alarmDescription: 'Lambda turned calls away: the account has too little concurrency in this region',
    namespace: 'AWS/Lambda',
    // Of all functions of the region, which share the concurrency: one metric costs less than six.
    metricName: 'Throttles',
    statistic: 'Sum',
    period: 300,
    when: { above: 0, times: 3, of: 6 },
    missing,
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
    missing,
  });
}
