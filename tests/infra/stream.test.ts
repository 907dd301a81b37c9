import fs from 'node:fs';
import { expect, test } from 'vitest';
import { STREAM } from '../../packages/functions/src/names.ts';
import { named, ofType } from './harness/graph.ts';
import { graphOf } from './stages.ts';

const graph = graphOf('production');
const task = named(graph, 'StreamTask');
const service = named(graph, 'StreamService');
const [container] = JSON.parse(task.inputs.containerDefinitions);

test('the stream is one small ARM task, and a deploy starts the new one before it stops the old one', () => {
  expect(task.inputs).toMatchObject({ cpu: '256', memory: '512', networkMode: 'awsvpc' });
  expect(task.inputs.runtimePlatform.cpuArchitecture).toBe('ARM64');
  expect(service.inputs).toMatchObject({
    desiredCount: 1,
    launchType: 'FARGATE',
    deploymentMinimumHealthyPercent: 100,
    deploymentMaximumPercent: 200,
    availabilityZoneRebalancing: 'DISABLED',
    deploymentCircuitBreaker: { enable: true, rollback: true },
  });
  const { minCapacity, maxCapacity } = named(graph, 'StreamAutoScalingTarget').inputs;
  expect([minCapacity, maxCapacity]).toEqual([1, 1]);
  expect(ofType(graph, 'aws:appautoscaling/policy:Policy')).toEqual([]);
});

test('a production deploy waits for the new task, and fails if it does not come up', () => {
  expect(service.inputs.waitForSteadyState).toBe(true);
  expect(named(graphOf('development'), 'StreamService').inputs.waitForSteadyState).toBe(false);
});

test('the container has more time to stop than the program takes to drain', () => {
  expect(container.stopTimeout).toBeGreaterThan(STREAM.drainSeconds);
  expect(container.stopTimeout).toBeLessThanOrEqual(120);
  expect(container.linuxParameters.initProcessEnabled).toBe(true);
});

test('the container is checked on the path that answers while the exchange does not', () => {
  const { command, ...times } = container.healthCheck;
  expect(command.slice(0, 3)).toEqual(['CMD', 'node', '-e']);
  expect(command[3]).toContain(`http://127.0.0.1:${STREAM.livePort}/live`);
  expect(times).toEqual({ startPeriod: 60, interval: 30, timeout: 10, retries: 3 });
});

test('the task has no shell, no open port and no writable disk', () => {
  expect(service.inputs.enableExecuteCommand).toBe(false);
  expect(container.portMappings).toEqual([]);
  expect(container.readonlyRootFilesystem).toBe(true);
  const { ingress, egress } = named(graph, 'NetworkOutbound').inputs;
  expect(ingress).toEqual([]);
  expect(egress).toEqual([{ protocol: 'tcp', fromPort: 443, toPort: 443, cidrBlocks: ['0.0.0.0/0'] }]);
  expect(service.inputs.networkConfiguration.securityGroups).toEqual([named(graph, 'NetworkOutbound').id]);
});

test('lines reach the log as they are written, so that metrics in them are read', () => {
  expect(container.pseudoTerminal).toBe(false);
  expect(container.logConfiguration.logDriver).toBe('awslogs');
});

test('the subnets are in standard zones, which have Fargate', () => {
  const zones = [1, 2].map((index) => named(graph, `NetworkSubnet${index}`).inputs.availabilityZone);
  expect(zones).toEqual(['eu-west-1a', 'eu-west-1b']);
});

test('the network has no part that costs by the hour but the task’s own address', () => {
  expect(service.inputs.networkConfiguration.assignPublicIp).toBe(true);
  for (const type of [
    'aws:ec2/natGateway:NatGateway',
    'aws:ec2/eip:Eip',
    'aws:ec2/vpcEndpoint:VpcEndpoint',
    'aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace',
    'aws:lb/loadBalancer:LoadBalancer',
    'aws:route53/zone:Zone',
  ]) {
    expect(ofType(graph, type), type).toEqual([]);
  }
  expect(named(graph, 'NetworkRoutes').inputs.routes).toEqual([
    { cidrBlock: '0.0.0.0/0', gatewayId: named(graph, 'NetworkGateway').id },
  ]);
});

test('the task knows its table and settings', () => {
  const given = Object.fromEntries(
    container.environment.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
  expect(given).toMatchObject({
    TABLE_NAME: named(graph, 'StoreTable').outputs.name,
    POWERTOOLS_SERVICE_NAME: 'candlelake-production',
    POWERTOOLS_METRICS_NAMESPACE: 'candlelake',
    CANDLELAKE_TIMEFRAME: '21m,1h',
    CANDLELAKE_HISTORY_DAYS: '7',
    NODE_OPTIONS: '--max-old-space-size=402',
  });
  for (const name of STREAM.variables) expect(given[name], name).toBeTruthy();
});

test('the image is built for ARM from a Dockerfile that only copies', () => {
  const { dockerfile, platforms } = named(graph, 'StreamImageStream').inputs;
  expect(platforms).toEqual(['linux/arm64']);
  const lines = fs.readFileSync(dockerfile.location, 'utf8').split('\n');
  expect(lines.filter((line) => line.startsWith('RUN'))).toEqual([]);
  expect(lines.filter((line) => line.startsWith('USER'))).toHaveLength(1);
});

test('the image folder holds the bundled program when the image is built', () => {
  expect(fs.statSync(`${STREAM.imageFolder}/${STREAM.bundle}`).size).toBeGreaterThan(10_000);
});
