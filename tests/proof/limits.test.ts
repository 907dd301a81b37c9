import { describe, expect, test } from 'vitest';
import { DOCUMENTED_LIMITS } from './limitedWorld.ts';
import { backfillYear, liveBesideBackfill, twoStores } from './limits.ts';
import { longRun } from './longRun.ts';

/** Limits of the exchange in these tests: docs/bingx.md, "Rate limits". `npm run proof:limits` runs a year of them. */
describe('the limits of the exchange', () => {
  test('a symbol-year is backfilled with at most 180 requests, none of them refused', async () => {
    const { requests, refused, candles } = await backfillYear(DOCUMENTED_LIMITS);
    // A year of 3m slots; 1000 rows an answer make 176 requests at least.
    expect(candles).toBe(365 * 480);
    expect(requests).toBeLessThanOrEqual(180);
    expect(refused).toBe(0);
  });

  // 60 symbols keep the whole pace busy for a while after each close.
  test.each([
    { symbols: 5, interval: '1m', isOwnProcess: true },
    { symbols: 5, interval: '1m', isOwnProcess: false },
    { symbols: 60, interval: '3m', isOwnProcess: false },
  ] as const)('a live request waits at most 5 s (p99) beside a backfill: %o', async (options) => {
    const figures = await liveBesideBackfill({ ...options, minutes: 6, days: 300 });
    expect(figures.reads).toBeGreaterThanOrEqual(25);
    expect(figures.p99).toBeLessThanOrEqual(5_000);
    // The backfill ran meanwhile: alone the stream sends about five requests a minute and 20.
    expect(figures.requests).toBeGreaterThan(6 * 30);
    expect(figures.refused).toBe(0);
  });

  test('are met by no request of two streams that restart and of backfills on one store', async () => {
    const figures = await longRun({ days: 1, limits: DOCUMENTED_LIMITS, symbols: 1, seed: 3 });
    expect(figures).toMatchObject({ refused: 0, bans: 0, failures: 0 });
    expect(figures.backfills).toBeGreaterThan(0);
    expect(figures.requests).toBeGreaterThan(600);
  });

  test('are met by two stores on one address, which get no ban and go on within a minute of the announced end', async () => {
    const { refusals100410, bans, longestRecoveryMs, candles } = await twoStores(DOCUMENTED_LIMITS);
    expect(refusals100410).toBeGreaterThan(0);
    expect(bans).toBe(0);
    expect(longestRecoveryMs).toBeLessThanOrEqual(60_000);
    expect(candles).toBe(2 * 365 * 480);
  });
});
