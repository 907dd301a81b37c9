import { describe, expect, test } from 'vitest';
import { backfillYear, DOCUMENTED_LIMITS, liveBesideBackfill, longRun, twoStores } from './limits.ts';

/** Limits of the exchange in these tests: docs/bingx.md, "Rate limits". `npm run proof:limits` runs a year of them. */
describe('the limits of the exchange', () => {
  test('a symbol-year is backfilled with at most 180 requests, none of them refused', async () => {
    const { requests, refused, candles } = await backfillYear(DOCUMENTED_LIMITS);
    // A year of 3m slots; 1000 rows an answer make 176 requests at least.
    expect(candles).toBe(365 * 480);
    expect(requests).toBeLessThanOrEqual(180);
    expect(refused).toBe(0);
  });

  test.each([true, false])(
    'a live request waits at most 5 s (p99) beside a backfill, as a process of its own: %s',
    async (isOwnProcess) => {
      const figures = await liveBesideBackfill({ symbols: 5, interval: '1m', minutes: 6, isOwnProcess });
      expect(figures.reads).toBeGreaterThanOrEqual(25);
      expect(figures.p99).toBeLessThanOrEqual(5_000);
      // The backfill ran meanwhile: alone the stream sends about six requests a minute.
      expect(figures.requests).toBeGreaterThan(6 * 30);
      expect(figures.refused).toBe(0);
    },
  );

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
