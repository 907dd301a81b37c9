import { expect, test } from 'vitest';
import { METRICS } from '../../packages/functions/src/names.ts';
import { named, ofType } from './harness/graph.ts';
import { graphOf } from './stages.ts';

const many = graphOf('many');
const production = graphOf('production');

test('a budget writes to the address of alarms, for what is tagged with the stage', () => {
  expect(ofType(production, 'aws:budgets/budget:Budget')).toEqual([]);
  const { inputs } = named(many, 'MonthlyBudget');
  expect(inputs).toMatchObject({
    budgetType: 'COST',
    timeUnit: 'MONTHLY',
    limitAmount: '50',
    limitUnit: 'USD',
    costFilters: [{ name: 'TagKeyValue', values: ['user:stage$many'] }],
  });
  expect(
    inputs.notifications.map(
      ({ notificationType, threshold, subscriberEmailAddresses: to }: typeof inputs) => [
        notificationType,
        threshold,
        to,
      ],
    ),
  ).toEqual([
    ['FORECASTED', 80, ['alarms@example.com']],
    ['ACTUAL', 100, ['alarms@example.com']],
  ]);
});

test('a stage that asks for a dashboard gets one with every metric, and no other stage', () => {
  expect(ofType(production, 'aws:cloudwatch/dashboard:Dashboard')).toEqual([]);
  const { widgets } = JSON.parse(named(many, 'Dashboard').inputs.dashboardBody);
  const shown = widgets.map(
    ({ properties }: { properties: { metrics: string[][] } }) => properties.metrics[0],
  );
  expect(shown).toEqual(
    Object.values(METRICS).map((metric) => ['candlelake', metric, 'service', 'candlelake-many']),
  );
});

test('saved log queries read log groups of the stage', () => {
  const groups = ofType(production, 'aws:cloudwatch/logGroup:LogGroup').map(({ inputs }) => inputs.name);
  const queries = ofType(production, 'aws:cloudwatch/queryDefinition:QueryDefinition');
  expect(queries).toHaveLength(3);
  for (const { inputs } of queries) {
    expect(inputs.name).toMatch(/^candlelake\/production\//);
    for (const group of inputs.logGroupNames) expect(groups).toContain(group);
  }
});

test('the policy for readers allows reading the lake and nothing else', () => {
  const bucket = named(production, 'LakeBucket').outputs.arn;
  expect(JSON.parse(named(production, 'ReadLake').inputs.policy).Statement).toEqual([
    { Effect: 'Allow', Action: 's3:GetObject', Resource: `${bucket}/lake/*` },
    {
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: bucket,
      Condition: { StringLike: { 's3:prefix': ['lake/*'] } },
    },
  ]);
});
