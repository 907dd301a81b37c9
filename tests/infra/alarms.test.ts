import fs from 'node:fs';
import { expect, test } from 'vitest';
import { METRICS, METRICS_NAMESPACE } from '../../packages/functions/src/names.ts';
import { ASSUMED } from '../cost/assumptions.ts';
import { named, ofType, type Resource } from './harness/graph.ts';
import { graphOf } from './stages.ts';

const graph = graphOf('production');
const alarms = ofType(graph, 'aws:cloudwatch/metricAlarm:MetricAlarm');

interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Every metric that an alarm reads. */
function metricsOf({ inputs }: Resource): readonly Metric[] {
  const queried = (inputs.metricQueries ?? []).flatMap(({ metric }: { metric?: Metric }) => metric ?? []);
  return inputs.metricName ? [inputs as unknown as Metric] : queried;
}

test('every alarm tells the topic, says what no data means, and comes to an end', () => {
  const topic = named(graph, 'AlarmsTopic').outputs.arn;
  expect(alarms.length).toBeGreaterThan(0);
  for (const { name, inputs } of alarms) {
    expect(inputs.alarmActions, name).toEqual([topic]);
    expect(inputs.okActions, name).toEqual([topic]);
    expect(['breaching', 'notBreaching'], name).toContain(inputs.treatMissingData);
    expect(inputs.datapointsToAlarm, name).toBeLessThanOrEqual(inputs.evaluationPeriods);
    expect(inputs.alarmDescription, name).not.toBe('');
  }
});

test('there are at most 12 alarms and 6 metrics of our own', () => {
  expect(alarms.length).toBeLessThanOrEqual(12);
  const own = alarms.flatMap(metricsOf).filter(({ namespace }) => namespace === METRICS_NAMESPACE);
  expect(new Set(own.map(({ metricName }) => metricName))).toEqual(new Set(Object.values(METRICS)));
  expect(Object.keys(METRICS).length).toBeLessThanOrEqual(6);
  for (const { dimensions } of own) expect(dimensions).toEqual({ service: 'candlelake-production' });
});

test('silence is bad news of what speaks all the time, and no news of what counts failures', () => {
  const breaching = alarms
    .filter(({ inputs }) => inputs.treatMissingData === 'breaching')
    .map(({ name }) => name);
  expect(breaching.toSorted()).toEqual(['AlarmLakeLag', 'AlarmLate', 'AlarmOpenSlots', 'AlarmUnhealthy']);
});

test('a live slot is late when /health says so: after three intervals, or a round over many symbols', () => {
  expect(named(graph, 'AlarmLate').inputs.threshold).toBe(9 * 60);
  // 600 symbols at one request in 1.2 s, twice, after an interval of 5 minutes.
  expect(named(graphOf('many'), 'AlarmLate').inputs.threshold).toBe(5 * 60 + 600 * 2.4);
});

test('dead backfills stay an alarm until they are dealt with, dead events only while they arrive', () => {
  expect(named(graph, 'AlarmDeadBackfills').inputs).toMatchObject({
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: named(graph, 'DeadBackfillsQueue').outputs.name },
  });
  expect(named(graph, 'AlarmDeadEvents').inputs).toMatchObject({
    metricName: 'NumberOfMessagesSent',
    dimensions: { QueueName: named(graph, 'DeadEventsQueue').outputs.name },
  });
  for (const name of ['AlarmDeadBackfills', 'AlarmDeadEvents'])
    expect(named(graph, name).inputs).toMatchObject({ threshold: 0, datapointsToAlarm: 1 });
});

test('throttling is counted over all functions of the region', () => {
  expect(metricsOf(named(graph, 'AlarmThrottled'))).toEqual([
    expect.objectContaining({ namespace: 'AWS/Lambda', metricName: 'Throttles' }),
  ]);
  expect(named(graph, 'AlarmThrottled').inputs.dimensions).toBeUndefined();
});

test('alarms read as many metrics as the bill has', () => {
  expect(alarms.flatMap(metricsOf)).toHaveLength(ASSUMED.alarmMetrics);
});

test('an address is subscribed where the stage names one', () => {
  const subscriptions = (stage: 'many' | 'production') =>
    ofType(graphOf(stage), 'aws:sns/topicSubscription:TopicSubscription')
      .map(({ inputs }) => inputs)
      .filter(({ protocol }) => protocol === 'email');
  expect(subscriptions('production')).toEqual([]);
  expect(subscriptions('many')).toEqual([
    expect.objectContaining({
      protocol: 'email',
      endpoint: 'alarms@example.com',
      topic: named(graphOf('many'), 'AlarmsTopic').outputs.arn,
    }),
  ]);
});

test('docs/aws.md says of every alarm what it means and what to do', () => {
  const rows = fs
    .readFileSync('docs/aws.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  for (const { name } of alarms) {
    const row = rows.find((line) => line.startsWith(`| \`${name.replace('Alarm', '')}\``)) ?? '';
    expect(row.split('|').filter((cell) => cell.trim() !== '').length, name).toBe(3);
  }
});
