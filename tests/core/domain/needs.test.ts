import {
  type Absence,
  type Candle,
  findUnsettled,
  type HistoryStart,
  joinNeeds,
  NO_NEEDS,
  needsBeforeStart,
  needsOf,
  newRecord,
  READ_DELAY_MS,
  type SeriesRecord,
  startOfNeeds,
  UNKNOWN_HISTORY_START,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { swapSeries } from '../../support/swapSeries.ts';

const MINUTE = 60_000;
const SLOT = 3 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TODAY = Date.UTC(2026, 10, 22);
const slot = (index: number) => TODAY + index * SLOT;

function candle(index: number, status: Candle['status'], observed = slot(index) + SLOT + 10_000): Candle {
  const values = { open: '1', high: '2', low: '1', close: '2', volume: '3' };
  return {
    openTime: slot(index),
    ...values,
    status,
    source: 'history',
    observed: status === 'provisional' ? 0 : observed,
  };
}

interface Known {
  readonly historyStart?: HistoryStart;
  readonly launchTime?: number;
  readonly fillGaps?: boolean;
  readonly from?: number;
  readonly to?: number;
}

function record({ historyStart = UNKNOWN_HISTORY_START, launchTime }: Known) {
  const series = swapSeries('BTC-USDT', '3m');
  return { ...newRecord(series), historyStart, launchTime: launchTime ?? null };
}

function unsettled(now: number, stored: { candles?: Candle[]; absences?: Absence[] }, known: Known = {}) {
  const { candles = [], absences = [] } = stored;
  const closed = Math.floor(now / SLOT) * SLOT;
  const stretch = { from: known.from ?? TODAY, to: Math.min(known.to ?? TODAY + DAY, closed) };
  return findUnsettled({ candles, absences, ...stretch, intervalMs: SLOT, record: record(known), now });
}

function needs(now: number, stored: { candles?: Candle[]; absences?: Absence[] }, known: Known = {}) {
  const { fillGaps = true } = known;
  return needsOf({
    unsettled: unsettled(now, stored, known),
    looks: [],
    ...{ intervalMs: SLOT, record: record(known), now, fillGaps },
  });
}

describe('needsOf', () => {
  it('leaves a slot that just closed to the stream for eight seconds', () => {
    const close = slot(1);
    expect(needs(close + 7_999, {})).toMatchObject({
      ask: [],
      missing: [slot(0)],
      waitUntil: close + READ_DELAY_MS,
    });
    expect(needs(close + 8_000, {})).toMatchObject({ ask: [slot(0)], waitUntil: null });
  });

  it('asks for provisional candles, and not for finals, imports or slots outside the stretch', () => {
    const candles = [candle(0, 'final'), candle(1, 'provisional'), candle(2, 'imported')];
    expect(needs(slot(4) + MINUTE, { candles }).ask).toEqual([slot(1), slot(3)]);
    expect(needs(slot(4) + MINUTE, { candles }, { from: slot(2) }).ask).toEqual([slot(3)]);
    expect(needs(slot(4) + MINUTE, { candles }, { to: slot(3) }).ask).toEqual([slot(1)]);
  });

  it('asks only for provisional candles where gaps are not filled', () => {
    const result = needs(slot(3) + MINUTE, { candles: [candle(1, 'provisional')] }, { fillGaps: false });
    expect(result).toMatchObject({ ask: [slot(1)], missing: [slot(0), slot(2)] });
  });

  it('waits ten minutes before it asks a second time for a slot that history showed empty', () => {
    const read = slot(1) + MINUTE;
    const absences = [{ openTime: slot(0), firstRead: read, lastRead: read }];
    const to = slot(1);
    expect(needs(read + 10 * MINUTE - 1, { absences }, { to })).toMatchObject({
      ask: [],
      confirming: [slot(0)],
      waitUntil: read + 10 * MINUTE,
    });
    expect(needs(read + 10 * MINUTE, { absences }, { to })).toMatchObject({ ask: [slot(0)] });
    const confirmed = [{ openTime: slot(0), firstRead: read, lastRead: read + 10 * MINUTE }];
    expect(needs(read + 20 * MINUTE, { absences: confirmed }, { to })).toMatchObject({
      ask: [],
      missing: [],
    });
  });

  it('waits in the same way for what lies before the claimed start of history', () => {
    const pending = { firstAvailable: slot(5), read: slot(8) };
    const historyStart = { ...UNKNOWN_HISTORY_START, pending };
    const extra = { historyStart, to: slot(5) };
    expect(needs(slot(8) + MINUTE, {}, extra)).toMatchObject({ ask: [], waitUntil: slot(8) + 10 * MINUTE });
    expect(needs(slot(8) + 10 * MINUTE, {}, extra).ask).toHaveLength(5);
    expect(needs(slot(8) + MINUTE, {}, { ...extra, from: slot(4), to: slot(6) }).ask).toEqual([slot(5)]);
  });

  it('asks for the candle of the slot in which the contract was launched, but not for an empty one', () => {
    const launchTime = slot(1) + MINUTE;
    expect(needs(slot(3) + MINUTE, {}, { launchTime }).ask).toEqual([slot(2)]);
    const candles = [candle(1, 'provisional')];
    expect(needs(slot(3) + MINUTE, { candles }, { launchTime }).ask).toEqual([slot(1), slot(2)]);
  });

  it('counts a provisional candle that history shows to be empty twice as settled', () => {
    const read = slot(1) + MINUTE;
    const absences = [{ openTime: slot(0), firstRead: read, lastRead: read + 10 * MINUTE }];
    const result = needs(read + HOUR, { candles: [candle(0, 'provisional')], absences }, { to: slot(1) });
    expect(result).toMatchObject({ ask: [], missing: [], provisional: [], confirming: [], waitUntil: null });
  });
});

describe('joinNeeds', () => {
  it('puts the needs of stretches together, the oldest first', () => {
    const read = slot(6);
    const empty = [{ openTime: slot(0), firstRead: read, lastRead: read }];
    const now = slot(8) + 1;
    const parts = [
      needs(now, { absences: empty }, { to: slot(2) }),
      needs(
        now,
        { candles: [candle(2, 'provisional'), candle(3, 'provisional')] },
        { from: slot(2), to: slot(4) },
      ),
      needs(now, {}, { from: slot(7) }),
    ];
    expect(joinNeeds(parts)).toEqual({
      ask: [slot(1), slot(2), slot(3)],
      missing: [slot(0), slot(1), slot(7)],
      provisional: [slot(2), slot(3)],
      confirming: [slot(0)],
      unreadable: [],
      looks: [],
      beforeStart: null,
      waitUntil: slot(8) + READ_DELAY_MS,
    });
    expect(joinNeeds([])).toEqual(NO_NEEDS);
  });
});

describe('startOfNeeds', () => {
  const pending = { firstAvailable: slot(9), read: slot(20) };
  const startOf = (known: Partial<SeriesRecord>, now: number) =>
    startOfNeeds({ ...record({}), ...known }, now);

  it.each([
    [
      'all of it while nothing is known',
      { reads: null, firstAvailable: null, pending: null },
      0,
      Number.NEGATIVE_INFINITY,
    ],
    ['the confirmed start', { reads: null, firstAvailable: slot(5), pending: null }, 0, slot(5)],
    [
      'a start that one answer named, for ten minutes',
      { reads: null, firstAvailable: null, pending },
      599_999,
      slot(9),
    ],
    [
      'all of it once that can be confirmed',
      { reads: null, firstAvailable: null, pending },
      600_000,
      Number.NEGATIVE_INFINITY,
    ],
    ['the later of both', { reads: null, firstAvailable: slot(5), pending }, 0, slot(9)],
    [
      'the later of both, the other way round',
      { reads: null, firstAvailable: slot(12), pending },
      0,
      slot(12),
    ],
    ['the confirmed one alone then', { reads: null, firstAvailable: slot(5), pending }, 600_000, slot(5)],
  ])('%s', (_title, historyStart, afterMs, expected) => {
    expect(startOf({ historyStart }, slot(20) + afterMs)).toBe(expected);
  });

  it('is not after the oldest stored candle, which may be imported', () => {
    const historyStart = { reads: null, firstAvailable: slot(5), pending: null };
    expect(startOf({ historyStart, firstSlot: slot(3) }, slot(20))).toBe(slot(3));
    expect(startOf({ historyStart, firstSlot: slot(8) }, slot(20))).toBe(slot(5));
  });
});

describe('needsBeforeStart', () => {
  const range = { from: slot(0), to: slot(9), intervalMs: SLOT };

  it('counts the slots that wait for the second answer, without a list of them', () => {
    const historyStart = {
      reads: null,
      firstAvailable: slot(4),
      pending: { firstAvailable: slot(9), read: slot(20) },
    };
    expect(needsBeforeStart(record({ historyStart }), range)).toEqual({
      ...NO_NEEDS,
      beforeStart: { first: slot(4), slots: 5 },
      waitUntil: slot(20) + 10 * MINUTE,
    });
  });

  it('is nothing once the start is confirmed', () => {
    const historyStart = { reads: null, firstAvailable: slot(9), pending: null };
    expect(needsBeforeStart(record({ historyStart }), range)).toEqual(NO_NEEDS);
  });

  it('comes back at once when the start moved down meanwhile', () => {
    const historyStart = { reads: null, firstAvailable: slot(7), pending: null };
    expect(needsBeforeStart(record({ historyStart }), range)).toMatchObject({
      beforeStart: { first: slot(7), slots: 2 },
      waitUntil: 10 * MINUTE,
    });
  });
});
