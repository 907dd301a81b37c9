import { RetryableError } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { createDynamoMarks } from '../../packages/functions/src/adapters/dynamo/marks.ts';
import { createMemoryTable } from './memoryTable.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const FRIDAY = Date.UTC(2026, 10, 20);

function openMarks(holdMs = 0, table = createMemoryTable()) {
  let realNow = 0;
  const marks = createDynamoMarks(table, { realNow: () => realNow, holdMs });
  return {
    marks,
    wait: (ms: number) => {
      realNow += ms;
    },
    days: async () => (await marks.dirtyDays()).map(({ day }) => day),
  };
}

test('a mark is not cleared while it has a writer, and has a new generation afterwards', async () => {
  const { marks } = openMarks();
  await marks.around([FRIDAY], async () => {
    const [mark] = await marks.dirtyDays();
    expect(await marks.clear(mark!)).toBe(false);
    expect(await marks.isCurrent(mark!)).toBe(false);
  });
  const [mark] = await marks.dirtyDays();
  expect(await marks.isCurrent(mark!)).toBe(true);
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

test('a writer may write for four minutes, and its entry expires after five', async () => {
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
  const [renewed] = await marks.dirtyDays();
  expect(renewed!.generation).toBeGreaterThan(first!.generation);
  expect(await marks.clear(renewed!)).toBe(true);
  stuck.resolve();
});

test('the mark of one day comes without the writers that have expired', async () => {
  const { marks, wait } = openMarks();
  void marks.around([FRIDAY], () => new Promise(() => {}));
  await expect.poll(() => marks.markOf(FRIDAY)).not.toBeNull();
  const writing = await marks.markOf(FRIDAY);
  expect(await marks.clear(writing!)).toBe(false);
  wait(5 * MINUTE);
  const expired = await marks.markOf(FRIDAY);
  expect(expired!.generation).toBeGreaterThan(writing!.generation);
  expect(await marks.clear(expired!)).toBe(true);
  expect(await marks.markOf(FRIDAY)).toBeNull();
});

test('the marked days of a range do not include its end', async () => {
  const { marks } = openMarks();
  await marks.around([FRIDAY, FRIDAY + DAY, FRIDAY + 2 * DAY], async () => {});
  expect(await marks.markedBetween(FRIDAY, FRIDAY + 2 * DAY)).toEqual(new Set([FRIDAY, FRIDAY + DAY]));
  expect(await marks.markedBetween(FRIDAY, FRIDAY)).toEqual(new Set());
});

describe('an entry that is held for the next write', () => {
  const HOLD = MINUTE;

  test('serves the writes of a minute with two updates, and keeps the mark from being cleared', async () => {
    const table = createMemoryTable();
    const { marks, wait } = openMarks(HOLD, table);
    const generation = async () => (await table.query('mark'))[0]?.generation;
    for (let write = 0; write < 5; write++) {
      await marks.around([FRIDAY], async () => {});
      wait(10_000);
    }
    expect(await generation()).toBe(1);
    const [mark] = await marks.dirtyDays();
    expect(await marks.clear(mark!)).toBe(false);
    wait(HOLD);
    // The next write, of any day, removes the idle entry.
    await marks.around([FRIDAY + DAY], async () => {});
    expect(await generation()).toBe(2);
    expect(await marks.clear((await marks.dirtyDays())[0]!)).toBe(true);
  });

  test('stays until the last write that uses it has ended', async () => {
    const { marks, wait } = openMarks(HOLD);
    const slow = Promise.withResolvers<void>();
    const writing = marks.around([FRIDAY], () => slow.promise);
    await expect.poll(() => marks.dirtyDays()).toHaveLength(1);
    wait(2 * HOLD);
    await marks.around([FRIDAY], async () => {});
    expect(await marks.clear((await marks.dirtyDays())[0]!)).toBe(false);
    slow.resolve();
    await writing;
    wait(2 * HOLD);
    await marks.around([FRIDAY + DAY], async () => {});
    expect(await marks.clear((await marks.dirtyDays())[0]!)).toBe(true);
  });

  test('expires at its deadline when its process writes no more', async () => {
    const { marks, wait } = openMarks(HOLD);
    await marks.around([FRIDAY], async () => {});
    wait(5 * MINUTE - 1);
    expect(await marks.clear((await marks.dirtyDays())[0]!)).toBe(false);
    wait(1);
    expect(await marks.clear((await marks.dirtyDays())[0]!)).toBe(true);
  });

  test('is not held when it could not be added', async () => {
    const table = createMemoryTable();
    let isDown = true;
    const update: typeof table.update = async (...args) => {
      if (isDown) throw new RetryableError('throttled');
      return table.update(...args);
    };
    const { marks } = openMarks(HOLD, { ...table, update });
    await expect(marks.around([FRIDAY], async () => {})).rejects.toThrow('throttled');
    isDown = false;
    await marks.around([FRIDAY], async () => {});
    expect(await marks.dirtyDays()).toHaveLength(1);
  });
});
