import { RetryableError } from '@candlelake/core';
import { expect, test } from 'vitest';
import { createDynamoMarks } from '../../packages/functions/src/adapters/dynamoMarks.ts';
import { createMemoryTable } from './memoryTable.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const FRIDAY = Date.UTC(2026, 10, 20);

function openMarks() {
  let realNow = 0;
  const marks = createDynamoMarks(createMemoryTable(), () => realNow);
  return {
    marks,
    wait: (ms: number) => {
      realNow += ms;
    },
    days: async () => (await marks.dirtyDays()).map(({ day }) => day),
  };
}

test('a mark is not cleared while somebody writes, and is of another generation afterwards', async () => {
  const { marks } = openMarks();
  await marks.around([FRIDAY], async () => {
    const [mark] = await marks.dirtyDays();
    expect(await marks.clear(mark!)).toBe(false);
    expect(await marks.isCurrent(mark!)).toBe(true);
  });
  const [mark] = await marks.dirtyDays();
  expect(await marks.clear(mark!)).toBe(true);
  expect(await marks.isCurrent(mark!)).toBe(false);
  expect(await marks.dirtyDays()).toEqual([]);
});

test('a write that fails leaves its days marked', async () => {
  const { marks, days } = openMarks();
  const write = async () => Promise.reject(new Error('throttled'));
  await expect(marks.around([FRIDAY, FRIDAY + DAY], write)).rejects.toThrow('throttled');
  expect(await days()).toEqual([FRIDAY, FRIDAY + DAY]);
});

test('a writer may write for four minutes, and is given up for dead after five', async () => {
  const { marks, wait } = openMarks();
  const stuck = Promise.withResolvers<void>();
  let ask = () => {};
  void marks.around([FRIDAY], async (mayWrite) => {
    ask = mayWrite;
    await stuck.promise;
  });
  await expect.poll(() => marks.dirtyDays()).toHaveLength(1);
  const [first] = await marks.dirtyDays();
  wait(4 * MINUTE);
  ask();
  wait(1);
  expect(ask).toThrow(RetryableError);
  wait(MINUTE - 2);
  expect(await marks.clear((await marks.dirtyDays())[0]!)).toBe(false);
  wait(1);
  const [buried] = await marks.dirtyDays();
  expect(buried!.generation).toBeGreaterThan(first!.generation);
  expect(await marks.clear(buried!)).toBe(true);
  stuck.resolve();
});

test('marked days of a range are told without its end', async () => {
  const { marks } = openMarks();
  await marks.around([FRIDAY, FRIDAY + DAY, FRIDAY + 2 * DAY], async () => {});
  expect(await marks.markedBetween(FRIDAY, FRIDAY + 2 * DAY)).toEqual(new Set([FRIDAY, FRIDAY + DAY]));
  expect(await marks.markedBetween(FRIDAY, FRIDAY)).toEqual(new Set());
});
