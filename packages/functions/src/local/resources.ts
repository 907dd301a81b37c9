import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import { CreateTopicCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { statusOf } from '../adapters/awsErrors.ts';
import { createDynamoClient, createS3Client, createSnsClient, createSqsClient } from '../adapters/clients.ts';
import { BACKFILL_QUEUE, TABLE_KEYS, VARIABLES, type VariableName } from '../names.ts';

/** The value of each variable that names a resource. */
export type Resources = Readonly<
  Record<Exclude<VariableName, 'HEALTH_URL' | `POWERTOOLS_${string}`>, string>
>;

/** Makes what a deployment would make, with the names of `prefix`; what is there already is used as it is. */
export async function createResources(prefix: string): Promise<Resources> {
  await createTable(prefix);
  await createBucket(prefix);
  const { TopicArn } = await createSnsClient().send(new CreateTopicCommand({ Name: `${prefix}-crossovers` }));
  return {
    [VARIABLES.table]: prefix,
    [VARIABLES.bucket]: prefix,
    [VARIABLES.backfillQueue]: await createQueue(prefix),
    [VARIABLES.crossoverTopic]: TopicArn!,
  };
}

async function createTable(name: string): Promise<void> {
  const client = createDynamoClient();
  try {
    await client.send(new DescribeTableCommand({ TableName: name }));
    return;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  const { partition, sort } = TABLE_KEYS;
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [partition, sort].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: sort, KeyType: 'RANGE' },
      ],
    }),
  );
}

async function createBucket(name: string): Promise<void> {
  const client = createS3Client();
  try {
    await client.send(new HeadBucketCommand({ Bucket: name }));
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    await client.send(new CreateBucketCommand({ Bucket: name }));
  }
}

/** With a queue for what failed too often, as deployed. Returns its address. */
async function createQueue(prefix: string): Promise<string> {
  const client = createSqsClient();
  const create = async (name: string, attributes: Readonly<Record<string, string>> = {}) => {
    const Attributes = { FifoQueue: 'true', ...attributes };
    return (await client.send(new CreateQueueCommand({ QueueName: `${prefix}-${name}.fifo`, Attributes })))
      .QueueUrl!;
  };
  const QueueUrl = await create('dead-backfills');
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const redrive = { deadLetterTargetArn: Attributes!.QueueArn, maxReceiveCount: BACKFILL_QUEUE.maxReceives };
  return create('backfills', {
    VisibilityTimeout: String(BACKFILL_QUEUE.visibilityTimeoutSeconds),
    RedrivePolicy: JSON.stringify(redrive),
  });
}
