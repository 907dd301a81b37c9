import {
  aggregateBars,
  type Candle,
  canonicalDecimal,
  DAY_MS,
  INTERVALS,
  type Interval,
  intervalMs,
  MINUTE_MS,
} from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectBar } from './expectBar.ts';
import { type LiteralDay, literalBars, walkSession } from './literalLaws.ts';
import { candle, confirmedAbsence, daySlots, fullDay } from './makeCandles.ts';

const SLOT_MS = 3 * MINUTE_MS;

describe('the bars of a session', () => {
  const DATES = [
    '2026-11-16',
    '2026-11-17',
    '2026-11-18',
    '2026-11-19',
    '2026-11-20',
    '2026-11-21',
    '2026-11-22',
  ];

  it('cover it exactly, for 480 timeframes, all weekdays, leap day, month and year end', () => {
    const wrong: string[] = [];
    for (const date of [...DATES, '2028-02-29', '2026-12-31', '2027-01-01', '2026-04-30']) {
      const day = Date.parse(date);
      const slots = daySlots(day, { candles: fullDay(day, '3m') });
      for (let minutes = 3; minutes <= 1440; minutes += 3) {
        const columns = aggregateBars(slots, minutes, day + DAY_MS);
        const walked = walkSession(day, minutes);
        const same =
          columns.length === walked.length &&
          walked.every(
            (span, row) =>
              columns.barIndex[row] === row &&
              columns.openTime[row] === span.openTime &&
              columns.closeTime[row] === span.closeTime &&
              columns.candleCount[row] === (span.closeTime - span.openTime) / SLOT_MS,
          );
        if (!same) wrong.push(`${minutes}m on ${date}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('equal a literal restatement of the laws, for any slots, interval, timeframe and watermark', () => {
    fc.assert(
      fc.property(anyDay, ({ input, interval, minutes }) => {
        const slots = daySlots(input.day, {
          interval,
          candles: input.candles,
          absences: input.absences,
          asOf: input.asOf,
          ...(input.launchTime !== null && { launchTime: input.launchTime }),
          ...(input.firstAvailable !== null && { firstAvailable: input.firstAvailable }),
        });
        const columns = aggregateBars(slots, minutes, input.asOf);
        const expected = literalBars(input, minutes);
        expect(columns.length).toBe(expected.bars.length);
        expect(columns.endsInOutage).toBe(expected.endsInOutage);
        for (const [row, bar] of expected.bars.entries()) expectBar(columns, row, bar);
      }),
      { numRuns: 400 },
    );
  });
});

interface AnyDay {
  readonly input: LiteralDay;
  readonly interval: Interval;
  readonly minutes: number;
}

const price = fc.integer({ min: 90, max: 110 }).map((ticks) => canonicalDecimal(`${ticks}e-1`)!);
const volume = fc
  .tuple(fc.nat(1000), fc.nat(9999), fc.constantFrom('', '123456789012345678'))
  .map(([whole, part, tail]) => canonicalDecimal(`${whole}.${String(part).padStart(4, '0')}${tail}`)!);

/** What one slot holds: stretches of each kind, so that whole bars are missing or quiet often enough. */
const stretch = fc.tuple(
  fc.constantFrom('final', 'final', 'imported', 'provisional', 'nothing', 'nothing', 'absent', 'onceAbsent'),
  fc.integer({ min: 1, max: 12 }),
);

/** A day of any interval of at least 15m (fewer slots, smaller counterexamples), with anything in its slots. */
const anyDay: fc.Arbitrary<AnyDay> = fc
  .constantFrom(...INTERVALS.filter((interval) => intervalMs(interval) >= 15 * MINUTE_MS))
  .chain((interval) => {
    const slotMs = intervalMs(interval);
    const length = DAY_MS / slotMs;
    return fc
      .record({
        day: fc.integer({ min: -400, max: 25_000 }).map((days) => days * DAY_MS),
        slotsPerBar: fc.integer({ min: 1, max: length }),
        stretches: fc.array(stretch, { minLength: 1, maxLength: 40 }),
        values: fc.array(fc.tuple(price, price, price, price, volume), { minLength: 5, maxLength: 20 }),
        asOfSlots: fc.oneof(fc.constant(length + 2), fc.double({ min: -1, max: length + 2, noNaN: true })),
        launchSlots: fc.option(fc.double({ min: -2, max: length, noNaN: true }), { freq: 3 }),
        availableSlots: fc.option(fc.integer({ min: -2, max: length }), { freq: 3 }),
      })
      .map((drawn) => {
        const kinds = drawn.stretches.flatMap(([kind, count]) => Array.from({ length: count }, () => kind));
        const instant = (slots: number) => drawn.day + Math.round(slots * slotMs);
        const candles: Candle[] = [];
        const absences = [];
        for (let index = 0; index < length; index++) {
          const openTime = drawn.day + index * slotMs;
          const kind = kinds[index % kinds.length]!;
          const [open, high, low, close, traded] = drawn.values[index % drawn.values.length]!;
          if (kind === 'absent') absences.push(confirmedAbsence(openTime));
          if (kind === 'onceAbsent') absences.push({ openTime, firstRead: 1, lastRead: 2 });
          if (kind === 'nothing' || kind === 'absent' || kind === 'onceAbsent') continue;
          candles.push(candle(openTime, { open, high, low, close, volume: traded, status: kind }));
        }
        return {
          interval,
          minutes: (drawn.slotsPerBar * slotMs) / MINUTE_MS,
          input: {
            slotMs,
            day: drawn.day,
            candles,
            absences,
            asOf: instant(drawn.asOfSlots),
            launchTime: drawn.launchSlots === null ? null : instant(drawn.launchSlots),
            firstAvailable: drawn.availableSlots === null ? null : instant(drawn.availableSlots),
          },
        };
      });
  });
