import type { Interval, Series } from '@candlelake/core';

/** The series of a perpetual contract. */
export function swapSeries(symbol: string, interval: Interval): Series {
  return { market: 'swap', symbol, interval };
}
