import { BAR_STATUSES, type BarColumns } from '@candlelake/core';
import { expect } from 'vitest';
import { exactSum, isNearestDouble } from './exactSum.ts';
import type { LiteralBar } from './literalLaws.ts';

/** Expects that a row of the columns is the bar of the restatement. */
export function expectBar(columns: BarColumns, row: number, bar: LiteralBar): void {
  expect({
    index: columns.barIndex[row],
    openTime: columns.openTime[row],
    closeTime: columns.closeTime[row],
    prices: [columns.open[row], columns.high[row], columns.low[row], columns.close[row]],
    counts: [columns.candleCount[row], columns.expectedCount[row]],
    status: BAR_STATUSES[columns.status[row]!],
    afterOutage: columns.afterOutage[row],
  }).toEqual({
    index: bar.index,
    openTime: bar.openTime,
    closeTime: bar.closeTime,
    prices: [bar.open, bar.high, bar.low, bar.close].map(Number),
    counts: [bar.candleCount, bar.expectedCount],
    status: bar.status,
    afterOutage: Number(bar.afterOutage),
  });
  expect(isNearestDouble(columns.volume[row]!, exactSum(bar.volumes))).toBe(true);
}
