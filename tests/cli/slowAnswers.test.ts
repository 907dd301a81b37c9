import type { HttpResponse, ReportedEvent } from '@candlelake/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { reportSlowAnswers } from '../../packages/cli/src/adapters/slowAnswers.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Sends requests that are answered after these times, one after another, and returns what was reported. */
async function reportsOf(...answerMs: readonly number[]): Promise<readonly ReportedEvent[]> {
  const events: ReportedEvent[] = [];
  const response: HttpResponse = { status: 200, headers: {}, body: '' };
  const waits = [...answerMs];
  const httpGet = reportSlowAnswers(
    () => new Promise((resolve) => setTimeout(resolve, waits.shift(), response)),
    (event) => events.push(event),
  );
  for (const ms of answerMs) {
    const answer = httpGet('https://example.com/klines?symbol=A', new AbortController().signal);
    await vi.advanceTimersByTimeAsync(ms);
    expect(await answer).toBe(response);
  }
  return events;
}

it('a request without an answer for five seconds is reported with its host', async () => {
  expect(await reportsOf(5_001)).toEqual([
    {
      level: 'info',
      kind: 'slow-answer',
      message: 'no answer from example.com for 5 s; waiting',
      fields: { host: 'example.com' },
    },
  ]);
});

it('a request that is answered in time is not reported', async () => {
  expect(await reportsOf(4_999, 4_999)).toEqual([]);
});

it('slow answers are reported once a minute', async () => {
  expect(await reportsOf(10_000, 10_000, 10_000, 30_000, 10_000)).toHaveLength(2);
});
