import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { callAws } from './awsErrors.ts';

/** Publishes to the topic that starts `buildLake`. Throws RetryableError when SNS does not answer. */
export function createSnsDerivationRequest(client: SNSClient, topicArn: string): () => Promise<void> {
  return async () => {
    const command = new PublishCommand({ TopicArn: topicArn, Message: '{}' });
    await callAws('request a derivation', () => client.send(command));
  };
}
