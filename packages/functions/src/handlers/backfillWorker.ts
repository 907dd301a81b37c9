import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { workBackfill } from '../jobs/workBackfill.ts';
import { createHandler, deadline } from '../observe.ts';
import { createAdopt, wireJob } from '../wire.ts';

const RESERVE_MS = 15_000;

const job = wireJob();
const adopt = createAdopt(job);

/** Fills the ranges of a batch in order. The first that fails and all after it are delivered again. */
export const handler = createHandler(async (event: SQSEvent, context): Promise<SQSBatchResponse> => {
  await adopt();
  const messages = event.Records.map(({ messageId, body }) => ({ id: messageId, body }));
  const failed = await workBackfill(job, messages, deadline(context, RESERVE_MS));
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
});
