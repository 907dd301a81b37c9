import { GetQueueAttributesCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { RetryableError } from '@candlelake/core';
import type { BackfillQueue } from '../jobs/backfillQueue.ts';
import { BACKFILL_QUEUE } from '../names.ts';
import { callAws } from './awsErrors.ts';

/** The most messages that SQS accepts in one call. */
const MESSAGES_PER_CALL = 10;

/**
 * The FIFO queue of SQS; its deduplication interval is five minutes. Methods throw RetryableError when SQS
 * does not answer, and `send` when it refuses a message: those before it are in the queue then.
 */
export function createSqsBackfillQueue(client: SQSClient, queueUrl: string): BackfillQueue {
  return {
    async send(ranges) {
      for (let from = 0; from < ranges.length; from += MESSAGES_PER_CALL) {
        const entries = ranges.slice(from, from + MESSAGES_PER_CALL).map((range, index) => ({
          Id: String(index),
          MessageBody: JSON.stringify(range),
          MessageGroupId: BACKFILL_QUEUE.messageGroup,
          MessageDeduplicationId: `${range.symbol}_${range.interval}_${range.from}_${range.to}`,
        }));
        const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries });
        const { Failed = [] } = await callAws('put ranges into the queue', () => client.send(command));
        if (Failed.length > 0)
          throw new RetryableError(`the queue refused ${Failed.length} messages: ${Failed[0]?.Message}`);
      }
    },
    async isEmpty() {
      const command = new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      });
      const { Attributes = {} } = await callAws('read the queue', () => client.send(command));
      return Object.values(Attributes).every((count) => Number(count) === 0);
    },
  };
}
