import type { Stream } from './stream.ts';

/**
 * Tells the topic when ECS stops the task for another reason than a deploy, and when a deploy fails: a task
 * that crashes within a minute of its start sends no metric that an alarm could read. Events of AWS services
 * cost nothing. Returns the rules, which need permission to publish to the topic.
 */
export function createTaskEvents(
  { cluster, service }: Stream,
  topic: sst.aws.SnsTopic,
): readonly aws.cloudwatch.EventRule[] {
  const stopped = createRule('TaskStopped', topic, {
    pattern: {
      'detail-type': ['ECS Task State Change'],
      detail: {
        clusterArn: [cluster.nodes.cluster.arn],
        lastStatus: ['STOPPED'],
        // The reason of a deploy. Source: Amazon ECS developer guide, "Stopped tasks error messages".
        stoppedReason: [{ 'anything-but': { prefix: 'Scaling activity initiated by' } }],
      },
    },
    paths: { reason: '$.detail.stoppedReason', code: '$.detail.containers[0].exitCode' },
    text: 'stopped: <reason> (exit code <code>). ECS starts it again; its log says why it stopped.',
  });
  const failed = createRule('DeployFailed', topic, {
    pattern: {
      'detail-type': ['ECS Deployment State Change'],
      resources: [service.nodes.service.id],
      detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED'] },
    },
    paths: { reason: '$.detail.reason' },
    text: 'was not deployed: <reason>. ECS goes back to the version before.',
  });
  return [stopped, failed];
}

interface RuleOptions {
  readonly pattern: object;
  readonly paths: Readonly<Record<string, string>>;
  /** The end of the message; the names of `paths` in angle brackets are replaced. */
  readonly text: string;
}

function createRule(
  name: string,
  topic: sst.aws.SnsTopic,
  { pattern, paths, text }: RuleOptions,
): aws.cloudwatch.EventRule {
  const rule = new aws.cloudwatch.EventRule(name, {
    eventPattern: $jsonStringify({ source: ['aws.ecs'], ...pattern }),
  });
  new aws.cloudwatch.EventTarget(`${name}Target`, {
    rule: rule.name,
    arn: topic.arn,
    inputTransformer: {
      inputPaths: paths,
      inputTemplate: JSON.stringify(`The stream of ${$app.name}-${$app.stage} ${text}`),
    },
  });
  return rule;
}
