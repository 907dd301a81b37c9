import {
  type Absence,
  EMPTY_SLOT,
  findDueLooks,
  isStartLookDue,
  newRecord,
  nextLook,
  nextLookAtSlot,
  nextLookOfDay,
  type SeriesRecord,
  UNKNOWN_HISTORY_START,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { swapSeries } from '../../support/swapSeries.ts';
import { candle } from './makeCandles.ts';

const MINUTE = 60_000;
const SLOT = 3 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const NOON = Date.UTC(2026, 10, 22, 12);
const slot = (index: number) => NOON + index * SLOT;
const reads = (first: number, last: number) => ({ firstRead: NOON + first, lastRead: NOON + last });

describe('nextLook', () => {
  it.each([
    ['an hour after the first read', reads(0, 10 * MINUTE), NOON + HOUR],
    ['on the half hour after it', reads(1, 10 * MINUTE), NOON + 1.5 * HOUR],
    ['a day after it when the first look was made', reads(0, HOUR), NOON + DAY],
    ['a day after it as long as that look was not made', reads(0, DAY - 1), NOON + DAY],
    ['never after that', reads(0, DAY), null],
  ])('is %s', (_title, span, expected) => {
    expect(nextLook(span)).toBe(expected);
  });
});

describe('the look at a slot', () => {
  const absence = { openTime: NOON, ...reads(0, 10 * MINUTE) };
  const provisional = candle(NOON, { status: 'provisional', observed: 0 });

  it('is for a quiet slot, and for one that is settled by its absence', () => {
    expect(nextLookAtSlot({ ...EMPTY_SLOT, absence })).toBe(NOON + HOUR);
    expect(nextLookAtSlot({ ...EMPTY_SLOT, absence, candle: provisional })).toBe(NOON + HOUR);
  });

  it.each([
    ['a slot of which nothing is known', EMPTY_SLOT],
    ['a final candle', { ...EMPTY_SLOT, absence, candle: candle(NOON) }],
    ['an absence of one read', { ...EMPTY_SLOT, absence: { ...absence, lastRead: absence.firstRead } }],
    [
      'a row that could not be read since',
      { ...EMPTY_SLOT, absence, unreadable: { openTime: NOON, ...reads(HOUR, HOUR) } },
    ],
  ])('is not for %s', (_title, evidence) => {
    expect(nextLookAtSlot(evidence)).toBeNull();
  });
});

describe('the looks of a day', () => {
  const absences = [0, 1, 2, 3].map((index) => ({
    openTime: slot(index),
    ...reads(index * MINUTE, HOUR / 2),
  }));
  const all = { launchTime: null, firstAvailable: null };

  it('begin with the first one, and leave out what lies before launch and start of history', () => {
    const stored = { candles: [candle(slot(0))], absences, unreadable: [] };
    expect(nextLookOfDay(stored, all)).toBe(NOON + 1.5 * HOUR);
    expect(nextLookOfDay({ ...stored, candles: [] }, all)).toBe(NOON + HOUR);
    expect(nextLookOfDay({ ...stored, absences: [] }, all)).toBeNull();
    expect(nextLookOfDay(stored, { ...all, firstAvailable: slot(4) })).toBeNull();
    expect(nextLookOfDay(stored, { ...all, launchTime: slot(3) })).toBe(NOON + 1.5 * HOUR);
  });

  const due = (now: number, record: Partial<SeriesRecord> = {}, stored: readonly Absence[] = absences) =>
    findDueLooks({
      ...{ absences: stored, from: slot(1), to: slot(3), intervalMs: SLOT, now },
      record: { ...newRecord(swapSeries('BTC-USDT', '3m')), ...record },
    });

  it('are due together, each in its stretch', () => {
    expect(due(NOON + 1.5 * HOUR - 1)).toEqual([]);
    expect(due(NOON + 1.5 * HOUR)).toEqual([slot(1), slot(2)]);
  });

  it('ascend, whatever the order of the records, and leave out what is not expected', () => {
    expect(due(NOON + 2 * HOUR, {}, absences.toReversed())).toEqual([slot(1), slot(2)]);
    expect(due(NOON + 2 * HOUR, { launchTime: slot(2) })).toEqual([slot(2)]);
    expect(due(NOON + 2 * HOUR, {}, [])).toEqual([]);
  });

  it('wait below a start of history that waits itself', () => {
    const now = NOON + 2 * HOUR;
    const pending = { firstAvailable: slot(2), read: now - 10 * MINUTE + 1 };
    expect(due(now, { historyStart: { ...UNKNOWN_HISTORY_START, pending } })).toEqual([slot(2)]);
    expect(due(now + 1, { historyStart: { ...UNKNOWN_HISTORY_START, pending } })).toEqual([slot(1), slot(2)]);
  });
});

describe('the look at the start of history', () => {
  const start = (span: ReturnType<typeof reads> | null) => ({
    ...{ firstAvailable: NOON, reads: span, pending: null },
  });

  it.each([
    ['is due an hour after the first read', start(reads(0, 10 * MINUTE)), HOUR, 0, true],
    ['is not due before', start(reads(0, 10 * MINUTE)), HOUR - 1, 0, false],
    ['is due a day after it', start(reads(0, HOUR)), DAY, 0, true],
    ['is due a week after the last read', start(reads(0, DAY)), DAY + WEEK, 0, true],
    ['is not due before the week has passed', start(reads(0, DAY)), DAY + WEEK - 1, 0, false],
    ['is due at a start of the program after the last read', start(reads(0, DAY)), 2 * DAY, DAY + 1, true],
    ['is not due when its last read was that of the start', start(reads(0, DAY)), 2 * DAY, DAY, false],
    ['is not due again in the same run', start(reads(0, 3 * DAY)), 4 * DAY, 2 * DAY, false],
    ['is due in the record of an older store', start(null), 0, 0, true],
    ['is not due while no start is known', UNKNOWN_HISTORY_START, WEEK, WEEK, false],
  ])('%s', (_title, historyStart, nowMs, sinceMs, expected) => {
    const since = sinceMs === 0 ? 0 : NOON + sinceMs;
    expect(isStartLookDue(historyStart, { now: NOON + nowMs, since })).toBe(expected);
  });
});
