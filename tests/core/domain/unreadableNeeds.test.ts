import {
  EMPTY_SLOT,
  joinNeeds,
  type Needs,
  NO_NEEDS,
  needsOf,
  newRecord,
  type SlotEvidence,
  slotsToAsk,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { swapSeries } from '../../support/swapSeries.ts';
import { candle } from './makeCandles.ts';

const MINUTE = 60_000;
const SLOT = 3 * MINUTE;
const FIRST = Date.UTC(2026, 10, 22);
/** History showed the row for the first time. */
const READ = FIRST + SLOT + 8_000;
const record = newRecord(swapSeries('BTC-USDT', '3m'));

const rowRead = (lastRead: number) => ({ openTime: FIRST, firstRead: READ, lastRead });

function needs(now: number, slot: Partial<SlotEvidence>, fillGaps = true): Needs {
  const unsettled = new Map([[FIRST, { ...EMPTY_SLOT, ...slot }]]);
  return needsOf({ unsettled, looks: [], intervalMs: SLOT, record, now, fillGaps });
}

describe('a row that cannot be read', () => {
  // docs/truth.md, "Quiet and unavailable".
  it.each([
    [0, 1],
    [1, 6],
    [6, 36],
    [36, 96],
    [96, 156],
  ])(
    'is read again after 1, 6 and 36 minutes, then every hour: read %i minutes after the first time, it waits until %i',
    (lastMinutes, nextMinutes) => {
      const unreadable = rowRead(READ + lastMinutes * MINUTE);
      const next = READ + nextMinutes * MINUTE;
      expect(needs(next - 1, { unreadable })).toEqual({
        ...{ ...NO_NEEDS, missing: [FIRST], unreadable: [FIRST] },
        waitUntil: next,
      });
      expect(needs(next, { unreadable })).toMatchObject({ ask: [FIRST], waitUntil: null });
    },
  );

  it('of a provisional candle is read again also where gaps are not filled', () => {
    const slot = { unreadable: rowRead(READ), candle: candle(FIRST, { status: 'provisional', observed: 0 }) };
    expect(needs(READ + MINUTE, slot, false)).toMatchObject({
      ...{ ask: [FIRST], missing: [], provisional: [FIRST], unreadable: [FIRST] },
    });
    expect(needs(READ + MINUTE, { unreadable: rowRead(READ) }, false)).toMatchObject({
      ...{ ask: [], missing: [FIRST], waitUntil: null },
    });
  });

  it('counts until a later read shows no row: then the slot waits ten minutes from the last row on', () => {
    const absence = { openTime: FIRST, firstRead: READ - 5 * MINUTE, lastRead: READ };
    const seen = { unreadable: rowRead(READ), absence };
    expect(needs(READ + 1, seen)).toMatchObject({ unreadable: [FIRST], confirming: [] });
    const gone = { ...seen, absence: { ...absence, lastRead: READ + MINUTE } };
    expect(needs(READ + 10 * MINUTE - 1, gone)).toMatchObject({
      ...{ ask: [], unreadable: [], confirming: [FIRST], waitUntil: READ + 10 * MINUTE },
    });
    expect(needs(READ + 10 * MINUTE, gone)).toMatchObject({ ask: [FIRST], confirming: [FIRST] });
  });
});

describe('what is asked for', () => {
  it('waits for the first of the slots that wait', () => {
    const unsettled = new Map([
      [FIRST, { ...EMPTY_SLOT, unreadable: rowRead(READ + 6 * MINUTE) }],
      [FIRST + SLOT, { ...EMPTY_SLOT, unreadable: { ...rowRead(READ), openTime: FIRST + SLOT } }],
      [FIRST + 2 * SLOT, { ...EMPTY_SLOT, unreadable: rowRead(READ + 36 * MINUTE) }],
    ]);
    const found = needsOf({ unsettled, looks: [], intervalMs: SLOT, record, now: READ, fillGaps: true });
    expect(found).toMatchObject({ ask: [], waitUntil: READ + MINUTE });
  });

  it('are unsettled slots and looks in time order; looks only where gaps are filled', () => {
    const input = { unsettled: new Map([[FIRST, EMPTY_SLOT]]), intervalMs: SLOT, record, now: READ + SLOT };
    const looks = [FIRST - SLOT, FIRST + SLOT];
    const filled = needsOf({ ...input, looks, fillGaps: true });
    expect(slotsToAsk(filled)).toEqual([FIRST - SLOT, FIRST, FIRST + SLOT]);
    expect(needsOf({ ...input, looks, fillGaps: false }).looks).toEqual([]);
    expect(slotsToAsk({ ask: [FIRST], looks: [] })).toEqual([FIRST]);
  });

  it('is put together of unreadable rows, looks and what waits before the start of history too', () => {
    const beforeStart = { first: FIRST - 9 * SLOT, slots: 4 };
    const parts = [
      { ...NO_NEEDS, unreadable: [FIRST], looks: [FIRST - SLOT], waitUntil: READ + 2 },
      { ...NO_NEEDS, beforeStart, waitUntil: READ + 1 },
      { ...NO_NEEDS, unreadable: [FIRST + SLOT], looks: [FIRST], waitUntil: null },
    ];
    expect(joinNeeds(parts)).toEqual({
      ...{ ...NO_NEEDS, unreadable: [FIRST, FIRST + SLOT], looks: [FIRST - SLOT, FIRST], beforeStart },
      waitUntil: READ + 1,
    });
  });
});
