import { type DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { RetryableError } from '@candlelake/core';
import { expect, test } from 'vitest';
import { createDynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';

/** A transaction of two writes that DynamoDB cancels for these reasons, one for each write. */
function cancelledWrite(...codes: readonly string[]): Promise<boolean> {
  const send = async () => {
    const CancellationReasons = codes.map((Code) => ({ Code }));
    throw new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons });
  };
  const table = createDynamoTable({ send } as unknown as DynamoDBClient, 'table');
  const put = { key: { partition: 'a', sort: 'b' }, item: {} };
  return table.putTogether([put, put]);
}

// The codes are those of the DynamoDB API reference, "TransactWriteItems".
test.each(['ThrottlingError', 'ProvisionedThroughputExceeded', 'TransactionConflict'])(
  'a transaction that is cancelled with %s is retryable',
  async (code) => {
    await expect(cancelledWrite('None', code)).rejects.toThrow(RetryableError);
  },
);

test('a failed condition is an answer, also beside a conflict', async () => {
  expect(await cancelledWrite('None', 'ConditionalCheckFailed')).toBe(false);
  expect(await cancelledWrite('TransactionConflict', 'ConditionalCheckFailed')).toBe(false);
});

test.each(['ValidationError', 'ItemCollectionSizeLimitExceeded'])(
  'a transaction that is cancelled with %s never works, and is thrown as it is',
  async (code) => {
    await expect(cancelledWrite(code, 'None')).rejects.toThrow(TransactionCanceledException);
  },
);
