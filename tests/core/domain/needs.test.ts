import {
  type Absence,
  buildDaySlots,
  type Candle,
  type HistoryStart,
  type NeedsInput,
  needsOf,
  READ_DELAY_MS,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';

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

function needs(
  now: number,
  stored: { candles?: Candle[]; absences?: Absence[] },
  extra: {
    historyStart?: HistoryStart;
    fillGaps?: boolean;
    from?: number;
    to?: number;
    readAgain?: readonly number[] | null;
  } = {},
) {
  const { candles = [], absences = [] } = stored;
  const { historyStart = { firstAvailable: null, pending: null } } = extra;
  const slots = buildDaySlots({
    interval: '3m',
    day: TODAY,
    stored: { candles, absences },
    launchTime: null,
    firstAvailable: historyStart.firstAvailable,
    asOf: Math.floor(now / SLOT) * SLOT,
  });
  const input: NeedsInput = {
    slots,
    candles,
    absences,
    historyStart,
    from: extra.from ?? TODAY,
    to: extra.to ?? TODAY + DAY,
    now,
    fillGaps: extra.fillGaps ?? true,
    readAgain: extra.readAgain === undefined ? [] : extra.readAgain,
  };
  return needsOf(input);
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
    const historyStart = { firstAvailable: null, pending };
    const extra = { historyStart, to: slot(5) };
    expect(needs(slot(8) + MINUTE, {}, extra)).toMatchObject({ ask: [], waitUntil: slot(8) + 10 * MINUTE });
    expect(needs(slot(8) + 10 * MINUTE, {}, extra).ask).toHaveLength(5);
  });

  it.each([
    ['before an hour has passed since the close', HOUR - 1, SLOT, []],
    ['an hour after the close', HOUR, SLOT, [slot(0)]],
    ['no more once it was read after that hour', 5 * HOUR, HOUR, []],
    ['a day after the close, though it was read after an hour', DAY, HOUR, [slot(0)]],
    ['no more once it was read after that day', DAY + HOUR, DAY, []],
    ['no more after two days', 2 * DAY, SLOT, []],
  ])('reads a final again: %s', (_when, ageMs, readAgeMs, expected) => {
    const close = slot(1);
    const candles = [candle(0, 'final', close + readAgeMs)];
    expect(needs(close + ageMs, { candles }, { to: slot(1) }).reread).toEqual(expected);
  });

  it('gives a re-read a request of its own only after half an hour', () => {
    const close = slot(1);
    const candles = [candle(0, 'final')];
    expect(needs(close + 1.5 * HOUR - 1, { candles }, { to: slot(1) }).overdue).toEqual([]);
    expect(needs(close + 1.5 * HOUR, { candles }, { to: slot(1) }).overdue).toEqual([slot(0)]);
  });

  it('reads no final again that was read again since, nor any where that is not wanted', () => {
    const close = slot(1);
    const candles = [candle(0, 'final')];
    const again = (readAgain: readonly number[] | null, ageMs = HOUR) =>
      needs(close + ageMs, { candles }, { to: slot(1), readAgain }).reread;
    expect(again([slot(0) - 1])).toEqual([slot(0)]);
    expect(again([slot(0)])).toEqual([]);
    expect(again([slot(0), slot(0) - 1], DAY)).toEqual([slot(0)]);
    expect(again([slot(0), slot(0)], DAY)).toEqual([]);
    expect(again(null)).toEqual([]);
  });
});
