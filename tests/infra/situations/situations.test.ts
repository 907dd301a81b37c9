import { describe, expect, test } from 'vitest';
import { matchesPattern } from '../harness/eventPattern.ts';
import { named, ofType } from '../harness/graph.ts';
import { graphOf } from '../stages.ts';
import { type Datapoint, sounds } from './alarmState.ts';
import { type Faults, NOON, type Observed, simulateStage } from './simulatedStage.ts';

const MINUTE = 60_000;
const graph = graphOf('production');
const clusterArn = ofType(graph, 'aws:ecs/cluster:Cluster')[0]!.outputs.arn;
const serviceArn = named(graph, 'StreamService').id;

/** The alarms that sound while the faults last, and the rules that an event starts. */
function heard({ data, events }: Observed, minutes: number): readonly string[] {
  const window = { from: NOON, to: NOON + minutes * MINUTE };
  const alarms = ofType(graph, 'aws:cloudwatch/metricAlarm:MetricAlarm').filter((alarm) =>
    sounds(alarm, dataOf(alarm.inputs.dimensions?.QueueName, data), window),
  );
  const rules = ofType(graph, 'aws:cloudwatch/eventRule:EventRule').filter(({ inputs }) =>
    events.some((event) => matchesPattern(JSON.parse(inputs.eventPattern), event)),
  );
  return [...alarms, ...rules].map(({ name }) => name.replace('Alarm', '')).toSorted();
}

/** The two queues of failures have metrics of the same names. */
function dataOf(queue: string | undefined, data: readonly Datapoint[]): readonly Datapoint[] {
  const other = queue?.includes('DeadEvents') ? 'ApproximateNumberOfMessagesVisible' : 'NumberOfMessagesSent';
  return queue === undefined ? data : data.filter(({ name }) => name !== other);
}

const SITUATIONS: readonly (readonly [string, Faults, minutes: number, readonly string[]])[] = [
  ['nothing is wrong', {}, 90, []],
  ['the process fails at every start', { crashes: true }, 45, ['Late', 'TaskStopped', 'Unhealthy']],
  ['the exchange is down for half an hour', { linkDown: true, historyDown: true }, 30, ['Late', 'Unhealthy']],
  [
    'the exchange is down for hours',
    { linkDown: true, historyDown: true },
    150,
    ['Late', 'OpenSlots', 'Unhealthy'],
  ],
  ['only its WebSocket is down, and history fills the slots', { linkDown: true }, 90, ['Unhealthy']],
  ['only its history is down', { historyDown: true }, 45, ['Late', 'Unhealthy']],
  ['it limits our requests again and again', { limited: true }, 45, ['RateLimited']],
  ['it refuses one symbol', { refused: 'ETH-USDT' }, 45, ['Rejected']],
  ['one symbol leaves the contract list', { delisted: 'ETH-USDT' }, 90, ['Rejected']],
  ['one market closes for the weekend', { closed: 'ETH-USDT' }, 180, []],
  ['one market closes, and history refuses it', { paused: 'ETH-USDT' }, 180, []],
  ['the bucket refuses every write', { bucketDenied: true }, 90, ['LakeLag', 'Unhealthy']],
  ['buildLake fails in every run', { failing: { buildLake: 99 } }, 90, ['LakeLag', 'Unhealthy']],
  ['fillGaps fails in every run', { failing: { fillGaps: 99 } }, 90, ['OpenSlots']],
  ['the health function fails', { failing: { health: 999 } }, 15, ['Unhealthy']],
  ['the planner fails', { failing: { backfill: 9 } }, 45, ['DeadEvents']],
  ['a range of a backfill can never be worked', { failing: { backfillWorker: 1 } }, 90, ['DeadBackfills']],
  ['one tick of each function is lost', { failing: { health: 1, fillGaps: 1, buildLake: 1 } }, 90, []],
  ['a stranger asks for /health in a loop', { requestsPerMinute: 300 }, 15, []],
];

test.each(SITUATIONS)('%s', async (_title, faults, minutes, expected) => {
  expect(heard(await simulateStage(faults, { minutes, clusterArn }), minutes)).toEqual(expected);
});

describe('what only AWS sees', () => {
  const minutely = (name: string, value: number) =>
    Array.from({ length: 45 }, (_, minute) => ({ name, at: NOON + minute * MINUTE, value }));
  const deployment = {
    source: 'aws.ecs',
    'detail-type': 'ECS Deployment State Change',
    resources: [serviceArn],
    detail: { eventName: 'SERVICE_DEPLOYMENT_FAILED' },
  };

  test.each([
    ['too little concurrency', minutely('Throttles', 1), [], ['Throttled']],
    ['a hot partition', minutely('WriteThrottleEvents', 3), [], ['TableThrottled']],
    ['one throttled minute', minutely('ReadThrottleEvents', 3).slice(0, 1), [], []],
    ['a failed deploy', [], [deployment], ['DeployFailed']],
  ])('%s', async (_title, data, events, expected) => {
    const healthy = await simulateStage({}, { minutes: 45, clusterArn });
    const observed = { data: [...healthy.data, ...data], events: [...healthy.events, ...events] };
    expect(heard(observed, 45)).toEqual(expected);
  });
});

test('every alarm sounds in some situation', () => {
  const known = new Set(SITUATIONS.flatMap(([, , , expected]) => expected));
  const alarms = ofType(graph, 'aws:cloudwatch/metricAlarm:MetricAlarm').map(({ name }) =>
    name.replace('Alarm', ''),
  );
  expect(alarms.filter((name) => !known.has(name)).toSorted()).toEqual(['TableThrottled', 'Throttled']);
});
