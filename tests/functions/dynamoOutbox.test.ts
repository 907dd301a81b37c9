import { type Crossover, RetryableError } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { createDynamoOutbox } from '../../packages/functions/src/adapters/dynamo/outbox.ts';
import { createStatusItems } from '../../packages/functions/src/adapters/dynamo/statusItems.ts';
import { TABLE_EXPIRY } from '../../packages/functions/src/names.ts';
import { interruptedTable, Killed } from './interruptedTable.ts';
import { HOUR, TODAY } from './jobFixture.ts';
import { createMemoryTable } from './memoryTable.ts';

const NOW = TODAY + 12 * HOUR;

function crossover(symbol: string, closeTime: number): Crossover {
  const bar = { timeframe: '21m', kind: 'GOLDEN_CROSS', openTime: String(closeTime), closeTime };
  return {
    id: `${symbol}#${closeTime}`,
    symbol,
    ...bar,
    close: 1,
    maShort: 2,
    maLong: 3,
    status: 'complete',
  };
}

const FOUND = [crossover('B', TODAY + HOUR), crossover('A', TODAY + 2 * HOUR), crossover('A', TODAY - HOUR)];

async function sentBy(outbox: ReturnType<typeof createDynamoOutbox>): Promise<readonly string[]> {
  const sent: string[] = [];
  await outbox.drain(async ({ id }) => void sent.push(id));
  return sent;
}

describe('the outbox', () => {
  test('sends each crossover once, oldest first, however often it is found', async () => {
    const outbox = createDynamoOutbox(createMemoryTable(), () => NOW);
    await outbox.add(FOUND);
    await outbox.add(FOUND.slice(1));
    expect(await sentBy(outbox)).toEqual([FOUND[2]!.id, FOUND[0]!.id, FOUND[1]!.id]);
    await outbox.add(FOUND);
    expect(await sentBy(outbox)).toEqual([]);
  });

  test('keeps the crossover that could not be sent, and those after it', async () => {
    const outbox = createDynamoOutbox(createMemoryTable(), () => NOW);
    await outbox.add(FOUND);
    const sent: string[] = [];
    const send = async ({ id }: Crossover) => {
      if (sent.length === 1) throw new RetryableError('no topic');
      sent.push(id);
    };
    await expect(outbox.drain(send)).rejects.toThrow('no topic');
    expect(await sentBy(outbox)).toEqual([FOUND[0]!.id, FOUND[1]!.id]);
  });

  test('loses none when killed at any call, and sends only the one being sent twice', async () => {
    for (let at = 0; ; at++) {
      const table = createMemoryTable();
      const action = () => {
        throw new Killed();
      };
      const broken = interruptedTable(table, { at, after: true, action });
      const sent: string[] = [];
      const use = async (outbox: ReturnType<typeof createDynamoOutbox>) => {
        await outbox.add(FOUND);
        await outbox.drain(async ({ id }) => void sent.push(id));
      };
      const isKilled = await use(createDynamoOutbox(broken.table, () => NOW)).then(
        () => false,
        () => true,
      );
      await use(createDynamoOutbox(table, () => NOW));
      expect(new Set(sent), `call ${at}`).toEqual(new Set(FOUND.map(({ id }) => id)));
      expect(sent.length, `call ${at}`).toBeLessThanOrEqual(FOUND.length + 1);
      if (!isKilled) break;
    }
  });

  test('adds a crossover once when two builders find it at the same time', async () => {
    const table = createMemoryTable();
    const builders = [0, 1].map(() => createDynamoOutbox(table, () => NOW));
    await Promise.all(builders.map((outbox) => outbox.add(FOUND)));
    expect(await sentBy(builders[0]!)).toHaveLength(FOUND.length);
  });

  test('lets the table expire an id a week later', async () => {
    const table = createMemoryTable();
    await createDynamoOutbox(table, () => NOW).add(FOUND.slice(0, 1));
    const [item] = await table.query('notice#2026-11-22');
    expect(item![TABLE_EXPIRY]).toBe((NOW + 7 * 24 * HOUR) / 1000);
  });
});

test('a status comes back as it was written', async () => {
  const items = createStatusItems(createMemoryTable());
  expect(await items.readStream()).toBeNull();
  expect(await items.readLake()).toBeNull();
  const lake = { dirtyDays: 1, oldestDirtySince: 2, lastDerivedAt: null, lastAsOf: 3, lastError: 'é' };
  await items.writeLake(lake);
  expect(await items.readLake()).toEqual(lake);
  expect(await items.readStream()).toBeNull();
});
