import { describe, expect, test } from 'vitest';
import { announcedRun, backfillRate, WINDOWS } from './announcedYear.ts';
import { RECORDED_LIMITS } from './limitedWorld.ts';
import { liveBesideBackfill } from './limits.ts';

const ANNOUNCING = WINDOWS.filter(({ announces }) => announces);

/** An exchange that announces its windows, of several sizes. `npm run proof:limits` runs a year of them. */
describe('announced windows', () => {
  test.each([1, 2])(
    'that change while three processes read meet none of their requests (seed %d)',
    async (seed) => {
      const { refused, requests, changes } = await announcedRun({ days: 1, seed });
      expect(refused).toBe(0);
      expect(changes).toBeGreaterThan(10);
      expect(requests).toBeGreaterThan(10_000);
    },
  );

  test.each(ANNOUNCING)('are used up to 40 %% and ten a second, within a tenth: %j', async (limits) => {
    const { requests, windowMs } = limits.windows[0]!;
    const most = Math.min(10, (0.4 * requests * 1_000) / windowMs);
    const rate = await backfillRate(limits);
    expect(rate).toBeLessThanOrEqual(most);
    expect(rate).toBeGreaterThanOrEqual(0.895 * most);
  });

  test('are used up to the rate that the user allows', async () => {
    const rate = await backfillRate(RECORDED_LIMITS, 20);
    expect(rate).toBeGreaterThanOrEqual(0.9 * 20);
    expect(rate).toBeLessThanOrEqual(20);
  });

  test('that vanish leave the pace of an exchange that announces nothing', async () => {
    const withoutHeaders = await backfillRate({ ...RECORDED_LIMITS, announces: false });
    // Nine tenths of 50 a minute: docs/bingx.md, "Rate limits".
    expect(withoutHeaders).toBeCloseTo(0.75, 2);
  });

  test('let no live request wait for more than 1.5 s (p99) while 60 symbols are streamed beside a backfill', async () => {
    const figures = await liveBesideBackfill({
      ...{ symbols: 60, interval: '1m', minutes: 1.5, days: 60, isOwnProcess: true },
      limits: RECORDED_LIMITS,
    });
    expect(figures.reads).toBeGreaterThanOrEqual(60);
    // The backfill runs meanwhile, at ten a second less the live requests.
    expect(figures.requests).toBeGreaterThan(1_000);
    expect(figures.p99).toBeLessThanOrEqual(1_500);
    expect(figures.refused).toBe(0);
  });
});
