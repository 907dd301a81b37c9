import { createExceptions, createMemoryStore } from '@candlelake/core';
import { expect, test } from 'vitest';
import { watchListing } from '../../../packages/core/src/stream/watchListing.ts';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { createManualClock } from '../../support/manualClock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('the list is read every hour at the latest, also after the wall clock was set back by a day', async () => {
  const truth = createManualClock(Date.UTC(2026, 10, 22, 12));
  let wallErrorMs = DAY;
  const clock = { ...truth, now: () => truth.now() + wallErrorMs };
  const exceptions = createExceptions();
  exceptions.set('BTC-USDT', 'delisted', 'the exchange does not list it');
  let reads = 0;
  const history = {
    market: 'swap',
    async contracts() {
      reads += 1;
      return [];
    },
  } as unknown as Parameters<typeof watchListing>[0]['history'];
  const stop = new AbortController();
  const watching = watchListing(
    {
      ...{
        clock,
        history,
        candles: createMemoryStore({ now: clock.now }),
        exchangeClock: exchangeClockOf(truth),
      },
      ...{ random: () => 0.999, report() {}, yieldToHost: async () => {} },
    },
    { symbols: ['BTC-USDT'], interval: '3m', exceptions, onListing() {} },
    stop.signal,
  );
  watching.catch(() => {});
  await truth.advance(3 * HOUR);
  wallErrorMs = 0;
  reads = 0;
  await truth.advance(3 * HOUR);
  expect(reads).toBeGreaterThanOrEqual(2);
  stop.abort();
  await expect(watching).rejects.toThrow();
});
