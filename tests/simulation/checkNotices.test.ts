import type { CrossoverNotice } from '@candlelake/core';
import { expect, test } from 'vitest';
import { checkNotices } from './oracle/checkNotices.ts';

const OPEN = Date.UTC(2026, 10, 22, 12);
const ROW = { market: 'swap', symbol: 'BTC-USDT', open_time: OPEN };
const NOTICE: CrossoverNotice = {
  ...{ id: 'swap#BTC-USDT#21m#2026-11-22T12:00Z#GOLDEN_CROSS', market: 'swap', symbol: 'BTC-USDT' },
  ...{ timeframe: '21m', kind: 'GOLDEN_CROSS', openTime: '2026-11-22T12:00Z', status: 'complete' },
  ...{ closeTime: OPEN + 21 * 60_000, close: 1, maShort: 3, maLong: 2, state: 'crossed', sequence: 1 },
};
const RETRACTED: CrossoverNotice = { ...NOTICE, state: 'retracted', sequence: 2 };

const problemsOf = (notice: CrossoverNotice, kind: string | null) => {
  const rows = [{ ...ROW, ma_cross: kind }];
  const lake = new Map([['bars/timeframe=21m/date=2026-11-22/bars.parquet', rows]]);
  return checkNotices([notice], lake).map(({ detail }) => detail);
};

test('a last notice that says what the lake shows is right', () => {
  expect(problemsOf(NOTICE, 'GOLDEN_CROSS')).toEqual([]);
  expect(problemsOf(RETRACTED, null)).toEqual([]);
  expect(problemsOf(RETRACTED, 'DEATH_CROSS')).toEqual([]);
});

test('one that says something else is a problem, and so is a number that does not fit', () => {
  expect(problemsOf(NOTICE, null)).toEqual([`the last notice of ${NOTICE.id} is "crossed"`]);
  expect(problemsOf(NOTICE, 'DEATH_CROSS')).toHaveLength(1);
  expect(problemsOf(RETRACTED, 'GOLDEN_CROSS')).toHaveLength(1);
  expect(problemsOf({ ...NOTICE, sequence: 2 }, 'GOLDEN_CROSS')).toHaveLength(1);
});
