import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { RetryableError } from '@candlelake/core';
import type { BackfillRange } from '../jobs/backfillRange.ts';
import { BACKFILL_QUEUE } from '../names.ts';
import { callAws } from './awsErrors.ts';

/** The most messages that SQS accepts in one call. */
const MESSAGES_PER_CALL = 10;

/**
 * Sends ranges to the queue, in order. Throws RetryableError when SQS refuses one; earlier ranges are in the
 * queue by then, and sending them again within five minutes does not duplicate them.
 */
export function createSqsBackfillQueue(
  client: SQSClient,
  queueUrl: string,
): (ranges: readonly BackfillRange[]) => Promise<void> {
  return async (ranges) => {
    for (let from = 0; from < ranges.length; from += MESSAGES_PER_CALL) {
      const entries = ranges.slice(from, from + MESSAGES_PER_CALL).map((range, index) => ({
        Id: String(index),
        MessageBody: JSON.stringify(range),
        MessageGroupId: BACKFILL_QUEUE.messageGroup,
        MessageDeduplicationId: `${range.symbol}_${range.interval}_${range.from}_${range.to}`,
      }));
      const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries });
      const { Failed = [] } = await callAws('put into the queue', () => client.send(command));
      if (Failed.length > 0)
        throw new RetryableError(`the queue refused ${Failed.length} messages: ${Failed[0]?.Message}`);
    }
  };
}
