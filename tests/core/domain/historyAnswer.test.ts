import {
  absencesOf,
  candlesOf,
  newestRow,
  oldestRow,
  slotsOutsideAnswer,
  unreadableOf,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';

const SLOT = 180_000;
const T0 = Date.UTC(2026, 10, 22);
const values = { open: '1', high: '2', low: '1', close: '2', volume: '3' };
const row = (index: number) => ({ openTime: T0 + index * SLOT, ...values });
const answer = (indexes: number[], observed: number, unreadable: number[] = []) => ({
  rows: indexes.map(row),
  observed,
  intervalMs: SLOT,
  unreadable: unreadable.map((index) => T0 + index * SLOT),
});

describe('candlesOf', () => {
  it('leaves out the open candle, and believes what stands before a later row', () => {
    const candles = candlesOf(answer([0, 1, 2], T0 + 2 * SLOT + 1000));
    expect(candles.map(({ openTime, status }) => [(openTime - T0) / SLOT, status])).toEqual([
      [0, 'final'],
      [1, 'final'],
    ]);
  });

  it('takes the newest row as provisional until ten minutes after its close', () => {
    const close = T0 + SLOT;
    expect(candlesOf(answer([0], close))[0]).toMatchObject({ status: 'provisional', observed: 0 });
    expect(candlesOf(answer([0], close + 599_999))[0]?.status).toBe('provisional');
    expect(candlesOf(answer([0], close + 600_000))[0]).toMatchObject({
      status: 'final',
      observed: close + 600_000,
    });
  });

  it('leaves out a candle that closes one millisecond after the request was sent', () => {
    expect(candlesOf(answer([0], T0 + SLOT - 1))).toEqual([]);
  });

  it('gives the values of each row with history as their source, and none of an empty answer', () => {
    const observed = T0 + 9 * SLOT;
    expect(candlesOf(answer([0], observed))).toEqual([
      { openTime: T0, ...values, status: 'final', source: 'history', observed },
    ]);
    expect(candlesOf(answer([], observed, [3]))).toEqual([]);
  });
});

describe('absencesOf', () => {
  it('says a slot is empty only where the answer has candles on both sides', () => {
    const slots = [-1, 0, 1, 2, 3, 4].map((index) => T0 + index * SLOT);
    const absences = absencesOf(answer([0, 3], T0 + 10 * SLOT), slots);
    expect(absences.map(({ openTime }) => (openTime - T0) / SLOT)).toEqual([1, 2]);
    expect(absences[0]).toMatchObject({ firstRead: T0 + 10 * SLOT, lastRead: T0 + 10 * SLOT });
  });

  it('does not say that a slot is empty whose row can not be read', () => {
    const slots = [1, 2].map((index) => T0 + index * SLOT);
    const absences = absencesOf(answer([0, 3], T0 + 10 * SLOT, [2]), slots);
    expect(absences.map(({ openTime }) => (openTime - T0) / SLOT)).toEqual([1]);
  });

  it('says nothing of slots by an empty answer', () => {
    expect(absencesOf(answer([], T0), [T0])).toEqual([]);
    expect(absencesOf(answer([], T0 + 9 * SLOT, [1, 3]), [T0 + 2 * SLOT])).toEqual([]);
  });
});

describe('unreadableOf', () => {
  it('names the refused rows of closed slots that were asked for', () => {
    const asked = [1, 2, 4].map((index) => T0 + index * SLOT);
    const read = T0 + 5 * SLOT - 1;
    expect(unreadableOf(answer([0], read, [1, 3, 4]), asked)).toEqual([
      { openTime: T0 + SLOT, firstRead: read, lastRead: read },
    ]);
  });

  it('names a slot that closed when the answer was asked for', () => {
    expect(unreadableOf(answer([0], T0 + 2 * SLOT, [1]), [T0 + SLOT])).toHaveLength(1);
  });

  it('says nothing by an answer without any row that can be read', () => {
    expect(unreadableOf(answer([], T0 + 9 * SLOT, [1, 2]), [T0 + SLOT])).toEqual([]);
  });
});

describe('the range of an answer', () => {
  const now = T0 + 10 * SLOT;
  const rangeOf = (rows: number[], refused: number[]) => {
    const found = answer(rows, now, refused);
    return [oldestRow(found), newestRow(found)].map((time) => (time === null ? null : (time - T0) / SLOT));
  };

  it('goes from the oldest row to the newest, readable or not', () => {
    expect(rangeOf([2, 4, 5], [])).toEqual([2, 5]);
    expect(rangeOf([2, 5], [1, 3, 6])).toEqual([1, 6]);
    expect(rangeOf([2, 5], [3, 4])).toEqual([2, 5]);
    expect(rangeOf([], [3, 4])).toEqual([3, 4]);
    expect(rangeOf([], [])).toEqual([null, null]);
  });

  it('proves nothing of the slots before and after it, and of none when it is empty', () => {
    const slots = [0, 1, 2, 5, 6, 7].map((index) => T0 + index * SLOT);
    const outside = (rows: number[], refused: number[]) =>
      slotsOutsideAnswer(answer(rows, now, refused), slots).map((slot) => (slot - T0) / SLOT);
    expect(outside([2, 5], [])).toEqual([0, 1, 6, 7]);
    expect(outside([2, 5], [1, 6])).toEqual([0, 7]);
    expect(outside([], [])).toEqual([0, 1, 2, 5, 6, 7]);
  });
});
