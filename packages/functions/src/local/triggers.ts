import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { type Clock, HOUR_MS, MINUTE_MS } from '@candlelake/core';
import type { SQSBatchResponse } from 'aws-lambda';
import { createSqsClient } from '../adapters/clients.ts';
import { BACKFILL_QUEUE } from '../names.ts';

export type Invoke = (event: unknown) => Promise<unknown>;

const RATE = /^rate\((\d+) (minute|hour)s?\)$/;

/** The period of a schedule such as `rate(5 minutes)`, in ms. */
export function periodOf(schedule: string): number {
  const [, count, unit] = RATE.exec(schedule) ?? [];
  if (count === undefined) throw new Error(`schedule "${schedule}": expected a rate in minutes or hours`);
  return Number(count) * (unit === 'hour' ? HOUR_MS : MINUTE_MS);
}

/** Invokes at once and then at every tick of the clock, until the signal aborts. A tick that finds the last one under way is skipped. */
export async function runSchedule(
  { clock, periodMs, invoke }: { readonly clock: Clock; readonly periodMs: number; readonly invoke: Invoke },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const startedAt = clock.now();
    await invoke({});
    const elapsed = clock.now() - startedAt;
    const waitMs = periodMs - (elapsed % periodMs);
    await clock.sleep(waitMs, signal).catch(() => {});
  }
}

/** Hands the messages of the queue to the worker, in order, and removes those that it did not report as failed. */
export async function runQueue(queueUrl: string, invoke: Invoke, signal: AbortSignal): Promise<void> {
  const client = createSqsClient();
  while (!signal.aborted) {
    const receive = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: BACKFILL_QUEUE.batchSize,
      WaitTimeSeconds: 1,
    });
    const { Messages = [] } = await client.send(receive, { abortSignal: signal }).catch(ignoreAbort(signal));
    if (Messages.length === 0) continue;
    const answer = (await invoke({ Records: Messages.map(recordOf) })) as SQSBatchResponse | null;
    const failed = new Set(answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const { MessageId, ReceiptHandle } of answer ? Messages : []) {
      if (!failed.has(MessageId!))
        await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }
}

/** The part of Lambda's event that says what a message is. */
function recordOf({ MessageId, ReceiptHandle, Body }: Message) {
  return { messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, eventSource: 'aws:sqs' };
}

function ignoreAbort(signal: AbortSignal) {
  return (error: unknown): { readonly Messages?: Message[] } => {
    if (!signal.aborted) throw error;
    return {};
  };
}
