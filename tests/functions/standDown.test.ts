import { createMemoryStore, RequestBudget, RetryableError } from '@candlelake/core';
import { expect, test } from 'vitest';
import { LONGEST_WAIT_MS, standDown } from '../../packages/functions/src/jobs/standDown.ts';
import { createManualClock } from '../support/manualClock.ts';
import { pause, reserve } from '../support/pace.ts';

const LIMITS = [{ windowMs: 60_000, requests: 2 }];
const ports = () => {
  const clock = createManualClock(1_000_000);
  const pace = createMemoryStore({ now: clock.now });
  return { clock, pace, report: () => {} };
};

test('after a limit no function asks for five minutes, or for as long as a ban lasts', async () => {
  for (const [retryAfterMs, expected] of [
    [1_000, 300_000],
    [600_000, 600_000],
  ] as const) {
    const { clock, pace, report } = ports();
    await standDown({ exchangeClock: clock, pace, report }, new RetryableError('HTTP 429', { retryAfterMs }));
    expect(await reserve(pace, clock.now(), LIMITS)).toBe(expected);
  }
});

test('a failure that is no limit does not pause requests', async () => {
  for (const error of [new RetryableError('no answer'), new Error('a fault of ours')]) {
    const { clock, pace, report } = ports();
    await standDown({ exchangeClock: clock, pace, report }, error);
    expect(await reserve(pace, clock.now(), LIMITS)).toBe(0);
  }
});

test('a function does not sit through a pause, and what it meets is no reason for another pause', async () => {
  const { clock, pace, report } = ports();
  const budget = new RequestBudget({
    ...{ clock, pace, report, exchangeClock: clock, random: () => 0 },
    ...{ limits: LIMITS, longestWaitMs: LONGEST_WAIT_MS },
  });
  const take = () => budget.take({ priority: 'live', route: '/candles' }, new AbortController().signal);
  await pause(pace, clock.now(), clock.now() + 300_000);
  const error = await take().catch((caught) => caught);
  expect(error).toBeInstanceOf(RetryableError);
  expect(error).toMatchObject({ retryAfterMs: 300_000 });
  await clock.advance(299_000);
  await standDown({ exchangeClock: clock, pace, report }, error);
  expect(await reserve(pace, clock.now(), LIMITS)).toBe(1_000);
  const taken = take();
  await clock.advance(1_000);
  await taken;
});
