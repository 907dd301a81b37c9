import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createSqsClient } from '../adapters/clients.ts';
import { createSqsBackfillQueue } from '../adapters/sqsBackfillQueue.ts';
import { readVariable } from '../environment.ts';
import { workBackfill } from '../jobs/workBackfill.ts';
import { VARIABLES } from '../names.ts';
import { createHandler, deadline } from '../observe.ts';
import { createAdopt, wireJob } from '../wire.ts';

const RESERVE_MS = 15_000;

const job = wireJob();
const queue = createSqsBackfillQueue(createSqsClient(), readVariable(VARIABLES.backfillQueue));
const adopt = createAdopt(job);

/** Fills the ranges of a batch in order. The first that fails and all after it are delivered again. */
export const handler = createHandler(async (event: SQSEvent, context): Promise<SQSBatchResponse> => {
  await adopt();
  const messages = event.Records.map(({ messageId, body, attributes }) => ({
    id: messageId,
    body,
    receives: Number(attributes.ApproximateReceiveCount),
  }));
  const failed = await workBackfill({ ...job, queue }, messages, deadline(context, RESERVE_MS));
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
});
