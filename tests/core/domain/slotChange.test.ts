import { type Absence, type Candle, changeSlot, gatherEvidence } from '@candlelake/core';
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
const stored = { candle, absence };

test.each([
  ['the same candle', { candle, absence: null }],
  ['the same candle, seen earlier', { candle: { ...candle, observed: 999 }, absence: null }],
  ['a read between the two that are known', { candle: null, absence: { ...absence, firstRead: 500 } }],
  ['both again', stored],
])('nothing is written for %s', (_title, told) => {
  expect(changeSlot(0, stored, told)).toBeNull();
});

test('only the part that is news is written', () => {
  const wider = { ...absence, lastRead: 901 };
  const change = { openTime: 0, candle: null, absence: wider, visible: false, replaced: null };
  expect(changeSlot(0, stored, { candle, absence: wider })).toEqual(change);
});

test('a candle that is only seen again is written without being news to the lake or the log', () => {
  const again = { ...candle, observed: 1_001 };
  const change = { openTime: 0, candle: again, absence: null, visible: false, replaced: null };
  expect(changeSlot(0, stored, { candle: again, absence })).toEqual(change);
});

test('evidence about a slot becomes one entry, whatever came first', () => {
  const better = { ...candle, observed: 2_000 };
  const later = { ...absence, firstRead: 950, lastRead: 950 };
  const expected = new Map([[0, { candle: better, absence: { ...absence, lastRead: 950 } }]]);
  expect(gatherEvidence([candle, better], [absence, later])).toEqual(expected);
  expect(gatherEvidence([better, candle], [later, absence])).toEqual(expected);
});
