import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { createSnsClient, createSqsClient } from '../../packages/functions/src/adapters/clients.ts';
import { createDynamoOutbox } from '../../packages/functions/src/adapters/dynamo/outbox.ts';
import { createStatusItems } from '../../packages/functions/src/adapters/dynamo/statusItems.ts';
import { createDynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';
import { createSnsNotifier } from '../../packages/functions/src/adapters/snsNotifier.ts';
import { createSqsBackfillQueue } from '../../packages/functions/src/adapters/sqsBackfillQueue.ts';
import type { BackfillRange } from '../../packages/functions/src/jobs/backfillRange.ts';
import { createTable, deleteTable, dynamo } from './resources.ts';

const sns = createSnsClient();
const sqs = createSqsClient();

async function createQueue(name: string, fifo: boolean): Promise<string> {
  const Attributes = fifo ? { FifoQueue: 'true' } : {};
  const QueueName = `${name}-${process.pid}${fifo ? '.fifo' : ''}`;
  return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl!;
}

async function receive(QueueUrl: string): Promise<readonly string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return bodies;
    bodies.push(...Messages.map(({ Body }) => Body!));
  }
}

test('ranges go into the FIFO queue in order, and the same range twice within five minutes once', async () => {
  const url = await createQueue('backfills', true);
  const ranges = Array.from(
    { length: 23 },
    (_, index): BackfillRange => ({
      symbol: 'BTC-USDT',
      interval: '3m',
      from: index * 1000,
      to: index * 1000 + 500,
    }),
  );
  const queue = createSqsBackfillQueue(sqs, url);
  expect(await queue.isEmpty()).toBe(true);
  await queue.send(ranges);
  await queue.send(ranges.slice(3, 5));
  await queue.send([]);
  expect(await queue.isEmpty()).toBe(false);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  expect(Attributes!.ApproximateNumberOfMessages).toBe('23');
  const [first] = await receive(url);
  expect(JSON.parse(first!)).toEqual(ranges[0]);
});

test('a crossover is published with the attributes that a filter policy goes by', async () => {
  const url = await createQueue('golden', false);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `crossovers-${process.pid}` }));
  const FilterPolicy = JSON.stringify({ kind: ['GOLDEN_CROSS'], symbol: ['BTC-USDT'], timeframe: ['21m'] });
  await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: Attributes!.QueueArn,
      Attributes: { FilterPolicy, RawMessageDelivery: 'true' },
    }),
  );
  const notify = createSnsNotifier(sns, TopicArn!);
  const golden = {
    id: 'BTC-USDT#21m#2026-11-22T12:00Z#GOLDEN_CROSS',
    symbol: 'BTC-USDT',
    timeframe: '21m',
    kind: 'GOLDEN_CROSS',
    openTime: '2026-11-22T12:00Z',
    closeTime: Date.UTC(2026, 10, 22, 12, 21),
    close: 1,
    maShort: 2,
    maLong: 1.5,
    status: 'complete',
  };
  await notify(golden);
  await notify({ ...golden, kind: 'DEATH_CROSS' });
  await notify({ ...golden, timeframe: '60m' });
  expect((await receive(url)).map((body) => JSON.parse(body))).toEqual([golden]);
});

test('outbox and status work on the real client: a transaction that loses is no error', async () => {
  const name = await createTable();
  try {
    const table = createDynamoTable(dynamo, name);
    const found = [{ id: 'x', closeTime: 1 }] as never[];
    const builders = [0, 1].map(() => createDynamoOutbox(table, Date.now));
    await Promise.all(builders.map((outbox) => outbox.add(found)));
    const sent: unknown[] = [];
    await builders[1]!.drain(async (crossover) => void sent.push(crossover));
    await builders[0]!.drain(async (crossover) => void sent.push(crossover));
    expect(sent).toEqual(found);
    const items = createStatusItems(table);
    await items.writeLake({
      dirtyDays: 1,
      oldestDirtySince: null,
      lastDerivedAt: 2,
      lastAsOf: 3,
      lastError: null,
    });
    expect(await items.readLake()).toMatchObject({ lastAsOf: 3 });
  } finally {
    await deleteTable(name);
  }
});
