import { expect, test } from 'vitest';
import { FUNCTIONS, PARTITIONS } from '../../packages/functions/src/names.ts';
import { actions, named, ofType, statements } from './harness/graph.ts';
import { graphOf, type StageName } from './stages.ts';

const STAGES: readonly StageName[] = ['development', 'production', 'many'];
const ROLE = 'aws:iam/role:Role';
const graph = graphOf('production');
const logs = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const table = ['GetItem', 'PutItem', 'Query', 'UpdateItem'].map((call) => `dynamodb:${call}`);

test.each(STAGES)('no role of "%s" allows a wildcard action or every resource', (stage) => {
  for (const role of ofType(graphOf(stage), ROLE)) {
    for (const { Action, Resource } of statements(role)) {
      expect(
        Action.filter((action) => action.includes('*')),
        role.name,
      ).toEqual([]);
      expect(
        Resource.filter((resource) => resource === '*'),
        role.name,
      ).toEqual([]);
    }
  }
});

test('candles are never written in batches, which cannot keep the merge law', () => {
  for (const role of ofType(graph, ROLE)) {
    expect(
      actions(role).filter((action) => /BatchWrite|PartiQL/.test(action)),
      role.name,
    ).toEqual([]);
  }
});

test('the health function can read one kind of item, the objects of the lake, and nothing else', () => {
  const role = named(graph, 'HealthRole');
  expect(actions(role)).toEqual(['dynamodb:GetItem', ...logs, 's3:GetObject', 's3:ListBucket']);
  const [items, objects] = statements(role);
  expect(items!.Resource).toEqual([named(graph, 'StoreTable').outputs.arn]);
  expect(items!.Condition).toEqual({
    'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [PARTITIONS.status] },
  });
  expect(objects!.Resource).toEqual([`${named(graph, 'LakeBucket').outputs.arn}/lake/*`]);
});

test('the stream can read and write its table, start buildLake and nothing else', () => {
  expect(actions(named(graph, 'StreamTaskRole'))).toEqual([...table, 'sns:Publish']);
  expect(statements(named(graph, 'StreamTaskRole'))[1]!.Resource).toEqual([
    named(graph, 'DerivationsTopic').outputs.arn,
  ]);
  expect(statements(named(graph, 'StreamTaskRole'))[0]!.Resource).toEqual([
    named(graph, 'StoreTable').outputs.arn,
  ]);
  expect(named(graph, 'StreamExecutionRole').inputs.inlinePolicies).toEqual([]);
});

test('buildLake alone writes objects and announces crossovers', () => {
  expect(actions(named(graph, 'BuildLakeRole'))).toEqual(
    [
      'dynamodb:ConditionCheckItem',
      'dynamodb:DeleteItem',
      ...table,
      ...logs,
      's3:DeleteObject',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sns:Publish',
    ].toSorted(),
  );
  const crossovers = named(graph, 'CrossoversTopic').outputs.arn;
  const writers = ofType(graph, ROLE).filter((role) =>
    statements(role).some(
      ({ Action, Resource }) => Action.includes('s3:PutObject') || Resource.includes(crossovers),
    ),
  );
  expect(writers.map(({ name }) => name)).toEqual(['BuildLakeRole']);
});

test('only the worker takes messages from the queue; it and the planner put them there', () => {
  const queue = named(graph, 'BackfillsQueue').outputs.arn;
  const allowed = ofType(graph, ROLE).flatMap((role) =>
    statements(role)
      .filter(({ Resource }) => Resource.includes(queue))
      .map(({ Action }) => [role.name, Action.toSorted()]),
  );
  expect(Object.fromEntries(allowed)).toEqual({
    BackfillRole: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
    BackfillWorkerRole: [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
    ],
  });
});

test.each(Object.keys(FUNCTIONS))('the function %s may write to its own log only', (key) => {
  const name = key[0]!.toUpperCase() + key.slice(1);
  const role = named(graph, `${name}Role`);
  const group = named(graph, `${name}Logs`);
  expect(role.inputs.managedPolicyArns ?? []).toEqual([]);
  const own = statements(role).filter(({ Action }) => Action.some((action) => action.startsWith('logs:')));
  expect(own.map(({ Resource }) => Resource)).toEqual([[`${group.outputs.arn}:*`]]);
  expect(named(graph, `${name}Function`).inputs.loggingConfig.logGroup).toBe(group.outputs.name);
});

test.each(['Backfill', 'FillGaps', 'BuildLake', 'Health'])('the schedule of %s can call it', (key) => {
  const allowed = statements(named(graph, `${key}TickRole`)).map(({ Action, Resource }) => [
    Action,
    Resource,
  ]);
  const [call, ...others] = allowed;
  expect(call).toEqual([['lambda:InvokeFunction'], [named(graph, `${key}Function`).outputs.arn]]);
  const dead = named(graph, 'DeadEventsQueue').outputs.arn;
  expect(others).toEqual(key === 'Backfill' ? [[['sqs:SendMessage'], [dead]]] : []);
});

test('nothing is linked, which would allow everything', () => {
  for (const { inputs } of ofType(graph, 'aws:lambda/function:Function')) {
    const names = Object.keys(inputs.environment.variables);
    expect(names.filter((name) => /^SST_RESOURCE_(?!App$)/.test(name))).toEqual([]);
  }
});
