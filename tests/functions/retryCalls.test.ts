import { ConfigError, type ReportedEvent, RetryableError } from '@candlelake/core';
import { expect, test } from 'vitest';
import { retryCalls } from '../../packages/functions/src/adapters/retryCalls.ts';
import { createManualClock } from '../support/manualClock.ts';

function flaky(failures: number, error: Error) {
  let calls = 0;
  const clock = createManualClock(0);
  const events: ReportedEvent[] = [];
  const port = {
    async read(value: number) {
      calls += 1;
      if (calls <= failures) throw error;
      return value * 2;
    },
  };
  const options = { clock, random: () => 0.5, report: (event: ReportedEvent) => events.push(event) };
  return { port: retryCalls(port, options), clock, events, calls: () => calls };
}

test('a throttled call is repeated until it works, and reported once', async () => {
  const { port, clock, events, calls } = flaky(7, new RetryableError('throttled'));
  const answer = port.read(21);
  await clock.advance(120_000);
  expect(await answer).toBe(42);
  expect(calls()).toBe(8);
  expect(events.map(({ kind }) => kind)).toEqual(['store-slow']);
});

test('an error that persists is thrown after eight tries', async () => {
  const { port, clock, calls } = flaky(99, new RetryableError('throttled'));
  const answer = expect(port.read(1)).rejects.toThrow('throttled');
  await clock.advance(300_000);
  await answer;
  expect(calls()).toBe(8);
});

test('an error that is not retryable is thrown at once', async () => {
  const { port, calls } = flaky(1, new ConfigError('wrong'));
  await expect(port.read(1)).rejects.toThrow('wrong');
  expect(calls()).toBe(1);
});
