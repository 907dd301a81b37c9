import { barsPath, candlesPath, coveragePath, timeframeOfBarsPath } from '@candlelake/core';
import { expect, test } from 'vitest';

const DAY = Date.UTC(2026, 10, 22);

test('the paths name the interval or timeframe and the UTC date', () => {
  expect(candlesPath('3m', DAY)).toBe('candles/interval=3m/date=2026-11-22/candles.parquet');
  expect(barsPath(21, DAY)).toBe('bars/timeframe=21m/date=2026-11-22/bars.parquet');
  expect(barsPath(60, DAY)).toBe('bars/timeframe=60m/date=2026-11-22/bars.parquet');
  expect(coveragePath('1h', DAY)).toBe('coverage/interval=1h/date=2026-11-22/coverage.parquet');
});

test('the path of bars gives back its timeframe, and no other path does', () => {
  for (const minutes of [3, 21, 1440]) expect(timeframeOfBarsPath(barsPath(minutes, DAY))).toBe(minutes);
  const others = [
    candlesPath('3m', DAY),
    coveragePath('3m', DAY),
    'bars/timeframe=021m/date=2026-11-22/bars.parquet',
    'bars/timeframe=21m/date=2026-11-22/mine.parquet',
    'old/bars/timeframe=21m/date=2026-11-22/bars.parquet',
    'bars/timeframe=1h/date=2026-11-22/bars.parquet',
  ];
  for (const path of others) expect(timeframeOfBarsPath(path)).toBeNull();
});
