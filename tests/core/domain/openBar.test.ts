import {
  aggregateBars,
  aggregateWithOpen,
  BAR_STATUSES,
  buildDaySlots,
  type Candle,
  type CandleUpdate,
  canonicalDecimal,
  computeIndicators,
  DAY_MS,
  INITIAL_INDICATOR_STATE,
  type OpenDayInput,
} from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectBar } from './expectBar.ts';
import { indicatorRow } from './indicatorRow.ts';
import { type LiteralDay, literalBars } from './literalLaws.ts';
import { candle, confirmedAbsence } from './makeCandles.ts';

const SLOT_MS = 3 * 60_000;
const SLOTS = 480;
const DAY = Date.UTC(2026, 10, 21);
const PERIODS = { maShort: 3, maLong: 7, atr: 14 };

const price = fc.integer({ min: 90, max: 110 }).map((ticks) => canonicalDecimal(`${ticks}e-1`)!);
const volume = fc.integer({ min: 0, max: 9_999_999 }).map((units) => canonicalDecimal(`${units}e-4`)!);
const values = fc.record({ open: price, high: price, low: price, close: price, volume });
/** What the slots before the open one hold, in stretches. */
const stretch = fc.tuple(
  fc.constantFrom('final', 'final', 'provisional', 'nothing', 'absent'),
  fc.integer({ min: 1, max: 15 }),
);

/** A day with an open slot; at the end of a bar its last one. */
const anyOpenDay = (isAtBarEnd = false) =>
  fc
    .record({
      minutes: fc.integer({ min: 1, max: SLOTS }).map((slots) => slots * 3),
      openSlot: fc.integer({ min: 0, max: SLOTS - 1 }),
      stretches: fc.array(stretch, { minLength: 1, maxLength: 30 }),
      drawn: fc.array(values, { minLength: 5, maxLength: 20 }),
      last: values,
    })
    .map(({ minutes, openSlot: slot, stretches, drawn, last }) => {
      const slotsPerBar = minutes / 3;
      const barEnd = Math.min((Math.floor(slot / slotsPerBar) + 1) * slotsPerBar, SLOTS) - 1;
      const openSlot = isAtBarEnd ? barEnd : slot;
      const kinds = stretches.flatMap(([kind, count]) => Array.from({ length: count }, () => kind));
      const candles: Candle[] = [];
      const absences = [];
      for (let slot = 0; slot < openSlot; slot++) {
        const openTime = DAY + slot * SLOT_MS;
        const kind = kinds[slot % kinds.length]!;
        if (kind === 'absent') absences.push(confirmedAbsence(openTime));
        if (kind === 'final' || kind === 'provisional')
          candles.push(candle(openTime, { ...drawn[slot % drawn.length]!, status: kind }));
      }
      const openTime = DAY + openSlot * SLOT_MS;
      const update: CandleUpdate = { ...last, symbol: 'BTC-USDT', openTime };
      return { minutes, openSlot, candles, absences, update };
    });

type OpenDay = ReturnType<typeof anyOpenDay> extends fc.Arbitrary<infer T> ? T : never;

/** The stream's view while the slot is open. */
function whileOpen({ candles, absences, update }: OpenDay): OpenDayInput {
  const stored = { candles, absences, unreadable: [] };
  return { ...dayInput(stored, update.openTime), update };
}

/** The store's view after the open candle has closed with its last update. */
function afterClose({ candles, absences, update }: OpenDay): OpenDayInput {
  const { symbol: _symbol, ...last } = update;
  const closed = candle(update.openTime, { ...last, status: 'provisional', source: 'stream', observed: 0 });
  const stored = { candles: [...candles, closed], absences, unreadable: [] };
  // One slot later a short bar is no longer held back.
  return { ...dayInput(stored, update.openTime + 2 * SLOT_MS), update: null };
}

function dayInput(stored: OpenDayInput['stored'], asOf: number): OpenDayInput {
  return { interval: '3m', day: DAY, launchTime: null, firstAvailable: null, stored, asOf, update: null };
}

/** The same day for the restatement of the laws; `quiet` are slots to come that stay without a trade. */
function literally({ stored, asOf }: OpenDayInput, quiet: readonly number[] = []): LiteralDay {
  const absences = [...stored.absences, ...quiet.map(confirmedAbsence)];
  const range = { launchTime: null, firstAvailable: null };
  return { slotMs: SLOT_MS, day: DAY, candles: stored.candles, absences, ...range, asOf };
}

describe('the open bar', () => {
  it('of its last slot is the bar that the lake gets when that candle closes with its last update', () => {
    fc.assert(
      fc.property(anyOpenDay(true), (day) => {
        const open = aggregateWithOpen(whileOpen(day), day.minutes);
        const after = afterClose(day);
        const closed = aggregateBars(buildDaySlots(after), day.minutes, after.asOf);
        const literal = literalBars(literally(after), day.minutes).bars;
        expect(open.length).toBe(closed.length);
        expectBar(open, open.length - 1, literal.at(-1)!);
        // With its indicators, bit for bit.
        const [before, then] = [open, closed].map((bars) =>
          indicatorRow(computeIndicators(bars, PERIODS, INITIAL_INDICATOR_STATE).indicators, bars.length - 1),
        );
        expect(before).toEqual(then);
      }),
      { numRuns: 150 },
    );
  });

  it('is at any time the bar of the candles so far, if no further slot has a trade', () => {
    fc.assert(
      fc.property(anyOpenDay(), (day) => {
        const open = aggregateWithOpen(whileOpen(day), day.minutes);
        const toCome = Array.from({ length: SLOTS - day.openSlot - 1 }, (_, i) => day.openSlot + 1 + i);
        const literal = literalBars(
          literally(
            { ...afterClose(day), asOf: DAY + 2 * DAY_MS },
            toCome.map((slot) => DAY + slot * SLOT_MS),
          ),
          day.minutes,
        );
        expect(open.length).toBe(literal.bars.length);
        for (const [row, bar] of literal.bars.entries()) expectBar(open, row, bar);
      }),
      { numRuns: 150 },
    );
  });

  it('does not wait for a missing slot: it is short from the moment the gap is behind it', () => {
    const first = candle(DAY, { close: '7' });
    const update = { ...candle(DAY + 2 * SLOT_MS, { high: '999' }), symbol: 'BTC-USDT' };
    const stored = { candles: [first], absences: [], unreadable: [] };
    const bars = aggregateWithOpen({ ...dayInput(stored, update.openTime), update }, 21);
    expect([bars.length, BAR_STATUSES[bars.status[0]!], bars.candleCount[0], bars.high[0]]).toEqual([
      ...[1, 'short', 2, 999],
    ]);
  });

  it.each([
    ['of a slot that has closed', DAY + SLOT_MS],
    ['of the day before', DAY - SLOT_MS],
    ['of the next day', DAY + DAY_MS],
  ])('takes no notice of an update %s', (_case, openTime) => {
    const stored = { candles: [candle(DAY), candle(DAY + SLOT_MS)], absences: [], unreadable: [] };
    const update = { ...candle(openTime, { high: '999' }), symbol: 'BTC-USDT' };
    const bars = aggregateWithOpen({ ...dayInput(stored, DAY + 2 * SLOT_MS), update }, 21);
    expect([bars.length, bars.high[0], bars.candleCount[0]]).toEqual([1, 101, 2]);
  });

  it('does not exist on the day after an update whose slot is still open', () => {
    const update = { ...candle(DAY - SLOT_MS), symbol: 'BTC-USDT' };
    const nothing = { candles: [], absences: [], unreadable: [] };
    expect(aggregateWithOpen({ ...dayInput(nothing, update.openTime), update }, 21).length).toBe(0);
  });

  it('does not exist before its first candle', () => {
    const stored = { candles: Array.from({ length: 7 }, (_, i) => candle(DAY + i * SLOT_MS)), absences: [] };
    const input = dayInput({ ...stored, unreadable: [] }, DAY + 7 * SLOT_MS);
    expect(aggregateWithOpen(input, 21).length).toBe(1);
  });
});
