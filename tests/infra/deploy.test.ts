import { expect, test } from 'vitest';
import { named } from './harness/graph.ts';
import { graphOf, type StageName } from './stages.ts';

const STAGES: readonly StageName[] = ['development', 'production', 'many'];

test.each(STAGES)('the real sst deploys the stage "%s" without an error', (stage) => {
  const { code, errors, output, refused } = graphOf(stage);
  expect(errors).toEqual([]);
  expect(code, output).toBe(0);
  expect(output).toMatch(/✓ {2}Complete/);
  expect(refused).toEqual([]);
});

test.each(STAGES)('the deploy of "%s" ends with where everything is', (stage) => {
  const graph = graphOf(stage);
  const bucket = named(graph, 'LakeBucket').outputs.bucket;
  for (const line of [
    /health: https:\/\/api0000001\.execute-api\.eu-west-1\.amazonaws\.com\/health$/m,
    new RegExp(`table: ${named(graph, 'StoreTable').outputs.name}$`, 'm'),
    new RegExp(`bucket: ${bucket}$`, 'm'),
    new RegExp(`workgroup: candlelake-${stage}$`, 'm'),
    new RegExp(`database: candlelake_${stage}$`, 'm'),
    new RegExp(`readPolicy: ${named(graph, 'ReadLake').outputs.arn}$`, 'm'),
    /alarmTopic: arn:aws:sns:.*AlarmsTopic/,
    /crossoverTopic: arn:aws:sns:.*CrossoversTopic/,
    new RegExp(`backfill: ${named(graph, 'BackfillFunction').outputs.name}$`, 'm'),
  ]) {
    expect(graph.output).toMatch(line);
  }
});

test('a deploy without an address says that alarms reach nobody', () => {
  expect(graphOf('development').output).toMatch(
    /alarms: reach nobody: set alerts of stage "development" in infra\/settings\.ts/,
  );
  expect(graphOf('many').output).toMatch(/alarms: reach alarms@example\.com/);
});

test.each(STAGES)('every resource of "%s" is tagged with project and stage', (stage) => {
  const { tags } = JSON.parse(graphOf(stage).config['aws:defaultTags']!);
  expect(tags).toEqual({ project: 'candlelake', stage, 'sst:app': 'candlelake', 'sst:stage': stage });
});

test('the bundler has no warnings', () => {
  for (const stage of STAGES) expect(graphOf(stage).bundlerWarnings).toEqual([]);
});

test('a running stage with another interval is refused before anything is registered', () => {
  const { code, output, resources } = graphOf('moved');
  expect(code).not.toBe(0);
  expect(output).toContain('stage "moved" runs with interval 5m in eu-west-1');
  expect(resources.filter(({ type }) => !/^pulumi:/.test(type)).map(({ name }) => name)).toEqual([]);
});

test.each(STAGES)('the placement of "%s" is recorded in one region for all', (stage) => {
  const graph = graphOf(stage);
  expect(named(graph, 'Placement').inputs).toMatchObject({
    name: `/candlelake/${stage}/placement`,
    value: `interval ${stage === 'many' ? '5m' : '3m'} in eu-west-1`,
  });
  expect(named(graph, 'Marker').inputs.region).toBe('us-east-1');
});
