import { createMemoryStore, DEFAULT_PACE_LIMITS, RequestBudget } from '@candlelake/core';
import { expect, test } from 'vitest';
import { createHosts } from '../../../packages/core/src/bingx/request.ts';
import { Subscriptions } from '../../../packages/core/src/bingx/subscriptions.ts';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { createManualClock } from '../../support/manualClock.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A clock whose wall clock is a day ahead until it is set back. */
function createSteppingClock() {
  const truth = createManualClock(Date.UTC(2026, 10, 22, 12));
  let wallErrorMs = DAY;
  const clock = { ...truth, now: () => truth.now() + wallErrorMs };
  return { truth, clock, setBack: () => (wallErrorMs = 0) };
}

test('the fallback host is left after five minutes', async () => {
  const { truth, clock, setBack } = createSteppingClock();
  const hosts = createHosts('https://main.test', 'https://fallback.test', clock);
  hosts.failed('https://main.test');
  setBack();
  expect(hosts.current()).toBe('https://fallback.test');
  await truth.advance(5 * MINUTE);
  expect(hosts.current()).toBe('https://main.test');
});

test('a refused topic is requested again within a minute', async () => {
  const { truth, clock, setBack } = createSteppingClock();
  const sent: string[] = [];
  const subscriptions = new Subscriptions({
    ...{ connection: 1, market: 'swap', symbols: ['BTC-USDT'], interval: '3m', clock },
    ...{ random: () => 0.5, rejected: new Map(), report() {}, emit() {} },
    send: (text) => void sent.push(text),
  });
  const stop = new AbortController();
  const running = subscriptions.run(stop.signal);
  running.catch(() => {});
  await truth.settle();
  subscriptions.answered({ kind: 'answer', id: '1-0-1', symbol: null, code: 80015, message: 'no' });
  setBack();
  // Half of the way from 30 s to a minute, and less than the ten seconds after which a lost answer is noticed.
  await truth.advance(50_000);
  expect(sent).toHaveLength(2);
  stop.abort();
  await expect(running).rejects.toThrow();
});

test('the pace that a limit lowered recovers', async () => {
  const { truth, clock, setBack } = createSteppingClock();
  const budget = new RequestBudget({
    ...{ pace: createMemoryStore({ now: truth.now }), clock, exchangeClock: exchangeClockOf(truth) },
    ...{ random: () => 0, limits: DEFAULT_PACE_LIMITS, report() {} },
  });
  await budget.slowDown(1_000, 'code 100410');
  setBack();
  // Half a request a second is regained in four minutes at an eighth of one in each.
  await truth.advance(5 * MINUTE);
  const stop = new AbortController();
  let starts = 0;
  for (let request = 0; request < 200; request += 1)
    budget.take({ priority: 'live', route: '/candles' }, stop.signal).then(
      () => (starts += 1),
      () => {},
    );
  await truth.advance(MINUTE);
  // The default pace allows fifty in a minute.
  expect(starts).toBeGreaterThan(45);
  stop.abort();
});
