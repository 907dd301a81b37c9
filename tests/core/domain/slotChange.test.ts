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
  type SlotEvidence,
  toStoredDay,
  unreadableToWrite,
  withoutFuture,
} from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { swapSeries } from '../../support/swapSeries.ts';

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

test('unreadable rows of a slot are joined too, beside the others', () => {
  const later = { ...unreadable, firstRead: 250, lastRead: 400 };
  const known = { candles: [candle], absences: [absence], unreadable: [unreadable] };
  expect(gatherEvidence([known, { unreadable: [later] }])).toEqual(
    new Map([[0, { candle, absence, unreadable: { ...unreadable, lastRead: 400 } }]]),
  );
});

test('a wider span of unreadable reads is written, an equal one is not', () => {
  const wider = { ...unreadable, lastRead: 400 };
  const after = mergeEvidence(stored, { ...EMPTY_SLOT, unreadable: wider })!;
  expect(unreadableToWrite({ openTime: 0, before: stored, after })).toEqual(wider);
  expect(unreadableToWrite({ openTime: 0, before: stored, after: { ...stored, absence: null } })).toBeNull();
});

test('a stored day is in time order, with only the records that a slot has', () => {
  const at = (openTime: number) => ({ openTime, firstRead: 1, lastRead: 2 });
  const slots: readonly (readonly [number, SlotEvidence])[] = [
    [6, { ...EMPTY_SLOT, candle: { ...candle, openTime: 6 } }],
    [3, { ...EMPTY_SLOT, absence: at(3), unreadable: at(3) }],
    [0, { ...stored, unreadable: null }],
    [9, { ...EMPTY_SLOT, unreadable: at(9) }],
  ];
  expect(toStoredDay(slots)).toEqual({
    candles: [candle, { ...candle, openTime: 6 }],
    absences: [absence, at(3)],
    unreadable: [at(3), at(9)],
  });
});

describe('what was read in the future', () => {
  // The clocks of exchange and machine may be ten seconds apart.
  const now = 50_000;
  const at = (lastRead: number) => ({ openTime: 0, firstRead: 100, lastRead });
  const edge = { candle: { ...candle, observed: 60_000 }, absence: at(60_000), unreadable: at(60_000) };

  test('begins ten seconds after the present', () => {
    expect(withoutFuture(edge, now)).toBe(edge);
  });

  test.each([
    [
      'candle',
      { candle: { ...candle, observed: 60_001 } },
      { candle: { status: 'provisional', observed: 0 } },
    ],
    ['absence', { absence: at(60_001) }, { absence: null }],
    ['unreadable row', { unreadable: at(60_001) }, { unreadable: null }],
  ])('counts for nothing, and what else is known of the slot stays: %s', (_title, future, expected) => {
    expect(withoutFuture({ ...edge, ...future }, now)).toMatchObject({ ...edge, ...expected });
  });
});

describe('the log of corrections', () => {
  const series = swapSeries('BTC-USDT', '3m');
  const found = { ...candle, close: '2.5', observed: 2_000 };
  const revision = (before: Candle | null, after: Candle | null) =>
    revisionOf(
      {
        series,
        openTime: 0,
        before: { ...EMPTY_SLOT, candle: before },
        after: { ...EMPTY_SLOT, candle: after },
      },
      5,
    );

  test.each(['final', 'imported'] as const)(
    'has an entry for other values of a candle that was %s',
    (status) => {
      const before = { ...candle, status };
      expect(revision(before, found)).toEqual({ series, openTime: 0, at: 5, before, after: found });
    },
  );

  test.each(['open', 'high', 'low', 'close', 'volume'])('has one when only the %s changed', (field) => {
    expect(revision(candle, { ...candle, [field]: '9' })).not.toBeNull();
  });

  test('tells values apart that read the same when they are put together', () => {
    expect(
      revision({ ...candle, close: '2', volume: '15' }, { ...candle, close: '21', volume: '5' }),
    ).not.toBeNull();
  });

  test.each([
    ['a provisional candle that was replaced', { ...candle, status: 'provisional' as const }, found],
    ['the first candle of a slot', null, found],
    ['a slot without a candle', candle, null],
  ])('has none for %s', (_title, before, after) => {
    expect(revision(before, after)).toBeNull();
  });
});

describe('the lake shows another slot', () => {
  // Reads ten minutes apart show that a slot is empty.
  const confirmed = { ...absence, firstRead: 0, lastRead: 600_000 };
  const provisional: Candle = { ...candle, status: 'provisional', observed: 0 };
  const changes = (before: Partial<SlotEvidence>, after: Partial<SlotEvidence>) =>
    changesLake({ before: { ...EMPTY_SLOT, ...before }, after: { ...EMPTY_SLOT, ...after } });

  test('when it is shown empty for the second time', () => {
    expect(changes({}, { absence })).toBe(false);
    expect(changes({ absence }, { absence: confirmed })).toBe(true);
  });

  test('when the second empty read settles its provisional candle', () => {
    expect(changes({ candle: provisional, absence }, { candle: provisional, absence: confirmed })).toBe(true);
  });

  test('when such a candle gets other values', () => {
    const other = { ...provisional, close: '2.5' };
    const settled = { candle: provisional, absence: confirmed };
    expect(changes(settled, { ...settled, candle: other })).toBe(true);
  });

  test('not when a final candle is shown empty', () => {
    expect(changes({ candle, absence }, { candle, absence: confirmed })).toBe(false);
  });
});
