import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { SendNotice } from '@candlelake/core';
import { CROSSOVER_ATTRIBUTES } from '../names.ts';
import { callAws } from './awsErrors.ts';

/**
 * Publishes notices of crossovers as JSON, with attributes for filter policies. Throws RetryableError when
 * SNS does not answer.
 */
export function createSnsNotifier(client: SNSClient, topicArn: string): SendNotice {
  return async (notice) => {
    const attributes = CROSSOVER_ATTRIBUTES.map((name) => [
      name,
      { DataType: 'String', StringValue: notice[name] },
    ]);
    const command = new PublishCommand({
      TopicArn: topicArn,
      Message: JSON.stringify(notice),
      MessageAttributes: Object.fromEntries(attributes),
    });
    await callAws('publish to the topic', () => client.send(command));
  };
}
