import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { createSqsClient } from '@candlelake/functions/clients';
import { BACKFILL_QUEUE } from '@candlelake/functions/names';
import type { SQSBatchResponse } from 'aws-lambda';
import type { InvokeFunction } from './schedule.ts';

/**
 * Invokes a function with the messages of a queue, in order, and deletes them, except those that it reports
 * as failed.
 */
export async function runQueue(queueUrl: string, invoke: InvokeFunction, signal: AbortSignal): Promise<void> {
  const client = createSqsClient();
  while (!signal.aborted) {
    const receive = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: BACKFILL_QUEUE.batchSize,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      WaitTimeSeconds: 1,
    });
    const { Messages = [] } = await client.send(receive, { abortSignal: signal }).catch(ignoreAbort(signal));
    if (Messages.length === 0) continue;
    const answer = (await invoke({ Records: Messages.map(recordOf) })) as Partial<SQSBatchResponse> | null;
    if (answer === null) continue;
    const failed = new Set(answer.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier));
    for (const { MessageId, ReceiptHandle } of Messages) {
      if (!failed.has(MessageId!))
        await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }
}

/** The fields of Lambda's SQS record that the worker reads. */
function recordOf({ MessageId, ReceiptHandle, Body, Attributes }: Message) {
  const record = { messageId: MessageId, receiptHandle: ReceiptHandle, body: Body };
  return { ...record, attributes: Attributes, eventSource: 'aws:sqs' };
}

function ignoreAbort(signal: AbortSignal) {
  return (error: unknown): { readonly Messages?: Message[] } => {
    if (!signal.aborted) throw error;
    return {};
  };
}
