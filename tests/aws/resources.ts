import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { createDynamoClient, createS3Client } from '../../packages/functions/src/adapters/clients.ts';
import { TABLE_KEYS } from '../../packages/functions/src/names.ts';

export const dynamo = createDynamoClient();
export const s3 = createS3Client();

/** Makes an empty table with the keys that `infra/` gives it; returns its name. */
export async function createTable(): Promise<string> {
  const { partition, sort } = TABLE_KEYS;
  const TableName = `candlelake-${randomUUID()}`;
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [partition, sort].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: sort, KeyType: 'RANGE' },
      ],
    }),
  );
  return TableName;
}

export async function deleteTable(TableName: string): Promise<void> {
  await dynamo.send(new DeleteTableCommand({ TableName }));
}

/** Makes an empty bucket; returns its name. */
export async function createBucket(): Promise<string> {
  const Bucket = `candlelake-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}
