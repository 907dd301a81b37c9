import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { type CrossoverNotice, sendNotices } from '@candlelake/core';
import { expect, test } from 'vitest';
import { createSnsClient, createSqsClient } from '../../packages/functions/src/adapters/clients.ts';
import { createStatusItems } from '../../packages/functions/src/adapters/dynamo/statusItems.ts';
import { createDynamoStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import { createDynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';
import { createSnsNotifier } from '../../packages/functions/src/adapters/snsNotifier.ts';
import { createSqsBackfillQueue } from '../../packages/functions/src/adapters/sqsBackfillQueue.ts';
import type { BackfillRange } from '../../packages/functions/src/jobs/backfillRange.ts';
import { lakeSettings } from '../support/lakeSettings.ts';
import { createTable, deleteTable, dynamo } from './resources.ts';

const sns = createSnsClient();
const sqs = createSqsClient();

const GOLDEN: CrossoverNotice = {
  id: 'swap#BTC-USDT#21m#2026-11-22T12:00Z#GOLDEN_CROSS',
  market: 'swap',
  symbol: 'BTC-USDT',
  timeframe: '21m',
  kind: 'GOLDEN_CROSS',
  openTime: '2026-11-22T12:00Z',
  closeTime: Date.UTC(2026, 10, 22, 12, 21),
  close: 1,
  maShort: 2,
  maLong: 1.5,
  status: 'complete',
  state: 'crossed',
  sequence: 1,
};

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
      market: 'swap',
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

test('a notice is published with the attributes that a filter policy goes by', async () => {
  const url = await createQueue('golden', false);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `crossovers-${process.pid}` }));
  const FilterPolicy = JSON.stringify({
    state: ['crossed'],
    kind: ['GOLDEN_CROSS'],
    symbol: ['BTC-USDT'],
    timeframe: ['21m'],
  });
  await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: Attributes!.QueueArn,
      Attributes: { FilterPolicy, RawMessageDelivery: 'true' },
    }),
  );
  const notify = createSnsNotifier(sns, TopicArn!);
  await notify(GOLDEN);
  await notify({ ...GOLDEN, kind: 'DEATH_CROSS' });
  await notify({ ...GOLDEN, timeframe: '60m' });
  await notify({ ...GOLDEN, state: 'retracted', sequence: 2 });
  expect((await receive(url)).map((body) => JSON.parse(body))).toEqual([GOLDEN]);
});

test('notices and status work on the real client: a transaction that loses is no error', async () => {
  const name = await createTable();
  try {
    const table = createDynamoTable(dynamo, name);
    const open = () => createDynamoStore(table, { now: Date.now });
    const day = Date.UTC(2026, 10, 22);
    await open().writeSettings(lakeSettings());
    for (const asOf of [day, day + 86_400_000]) await open().advanceAsOf(asOf);
    await open().markDays(new Set([day]));
    const mark = (await open().readMark(day))!;
    const { state, sequence, ...crossover } = GOLDEN;
    const parts = { checkpoints: [], coverage: [], objects: [] };
    const commit = { ...mark, ...parts, crossovers: [{ crossover, isLive: true }] };
    await Promise.all([0, 1].map(() => open().commitDay(commit)));
    const sent: unknown[] = [];
    const drain = async () =>
      sendNotices(await open().openOutbox('topic'), async (notice) => void sent.push(notice));
    await drain();
    await drain();
    expect(sent).toEqual([{ ...crossover, state, sequence }]);
    // A derivation of an older mark writes no notice.
    await open().markDays(new Set([day]));
    await open().commitDay({ ...commit, crossovers: [] });
    expect(await drain()).toBe(0);
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
