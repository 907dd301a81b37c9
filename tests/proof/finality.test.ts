import { expect, test } from 'vitest';
import { measureFinality } from './finality.ts';

test('a candle is final some 8 s after its close, and a second or so later for each symbol before it', async () => {
  const figures = await measureFinality({ symbols: 5, interval: '3m', hours: 1 });
  expect(figures.candles).toBe(5 * 20);
  expect(figures.neverFinal).toBe(0);
  // History is asked 8 s after the close (docs/truth.md, "When a candle is final"), one request a second.
  expect(figures.median).toBeGreaterThanOrEqual(8);
  expect(figures.median).toBeLessThanOrEqual(12);
  expect(figures.p99).toBeLessThanOrEqual(16);
});
