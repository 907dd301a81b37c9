import type { ReportedEvent } from '@candlelake/core';
import { expect, test } from 'vitest';
import { requestDerivations } from '../../packages/functions/src/stream/requestDerivations.ts';
import { createManualClock } from '../support/manualClock.ts';
import { MINUTE, TODAY } from './jobFixture.ts';

const SECOND = 1000;

/** When derivations were requested, in minutes of the day, while the clock went on. */
async function requestsOf(timeframes: readonly number[], from: number, minutes: number, failures = 0) {
  const clock = createManualClock(TODAY + from * MINUTE);
  const requests: number[] = [];
  const events: ReportedEvent[] = [];
  const stopping = new AbortController();
  const requestDerivation = async () => {
    requests.push((clock.now() - TODAY) / MINUTE);
    if (requests.length <= failures) throw new Error('throttled');
  };
  const report = (event: ReportedEvent) => void events.push(event);
  const ports = { clock, exchangeClock: clock, requestDerivation, report };
  const running = requestDerivations(ports, timeframes, stopping.signal);
  for (let second = 0; second < minutes * 60; second += 5) await clock.advance(5 * SECOND);
  stopping.abort();
  await running;
  return { requests, events };
}

test('a derivation is requested 15 seconds after each bar of each timeframe, once for two that close together', async () => {
  const { requests } = await requestsOf([21, 60], 1, 130);
  // 21, 42, 60, 63, 84, 105, 120 and 126 minutes.
  expect(requests).toEqual([21, 42, 60, 63, 84, 105, 120, 126].map((minute) => minute + 0.25));
  expect((await requestsOf([60, 30], 1, 65)).requests).toEqual([30.25, 60.25]);
});

test('the last bar of the day closes with the day', async () => {
  const { requests } = await requestsOf([21], 23 * 60 + 50, 45);
  // The 69th bar of 21 minutes is 12 minutes long and ends at midnight.
  expect(requests).toEqual([24 * 60, 24 * 60 + 21].map((minute) => minute + 0.25));
});

test('a request that fails is reported, and the next bar is requested as usual', async () => {
  const { requests, events } = await requestsOf([21], 1, 45, 1);
  expect(requests).toHaveLength(2);
  expect(events.map(({ kind }) => kind)).toEqual(['derivation-not-requested']);
});
