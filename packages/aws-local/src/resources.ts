import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, HeadBucketCommand, NotFound } from '@aws-sdk/client-s3';
import { CreateTopicCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import {
  createDynamoClient,
  createS3Client,
  createSnsClient,
  createSqsClient,
} from '@candlelake/functions/clients';
import { BACKFILL_QUEUE, TABLE_KEYS, VARIABLES, type VariableName } from '@candlelake/functions/names';

/** The value of each variable that names a resource. */
export type Resources = Readonly<Record<Exclude<VariableName, `POWERTOOLS_${string}`>, string>>;

/** Creates the resources of a deployment, named after `prefix`. Existing ones are used as they are. */
export async function createResources(prefix: string): Promise<Resources> {
  await createTable(prefix);
  await createBucket(prefix);
  const { TopicArn } = await createSnsClient().send(new CreateTopicCommand({ Name: `${prefix}-crossovers` }));
  return {
    [VARIABLES.table]: prefix,
    [VARIABLES.bucket]: prefix,
    [VARIABLES.backfillQueue]: await createBackfillQueue(prefix),
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
    if (!(error instanceof NotFound)) throw error;
    await client.send(new CreateBucketCommand({ Bucket: name }));
  }
}

/** Creates the queue of backfills and its dead-letter queue. Returns the queue's URL. */
async function createBackfillQueue(prefix: string): Promise<string> {
  const client = createSqsClient();
  const create = async (name: string, attributes: Readonly<Record<string, string>> = {}) => {
    const Attributes = { FifoQueue: 'true', ...attributes };
    const command = new CreateQueueCommand({ QueueName: `${prefix}-${name}.fifo`, Attributes });
    return (await client.send(command)).QueueUrl!;
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
