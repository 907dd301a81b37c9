import type { Stage } from './settings.ts';

/** Creates the topic of alarms. `reach` says at the end of a deploy who is subscribed. */
export function createAlarmTopic(stage: Stage) {
  const topic = new sst.aws.SnsTopic('Alarms');
  if (stage.alertAddress === null) {
    const reach = `reach nobody: set alerts of stage "${stage.name}" in infra/settings.ts`;
    return { topic, reach };
  }
  new aws.sns.TopicSubscription('AlarmsEmail', {
    topic: topic.arn,
    protocol: 'email',
    endpoint: stage.alertAddress,
  });
  return { topic, reach: `reach ${stage.alertAddress}, once the link in its first message is followed` };
}

/**
 * Lets CloudWatch alarms of this account and these rules publish to the topic. Without a policy only alarms
 * may.
 */
export function allowPublishing(topic: sst.aws.SnsTopic, rules: readonly aws.cloudwatch.EventRule[]): void {
  const { accountId } = aws.getCallerIdentityOutput();
  const statement = (service: string, variable: string, values: $util.Input<string>[]) => ({
    actions: ['sns:Publish'],
    resources: [topic.arn],
    principals: [{ type: 'Service', identifiers: [`${service}.amazonaws.com`] }],
    conditions: [{ test: 'StringEquals', variable, values }],
  });
  const { json } = aws.iam.getPolicyDocumentOutput({
    statements: [
      statement('cloudwatch', 'aws:SourceAccount', [accountId]),
      statement(
        'events',
        'aws:SourceArn',
        rules.map(({ arn }) => arn),
      ),
    ],
  });
  new aws.sns.TopicPolicy('AlarmsPolicy', { arn: topic.arn, policy: json });
}
