import { expect, test } from 'vitest';
import { coarseCandles, createTestLake, DAY, DAY_ONE, deriveOnce, series } from '../../support/lake.ts';

const { signal } = new AbortController();

async function markedLake() {
  const lake = await createTestLake();
  await lake.store.advanceAsOf(DAY_ONE + DAY);
  await lake.store.merge([{ series: series('AAA-USDT'), candles: coarseCandles(0, 12) }]);
  return lake;
}

test('the bars of a day are passed on after its objects are written and while it is still marked', async () => {
  const lake = await markedLake();
  const received: unknown[] = [];
  const beforeCommit = async (bars: readonly { timeframeMinutes: number }[]) => {
    const marks = (await lake.store.dirtyDays()).map(({ day }) => day);
    received.push([bars.map((one) => one.timeframeMinutes), marks, (await lake.objects.list()).length]);
  };
  await deriveOnce({ ...lake.ports, beforeCommit }, signal);
  // Two timeframes, candles and coverage: four objects.
  expect(received).toEqual([[[240, 600], [DAY_ONE], 4]]);
  expect(await lake.store.dirtyDays()).toEqual([]);
});

test('a day whose bars could not be passed on stays marked, and its bars come again', async () => {
  const lake = await markedLake();
  let tries = 0;
  const beforeCommit = async () => {
    tries += 1;
    if (tries === 1) throw new Error('no outbox');
  };
  const ports = { ...lake.ports, beforeCommit };
  await expect(deriveOnce(ports, signal)).rejects.toThrow('no outbox');
  expect((await lake.store.dirtyDays()).map(({ day }) => day)).toEqual([DAY_ONE]);
  await deriveOnce(ports, signal);
  expect(tries).toBe(2);
});
