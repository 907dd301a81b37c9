import { expect, test } from 'vitest';
import { matchesPattern } from './harness/eventPattern.ts';
import { named, ofType } from './harness/graph.ts';
import { graphOf } from './stages.ts';

const graph = graphOf('production');
const cluster = ofType(graph, 'aws:ecs/cluster:Cluster')[0]!.outputs.arn;
const service = named(graph, 'StreamService').id;
const topic = named(graph, 'AlarmsTopic').outputs.arn;

/** Events as the ECS developer guide shows them, "Amazon ECS events", without what no rule reads. */
const stopped = (stoppedReason: string, parts: object = {}) => ({
  source: 'aws.ecs',
  'detail-type': 'ECS Task State Change',
  resources: ['arn:aws:ecs:eu-west-1:123456789012:task/one'],
  detail: { clusterArn: cluster, lastStatus: 'STOPPED', desiredStatus: 'STOPPED', stoppedReason, ...parts },
});
const deployment = (eventName: string, resource = service) => ({
  source: 'aws.ecs',
  'detail-type': 'ECS Deployment State Change',
  resources: [resource],
  detail: { eventType: 'INFO', eventName, deploymentId: 'ecs-svc/1', reason: 'because' },
});

/** The rules that an event starts. */
function rulesFor(event: object): readonly string[] {
  const rules = ofType(graph, 'aws:cloudwatch/eventRule:EventRule');
  return rules
    .filter(({ inputs }) => matchesPattern(JSON.parse(inputs.eventPattern), event))
    .map(({ name }) => name);
}

test.each([
  ['a crash', stopped('Essential container in task exited'), ['TaskStopped']],
  ['a failed check of its health', stopped('Task failed container health checks'), ['TaskStopped']],
  ['an image that is not there', stopped('CannotPullContainerError: not found'), ['TaskStopped']],
  ['a deploy', stopped('Scaling activity initiated by (deployment ecs-svc/1)'), []],
  ['a task that runs', stopped('', { lastStatus: 'RUNNING' }), []],
  ['a crash in another cluster', stopped('Essential container in task exited', { clusterArn: 'other' }), []],
  ['a failed deploy', deployment('SERVICE_DEPLOYMENT_FAILED'), ['DeployFailed']],
  ['a deploy that went well', deployment('SERVICE_DEPLOYMENT_COMPLETED'), []],
  ['a failed deploy of another service', deployment('SERVICE_DEPLOYMENT_FAILED', 'other'), []],
])('%s starts the right rule', (_title, event, rules) => {
  expect(rulesFor(event)).toEqual(rules);
});

test('each rule writes one sentence to the topic of alarms', () => {
  const targets = ofType(graph, 'aws:cloudwatch/eventTarget:EventTarget').map(({ inputs }) => inputs);
  expect(targets).toHaveLength(2);
  for (const { arn, inputTransformer } of targets) {
    expect(arn).toBe(topic);
    const text = JSON.parse(inputTransformer.inputTemplate);
    expect(text).toMatch(/^The stream of candlelake-production /);
    const used = [...text.matchAll(/<(\w+)>/g)].map(([, name]) => name);
    expect(used.toSorted()).toEqual(Object.keys(inputTransformer.inputPaths).toSorted());
  }
});

test('alarms and the two rules may publish to the topic, and nothing else', () => {
  const { Statement } = JSON.parse(named(graph, 'AlarmsPolicy').inputs.policy);
  const rules = ofType(graph, 'aws:cloudwatch/eventRule:EventRule').map(({ outputs }) => outputs.arn);
  const allowed = { Effect: 'Allow', Action: 'sns:Publish', Resource: topic };
  expect(Statement).toEqual([
    {
      ...allowed,
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': ['123456789012'] } },
    },
    {
      ...allowed,
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceArn': rules } },
    },
  ]);
});
