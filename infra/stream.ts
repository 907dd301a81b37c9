import { METRICS_NAMESPACE, STREAM, VARIABLES } from '../packages/functions/src/names.ts';
import { runBundler } from './bundler.ts';
import type { Jobs } from './jobs.ts';
import { createNetwork } from './network.ts';
import type { Stage } from './settings.ts';
import { taskSizeFor } from './sizes.ts';
import { READ_AND_WRITE, type Storage, tableAccess } from './storage.ts';

export interface Stream {
  readonly cluster: sst.aws.Cluster;
  readonly service: sst.aws.Service;
  /** The name of its log group. */
  readonly logGroup: string;
}

/** Longer than the program takes to drain; Fargate allows at most 120. */
const STOP_TIMEOUT_SECONDS = STREAM.drainSeconds + 15;

/**
 * The one task that holds the WebSocket connections. During a deploy two tasks run at the same time. That is
 * safe, because the writes of candles are conditional.
 */
export function createStream(stage: Stage, storage: Storage, { derivations }: Jobs): Stream {
  // The image adds one bundled file to Node, so that its build runs no command.
  if (!$dev) runBundler('bundleStream');
  const network = createNetwork();
  const cluster = new sst.aws.Cluster('Cluster', {
    vpc: {
      id: network.id,
      securityGroups: network.securityGroups,
      containerSubnets: network.subnets,
      loadBalancerSubnets: network.subnets,
    },
  });
  const size = taskSizeFor(stage.settings);
  const logGroup = `/${$app.name}/${stage.name}/stream`;
  // $7.21 a month for 0.25 vCPU and 0.5 GB on ARM, $1.30 for another 0.5 GB, $3.65 for the public IPv4
  // address.
  const service = new sst.aws.Service('Stream', {
    cluster,
    architecture: 'arm64',
    cpu: `${size.vcpu} vCPU` as '0.25 vCPU',
    memory: `${size.memoryGb} GB` as '0.5 GB',
    image: { context: STREAM.imageFolder },
    scaling: { min: 1, max: 1, cpuUtilization: false, memoryUtilization: false },
    wait: stage.production,
    // About 60 MB a month at $0.50 a GB: one line a minute, and warnings.
    logging: { retention: '1 month', name: logGroup },
    health: {
      command: ['CMD', 'node', '-e', liveCheck()],
      interval: '30 seconds',
      timeout: '10 seconds',
      startPeriod: '60 seconds',
      retries: 3,
    },
    environment: {
      ...stage.variables,
      NODE_OPTIONS: `--max-old-space-size=${size.heapMb}`,
      [VARIABLES.table]: storage.table.name,
      [VARIABLES.derivationTopic]: derivations.arn,
      [VARIABLES.service]: `${$app.name}-${stage.name}`,
      [VARIABLES.namespace]: METRICS_NAMESPACE,
    },
    permissions: [
      tableAccess(storage, READ_AND_WRITE),
      { actions: ['sns:Publish'], resources: [derivations.arn] },
    ],
    dev: { command: `node --watch ${STREAM.entry}`, directory: '.', autostart: true },
    transform: {
      taskRole: (args) => {
        args.inlinePolicies = withoutExec(args.inlinePolicies);
      },
      executionRole: (args) => {
        // There are no secrets to read; the managed policy covers image and log.
        args.inlinePolicies = [];
      },
      service: (args) => {
        args.enableExecuteCommand = false;
        args.deploymentMinimumHealthyPercent = 100;
        args.deploymentMaximumPercent = 200;
        args.availabilityZoneRebalancing = 'DISABLED';
        args.networkConfiguration = {
          assignPublicIp: true,
          subnets: network.subnets,
          securityGroups: network.securityGroups,
        };
      },
      taskDefinition: (args) => {
        args.containerDefinitions = $jsonStringify($jsonParse(args.containerDefinitions).apply(hardened));
      },
    },
  });
  return { cluster, service, logGroup };
}

/** The health check: exits with 0 while the program answers, also during an outage of the exchange. */
function liveCheck(): string {
  const url = `http://127.0.0.1:${STREAM.livePort}${STREAM.livePath}`;
  return `fetch('${url}').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
}

/**
 * Adds the stop time-out, keeps log lines plain for embedded metrics, opens no port and makes the disk
 * read-only.
 */
function hardened(containers: readonly Record<string, unknown>[]) {
  return containers.map((container) => ({
    ...container,
    stopTimeout: STOP_TIMEOUT_SECONDS,
    pseudoTerminal: false,
    portMappings: [],
    readonlyRootFilesystem: true,
  }));
}

interface PolicyDocument {
  readonly Statement: readonly { readonly Action: string | readonly string[] }[];
}

/** The task's policies without the shell access that sst always adds. */
function withoutExec(policies: aws.iam.RoleArgs['inlinePolicies']) {
  return $output(policies).apply((list = []) =>
    list.map((policy) => ({
      ...policy,
      policy: $jsonStringify(
        $jsonParse($output(policy.policy as string)).apply((document: PolicyDocument) => ({
          ...document,
          Statement: document.Statement.filter(
            ({ Action }) => ![Action].flat().every((action) => action.startsWith('ssmmessages:')),
          ),
        })),
      ),
    })),
  );
}
