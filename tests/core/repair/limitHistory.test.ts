import { limitHistory, RequestsUsedUp, RetryableError } from '@candlelake/core';
import { expect, test } from 'vitest';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const { signal } = new AbortController();
const request = {
  series: swapSeries('BTC-USDT', '3m'),
  from: NOW - 600_000,
  to: NOW,
  priority: 'background',
} as const;

test('counts requests of every kind, and throws in place of the first one too many', async () => {
  const fake = createFakeHistory({ now: () => NOW, valuesAt: plainValues });
  const limited = limitHistory(fake, 4);
  await limited.syncClock(signal);
  await limited.contracts(signal);
  await limited.read(request, signal);
  expect(await limited.read(request, signal)).toEqual(await fake.read(request, signal));
  await expect(limited.read(request, signal)).rejects.toThrow(RequestsUsedUp);
  await expect(limited.syncClock(signal)).rejects.toThrow(RetryableError);
  await expect(limited.contracts(signal)).rejects.toThrow('all 4 requests');
  expect(fake.requests).toHaveLength(3);
});
