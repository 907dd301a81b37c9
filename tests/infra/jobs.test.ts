import { describe, expect, test } from 'vitest';
import { periodMsOf } from '../../packages/aws-local/src/schedule.ts';
import { BACKFILL_QUEUE, FUNCTIONS } from '../../packages/functions/src/names.ts';
import { named, ofType } from './harness/graph.ts';
import { graphOf } from './stages.ts';

const graph = graphOf('production');
const FUNCTION = 'aws:lambda/function:Function';
const dead = named(graph, 'DeadEventsQueue').outputs.arn;

describe('functions', () => {
  test.each(Object.entries(FUNCTIONS))(
    '%s has the size, time and environment that the code names',
    (key, definition) => {
      const { inputs } = named(graph, `${key[0]!.toUpperCase()}${key.slice(1)}Function`);
      expect(inputs).toMatchObject({
        architectures: ['arm64'],
        runtime: 'nodejs24.x',
        memorySize: definition.memoryMb,
        timeout: definition.timeoutSeconds,
        handler: 'bundle.handler',
      });
      const given = Object.keys(inputs.environment.variables).filter(
        (name) => !/^(SST|CANDLELAKE)_/.test(name),
      );
      expect(given.toSorted()).toEqual(
        [...definition.variables, 'POWERTOOLS_METRICS_NAMESPACE', 'POWERTOOLS_SERVICE_NAME'].toSorted(),
      );
    },
  );

  test('there are no others', () => {
    expect(ofType(graph, FUNCTION)).toHaveLength(Object.keys(FUNCTIONS).length);
  });

  test('none reserves concurrency, which a new account cannot', () => {
    for (const { inputs } of ofType(graph, FUNCTION)) {
      expect(inputs.reservedConcurrentExecutions ?? null).toBeNull();
    }
    expect(ofType(graph, 'aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig')).toEqual([]);
  });

  test('the environment stays below the 4 KB that Lambda allows, with six hundred symbols too', () => {
    for (const { name, inputs } of ofType(graphOf('many'), FUNCTION)) {
      const text = Object.entries(inputs.environment.variables).flat().join('');
      expect(Buffer.byteLength(text), name).toBeLessThan(4096);
    }
  });

  test('lines below INFO are kept only with debug', () => {
    const levelsOf = (stage: 'production' | 'many') =>
      new Set(ofType(graphOf(stage), FUNCTION).map(({ inputs }) => inputs.loggingConfig.applicationLogLevel));
    expect([...levelsOf('production')]).toEqual(['INFO']);
    expect([...levelsOf('many')]).toEqual(['DEBUG']);
  });

  test('logs are kept for 30 days', () => {
    const groups = ofType(graph, 'aws:cloudwatch/logGroup:LogGroup');
    expect(groups.length).toBe(Object.keys(FUNCTIONS).length + 2);
    for (const { name, inputs } of groups) expect(inputs.retentionInDays, name).toBe(30);
  });
});

describe('schedules', () => {
  const scheduled = Object.entries(FUNCTIONS).filter(([, { schedule }]) => schedule !== null);

  test('there is one for each function that has one in the code', () => {
    expect(ofType(graph, 'aws:scheduler/schedule:Schedule')).toHaveLength(scheduled.length);
    expect(scheduled.map(([key]) => key)).toEqual(['backfill', 'fillGaps', 'buildLake', 'health']);
  });

  test.each(scheduled)('%s is called on time, with an empty event', (key, { schedule }) => {
    const name = key[0]!.toUpperCase() + key.slice(1);
    const { inputs } = named(graph, `${name}TickSchedule`);
    expect(inputs.scheduleExpression).toBe(schedule);
    expect(scheduleFault(inputs.scheduleExpression)).toBeNull();
    expect(inputs.scheduleExpressionTimezone).toBe('UTC');
    expect(inputs.state).toBe('ENABLED');
    expect(inputs.target.arn).toBe(named(graph, `${name}Function`).outputs.arn);
    expect(JSON.parse(inputs.target.input)).toEqual({});
    expect(inputs.target.retryPolicy.maximumRetryAttempts).toBe(2);
    const events = named(graph, `${name}EventInvokeConfig`).inputs;
    expect(events.functionName).toBe(named(graph, `${name}Function`).outputs.name);
    // A tick that is older than the next one is of no use.
    const periodSeconds = periodMsOf(inputs.scheduleExpression) / 1000;
    expect(inputs.target.retryPolicy.maximumEventAgeInSeconds).toBe(periodSeconds);
    expect(events.maximumEventAgeInSeconds).toBe(periodSeconds);
    expect(events.maximumRetryAttempts).toBe({ backfill: 2, fillGaps: 1, buildLake: 1, health: 0 }[key]);
  });

  test.each(scheduled)('what %s loses is kept only if no later tick does the same work', (key) => {
    const name = key[0]!.toUpperCase() + key.slice(1);
    const { deadLetterConfig } = named(graph, `${name}TickSchedule`).inputs.target;
    const { destinationConfig } = named(graph, `${name}EventInvokeConfig`).inputs;
    const kept = [deadLetterConfig?.arn, destinationConfig?.onFailure?.destination];
    expect(kept).toEqual(key === 'backfill' ? [dead, dead] : [undefined, undefined]);
  });

  test('the functions do not all start in the same minute', () => {
    const minutes = scheduled.map(([, { schedule }]) => /\((\S+)/.exec(schedule!)![1]);
    expect(minutes).toEqual(['7', '3/5', '1/10', '*']);
  });

  test('expressions that AWS would refuse are noticed', () => {
    expect(scheduleFault('cron(5 0 * * *)')).toMatch(/6 fields/);
    expect(scheduleFault('cron(5 0 * * * *)')).toMatch(/exactly one/);
    expect(scheduleFault('rate(1 minutes)')).toMatch(/singular/);
    expect(scheduleFault('every 5 minutes')).toMatch(/expected/);
    expect(scheduleFault('cron(15 10 * * ? *)')).toBeNull();
  });
});

test('what the stream publishes when a bar closes starts buildLake', () => {
  const [subscription, ...others] = ofType(graph, 'aws:sns/topicSubscription:TopicSubscription');
  expect(others).toEqual([]);
  expect(subscription!.inputs).toMatchObject({
    topic: named(graph, 'DerivationsTopic').outputs.arn,
    protocol: 'lambda',
    endpoint: named(graph, 'BuildLakeFunction').outputs.arn,
  });
  const allowed = ofType(graph, 'aws:lambda/permission:Permission').map(({ inputs }) => [
    inputs.principal,
    inputs.sourceArn,
  ]);
  expect(allowed).toContainEqual(['sns.amazonaws.com', named(graph, 'DerivationsTopic').outputs.arn]);
});

describe('the queue of backfills', () => {
  test('is worked off in order, one message at a time, and keeps what fails for good', () => {
    const queue = named(graph, 'BackfillsQueue');
    const deadLetters = named(graph, 'DeadBackfillsQueue');
    const mappings = ofType(graph, 'aws:lambda/eventSourceMapping:EventSourceMapping');
    expect(queue.inputs.fifoQueue).toBe(true);
    expect(deadLetters.inputs.fifoQueue).toBe(true);
    expect(JSON.parse(queue.inputs.redrivePolicy)).toEqual({
      deadLetterTargetArn: deadLetters.outputs.arn,
      maxReceiveCount: BACKFILL_QUEUE.maxReceives,
    });
    expect(mappings).toHaveLength(1);
    expect(mappings[0]!.inputs).toMatchObject({
      eventSourceArn: queue.outputs.arn,
      functionName: named(graph, 'BackfillWorkerFunction').outputs.arn,
      batchSize: BACKFILL_QUEUE.batchSize,
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('hides a message for longer than the worker may take', () => {
    const { visibilityTimeoutSeconds } = named(graph, 'BackfillsQueue').inputs;
    expect(visibilityTimeoutSeconds).toBeGreaterThan(FUNCTIONS.backfillWorker.timeoutSeconds);
  });

  test.each(['BackfillsQueue', 'DeadBackfillsQueue', 'DeadEventsQueue'])(
    '%s keeps messages for two weeks',
    (name) => {
      expect(named(graph, name).inputs.messageRetentionSeconds).toBe(14 * 86_400);
    },
  );
});

describe('the API', () => {
  test('has one route, for which anybody may ask five times a second', () => {
    const routes = ofType(graph, 'aws:apigatewayv2/route:Route');
    expect(routes.map(({ inputs }) => inputs.routeKey)).toEqual(['GET /health']);
    const integration = ofType(graph, 'aws:apigatewayv2/integration:Integration')[0]!;
    expect(integration.inputs.integrationUri).toBe(named(graph, 'HealthFunction').outputs.arn);
    expect(named(graph, 'ApiStage').inputs.defaultRouteSettings).toEqual({
      throttlingRateLimit: 5,
      throttlingBurstLimit: 10,
    });
  });

  test('tells browsers of other sites nothing', () => {
    expect(named(graph, 'ApiApi').inputs.corsConfiguration ?? {}).toEqual({});
  });
});

/**
 * What EventBridge Scheduler would refuse in an expression; the grammar is that of its user guide, "Schedule
 * types".
 */
function scheduleFault(expression: string): string | null {
  const [, kind, body = ''] = /^(cron|rate)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'rate') {
    const [, count, unit] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(body) ?? [];
    if (!unit) return 'expected a positive number and a unit';
    return (count === '1') === body.endsWith('s') ? 'the unit is singular for 1 only' : null;
  }
  if (kind !== 'cron') return 'expected cron() or rate()';
  const fields = body.split(/\s+/);
  if (fields.length !== 6) return 'expected 6 fields';
  const unnamed = [fields[2], fields[4]].filter((field) => field === '?').length;
  return unnamed === 1 ? null : 'exactly one of day of month and day of week is "?"';
}
