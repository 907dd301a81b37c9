import { expect, test } from 'vitest';
import { runMonth } from './month.ts';

/** `npm run proof:memory` streams a thousand symbols for a month. */
test('a stream of many symbols leaves nothing waiting: updates, slots, days', async () => {
  const figures = await runMonth({ symbols: 20, days: 2, interval: '4h' });
  // From 12:00 of the first day to 15:00 two days later, with 4h candles.
  expect(figures.closed).toBe(20 * 12);
  expect(figures).toMatchObject({ finals: 20 * 12, refused: 0, unsettled: 0, markedDays: 0 });
  expect(figures.updatesSent).toBeGreaterThan(20 * 12 * 2);
  expect(figures.updatesProcessed).toBe(figures.updatesSent);
  expect(figures.reconnects).toBeGreaterThan(0);
});
