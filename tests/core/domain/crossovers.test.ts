import {
  aggregateBars,
  computeIndicators,
  crossoverId,
  crossoversOf,
  INITIAL_INDICATOR_STATE,
  type SeriesBars,
} from '@candlelake/core';
import { expect, test } from 'vitest';
import { candle, daySlots } from './makeCandles.ts';

const DAY = Date.parse('2026-11-22');
const HOUR = 3_600_000;
/** Of one hour each. With averages of one and two bars the close crosses the mean of itself and the one before. */
const CLOSES = ['10', '8', '12', '11'];

function barsOf(closes: readonly string[]): SeriesBars {
  const candles = closes.map((close, index) => {
    const isLast = index === closes.length - 1;
    return candle(DAY + index * HOUR, { close, status: isLast ? 'provisional' : 'final' });
  });
  const asOf = DAY + closes.length * HOUR;
  const bars = aggregateBars(daySlots(DAY, { interval: '1h', candles, asOf }), 60, asOf);
  const periods = { maShort: 1, maLong: 2, atr: 2 };
  const { indicators } = computeIndicators(bars, periods, INITIAL_INDICATOR_STATE);
  return { series: { market: 'spot', symbol: 'BTC-USDT' }, timeframeMinutes: 60, bars, indicators };
}

test('the crossovers of a session are those of its bars, each with the values and the status of its bar', () => {
  const common = { market: 'spot', symbol: 'BTC-USDT', timeframe: '60m' };
  expect(crossoversOf(barsOf(CLOSES))).toEqual([
    {
      ...common,
      id: 'spot#BTC-USDT#60m#2026-11-22T02:00Z#GOLDEN_CROSS',
      kind: 'GOLDEN_CROSS',
      openTime: '2026-11-22T02:00Z',
      closeTime: DAY + 3 * HOUR,
      ...{ close: 12, maShort: 12, maLong: 10, status: 'complete' },
    },
    {
      ...common,
      id: 'spot#BTC-USDT#60m#2026-11-22T03:00Z#DEATH_CROSS',
      kind: 'DEATH_CROSS',
      openTime: '2026-11-22T03:00Z',
      closeTime: DAY + 4 * HOUR,
      ...{ close: 11, maShort: 11, maLong: 11.5, status: 'provisional' },
    },
  ]);
});

test('bars without a crossover, and no bars, give none', () => {
  expect(crossoversOf(barsOf(['8', '9', '10', '11']))).toEqual([]);
  expect(crossoversOf(barsOf([]))).toEqual([]);
});

test('a crossover of each market, symbol, timeframe, bar and kind has an id of its own', () => {
  const one = {
    ...({ market: 'swap', symbol: 'A-USDT', timeframe: '21m' } as const),
    ...({ openTime: '2026-11-22T00:00Z', kind: 'GOLDEN_CROSS' } as const),
  };
  const others = [
    { ...one, market: 'spot' as const },
    { ...one, symbol: 'B-USDT' },
    { ...one, timeframe: '60m' },
    { ...one, openTime: '2026-11-22T00:21Z' },
    { ...one, kind: 'DEATH_CROSS' as const },
  ];
  expect(new Set([one, ...others].map(crossoverId)).size).toBe(6);
});
