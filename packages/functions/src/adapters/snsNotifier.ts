import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Crossover } from '@candlelake/core';
import { CROSSOVER_ATTRIBUTES } from '../names.ts';
import { callAws } from './awsErrors.ts';

/**
 * Publishes crossovers as JSON, with attributes for filter policies. Throws RetryableError when SNS does not
 * answer.
 */
export function createSnsNotifier(
  client: SNSClient,
  topicArn: string,
): (crossover: Crossover) => Promise<void> {
  return async (crossover) => {
    const attributes = CROSSOVER_ATTRIBUTES.map((name) => [
      name,
      { DataType: 'String', StringValue: crossover[name] },
    ]);
    const command = new PublishCommand({
      TopicArn: topicArn,
      Message: JSON.stringify(crossover),
      MessageAttributes: Object.fromEntries(attributes),
    });
    await callAws('publish to the topic', () => client.send(command));
  };
}
