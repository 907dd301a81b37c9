import {
  type Absence,
  absenceToWrite,
  type Candle,
  candleToWrite,
  changesLake,
  EMPTY_SLOT,
  gatherEvidence,
  mergeEvidence,
  revisionOf,
  swapSeries,
} from '@candlelake/core';
import { expect, test } from 'vitest';

const candle: Candle = {
  openTime: 0,
  open: '1',
  high: '3',
  low: '1',
  close: '2',
  volume: '5',
  status: 'final',
  source: 'history',
  observed: 1_000,
};
const absence: Absence = { openTime: 0, firstRead: 100, lastRead: 900 };
const unreadable = { openTime: 0, firstRead: 200, lastRead: 300 };
const stored = { candle, absence, unreadable };

test.each([
  ['the same candle', { ...EMPTY_SLOT, candle }],
  ['the same candle, seen earlier', { ...EMPTY_SLOT, candle: { ...candle, observed: 999 } }],
  ['a read between the two that are known', { ...EMPTY_SLOT, absence: { ...absence, firstRead: 500 } }],
  ['all of it again', stored],
])('nothing is written for %s', (_title, found) => {
  expect(mergeEvidence(stored, found)).toBeNull();
});

test('only the part that changed is written', () => {
  const wider = { ...absence, lastRead: 901 };
  const after = mergeEvidence(stored, { ...EMPTY_SLOT, candle: { ...candle }, absence: wider });
  expect(after).toEqual({ candle, absence: wider, unreadable });
  const change = { openTime: 0, before: stored, after: after! };
  expect([candleToWrite(change), absenceToWrite(change)]).toEqual([null, wider]);
  expect(changesLake(change)).toBe(false);
});

test('an equal candle with a later `observed` is written, and neither the lake nor the log changes', () => {
  const again = { ...candle, observed: 1_001 };
  const after = mergeEvidence(stored, { ...EMPTY_SLOT, candle: again, absence });
  const change = { series: swapSeries('BTC-USDT', '3m'), openTime: 0, before: stored, after: after! };
  expect([candleToWrite(change), absenceToWrite(change)]).toEqual([again, null]);
  expect(changesLake(change)).toBe(false);
  expect(revisionOf(change, 5)).toBeNull();
});

test('evidence about a slot becomes one entry in any order', () => {
  const better = { ...candle, observed: 2_000 };
  const later = { ...absence, firstRead: 950, lastRead: 950 };
  const expected = new Map([[0, { ...EMPTY_SLOT, candle: better, absence: { ...absence, lastRead: 950 } }]]);
  expect(gatherEvidence([{ candles: [candle, better] }, { absences: [absence, later] }])).toEqual(expected);
  expect(
    gatherEvidence([
      { candles: [better], absences: [later] },
      { candles: [candle], absences: [absence] },
    ]),
  ).toEqual(expected);
});
