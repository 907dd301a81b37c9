import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, HeadBucketCommand, NotFound } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import {
  createDynamoClient,
  createS3Client,
  createSnsClient,
  createSqsClient,
} from '@candlelake/functions/clients';
import { BACKFILL_QUEUE, TABLE_KEYS, VARIABLES, type VariableName } from '@candlelake/functions/names';

/** The value of each variable that names a resource. */
type Resources = Readonly<Record<Exclude<VariableName, `POWERTOOLS_${string}`>, string>>;

export interface CreatedResources {
  readonly variables: Resources;
  /**
   * Gets what is published to the topic of derivations, in place of the deployed subscription of `buildLake`.
   */
  readonly derivationQueueUrl: string;
}

/** Creates the resources of a deployment, named after `prefix`. Existing ones are used as they are. */
export async function createResources(prefix: string): Promise<CreatedResources> {
  await createTable(prefix);
  await createBucket(prefix);
  const derivationTopic = await createTopic(`${prefix}-derivations`);
  return {
    variables: {
      [VARIABLES.table]: prefix,
      [VARIABLES.bucket]: prefix,
      [VARIABLES.backfillQueue]: await createBackfillQueue(prefix),
      [VARIABLES.crossoverTopic]: await createTopic(`${prefix}-crossovers`),
      [VARIABLES.derivationTopic]: derivationTopic,
    },
    derivationQueueUrl: await createSubscribedQueue(`${prefix}-derivations`, derivationTopic),
  };
}

async function createTopic(Name: string): Promise<string> {
  return (await createSnsClient().send(new CreateTopicCommand({ Name }))).TopicArn!;
}

/** Returns the URL of a queue that gets what is published to the topic. */
async function createSubscribedQueue(QueueName: string, TopicArn: string): Promise<string> {
  const { QueueUrl } = await createSqsClient().send(new CreateQueueCommand({ QueueName }));
  const Endpoint = await queueArn(QueueUrl!);
  await createSnsClient().send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
  return QueueUrl!;
}

async function queueArn(QueueUrl: string): Promise<string> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
  return (await createSqsClient().send(command)).Attributes!.QueueArn!;
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
  const deadLetterTargetArn = await queueArn(await create('dead-backfills'));
  const redrive = { deadLetterTargetArn, maxReceiveCount: BACKFILL_QUEUE.maxReceives };
  return create('backfills', {
    VisibilityTimeout: String(BACKFILL_QUEUE.visibilityTimeoutSeconds),
    RedrivePolicy: JSON.stringify(redrive),
  });
}
