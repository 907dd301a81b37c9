import {
  EMPTY_SLOT,
  type EpochMs,
  type MergePlan,
  planDescription,
  planMerge,
  type SeriesRecord,
  type SlotEvidence,
  type SlotFacts,
  spansToRead,
  UNKNOWN_HISTORY_START,
} from '@candlelake/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { factsOf, slotFacts } from '../../contracts/mergeLaw.ts';
import { BTC, DAY, FRIDAY, MINUTE, makeAbsence, makeCandle, SLOT } from '../../contracts/storeFixture.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const UNKNOWN: SeriesRecord = {
  ...BTC,
  firstSlot: null,
  keptSince: null,
  launchTime: null,
  pricePrecision: null,
  historyStart: UNKNOWN_HISTORY_START,
  fillWindow: null,
};
/** A series whose first candle opens on Friday at 00:03. */
const KNOWN: SeriesRecord = { ...UNKNOWN, firstSlot: FRIDAY + SLOT };

function plan(
  facts: readonly Omit<SlotFacts, 'series'>[],
  {
    record = KNOWN,
    stored = [],
    asOf = FRIDAY + 2 * DAY,
  }: {
    readonly record?: SeriesRecord | null;
    readonly stored?: readonly (readonly [EpochMs, Partial<SlotEvidence>])[];
    readonly asOf?: EpochMs;
  } = {},
): MergePlan {
  const evidence = new Map(stored.map(([time, slot]) => [time, { ...EMPTY_SLOT, ...slot }]));
  const ofSeries = facts.map((one) => ({ series: BTC, ...one }));
  return planMerge({ facts: ofSeries, record, stored: () => evidence, asOf });
}

describe('what is read for a merge', () => {
  test('is one span for each UTC day, from the first slot that the facts name to the last', () => {
    const spans = spansToRead([
      { series: BTC, candles: [3, 5, 4, -1].map((slot) => makeCandle(FRIDAY + slot * SLOT)) },
      { series: BTC, absences: [makeAbsence(FRIDAY + 2 * SLOT, 0), makeAbsence(FRIDAY + DAY, 0)] },
      { series: BTC, historyStart: { firstAvailable: FRIDAY - 9 * DAY, read: FRIDAY } },
    ]);
    expect(spans).toEqual([
      { day: FRIDAY, first: FRIDAY + 2 * SLOT, last: FRIDAY + 5 * SLOT },
      { day: FRIDAY - DAY, first: FRIDAY - SLOT, last: FRIDAY - SLOT },
      { day: FRIDAY + DAY, first: FRIDAY + DAY, last: FRIDAY + DAY },
    ]);
  });
});

describe('a final that was observed in the future', () => {
  const NOW = FRIDAY + DAY;
  const wrong = makeCandle(FRIDAY, { close: '1.25', observed: NOW + 8 * 60 * MINUTE });
  const right = makeCandle(FRIDAY, { close: '2.5', observed: NOW - SLOT });
  const stored = [[FRIDAY, { candle: wrong }]] as const;

  test('gives way to a final that was read now, and the change is a revision with the stored key', () => {
    const { slots } = plan([{ candles: [right], skipEqualFinals: true, now: NOW }], { stored });
    expect(slots).toMatchObject([{ before: { candle: wrong }, after: { candle: right }, visible: true }]);
    // Of several facts the first that gives a time tells it.
    expect(plan([{}, { candles: [right], now: NOW }], { stored }).slots).toHaveLength(1);
  });

  test('is written again even when its values are right: later reads may have to replace it', () => {
    const equal = { ...wrong, observed: NOW - SLOT };
    const { slots } = plan([{ candles: [equal], skipEqualFinals: true, now: NOW }], { stored });
    expect(slots).toMatchObject([{ after: { candle: equal }, visible: false }]);
  });

  test('stays while no reliable time is given, and against a provisional candle', () => {
    expect(plan([{ candles: [right] }], { stored }).slots).toEqual([]);
    const provisional = makeCandle(FRIDAY, { status: 'provisional', observed: 0, volume: '1' });
    expect(
      plan([{ candles: [provisional], now: NOW }], {
        stored: [[FRIDAY, { candle: { ...wrong, volume: '2' } }]],
      }).slots,
    ).toEqual([]);
  });
});

describe('the plan of a merge', () => {
  test('adds an unknown series also when the facts are empty', () => {
    const nothing = { slots: [], days: new Set(), boundsChanged: false };
    expect(plan([{}], { record: null })).toEqual({ ...nothing, record: UNKNOWN });
    expect(plan([{}])).toEqual({ ...nothing, record: null });
  });

  test('names the series by its three fields only', () => {
    const facts = [{ series: { ...KNOWN }, candles: [makeCandle(FRIDAY)] }];
    const { slots } = planMerge({ facts, record: KNOWN, stored: () => undefined, asOf: 0 });
    expect(slots[0]?.series).toEqual(swapSeries('BTC-USDT', '3m'));
  });

  test('marks the day of a changed slot, and not that of one that the lake shows as before', () => {
    const seen = makeCandle(FRIDAY + DAY);
    const again = { ...seen, observed: seen.observed + 1 };
    const { slots, days, record } = plan([{ candles: [makeCandle(FRIDAY + 9 * SLOT), again] }], {
      stored: [[FRIDAY + DAY, { candle: seen }]],
    });
    expect(slots.map(({ openTime, visible }) => [openTime, visible])).toEqual([
      [FRIDAY + 9 * SLOT, true],
      [FRIDAY + DAY, false],
    ]);
    expect(slots[1]).toMatchObject({ before: { candle: seen }, after: { candle: again, absence: null } });
    expect(days).toEqual(new Set([FRIDAY]));
    expect(record).toBeNull();
  });

  test('moves the first slot of a series back and marks every day from there to the former one', () => {
    const made = plan([{ candles: [makeCandle(FRIDAY - 2 * DAY)] }]);
    expect(made.record).toEqual({ ...KNOWN, firstSlot: FRIDAY - 2 * DAY });
    expect(made.boundsChanged).toBe(true);
    expect(made.days).toEqual(new Set([FRIDAY - 2 * DAY, FRIDAY - DAY, FRIDAY]));
  });

  test('marks up to the watermark when the first candle of a series arrives', () => {
    const made = plan([{ candles: [makeCandle(FRIDAY)] }], { record: null });
    expect(made.days).toEqual(new Set([FRIDAY, FRIDAY + DAY]));
  });

  test('writes an empty slot before the first day of a series, where the lake has no rows', () => {
    const made = plan([{ absences: [makeAbsence(FRIDAY - SLOT, 10 * MINUTE)] }]);
    expect(made.slots.map(({ visible }) => visible)).toEqual([false]);
    expect(made.days).toEqual(new Set());
    const withoutCandle = plan([{ absences: [makeAbsence(FRIDAY, 10 * MINUTE)] }], { record: null });
    expect(withoutCandle.slots.map(({ visible }) => visible)).toEqual([false]);
    const onFirstDay = plan([{ absences: [makeAbsence(FRIDAY, 10 * MINUTE)] }]);
    expect(onFirstDay.slots.map(({ visible }) => visible)).toEqual([true]);
    expect(onFirstDay.days).toEqual(new Set([FRIDAY]));
  });

  test('takes answers about the start of history in their order', () => {
    const answers = [0, 10 * MINUTE].map((read) => ({
      historyStart: { firstAvailable: FRIDAY + DAY, read },
    }));
    const { record, days, boundsChanged } = plan(answers);
    expect(boundsChanged).toBe(true);
    expect(record?.historyStart).toEqual({
      ...{ firstAvailable: FRIDAY + DAY, pending: null },
      reads: { firstRead: 0, lastRead: 10 * MINUTE },
    });
    expect(days).toEqual(new Set([FRIDAY]));
  });
});

describe('a read that repeats an earlier one', () => {
  const stored = makeCandle(FRIDAY + SLOT);
  const later = { ...stored, observed: stored.observed + DAY };

  test.each([
    ['the final that is stored', stored, later, false],
    ['a final with another close', stored, { ...later, close: '111' }, true],
    ['a final from another source', { ...stored, source: 'import' } as const, later, true],
    [
      'an import that repeats an import',
      { ...stored, status: 'imported' } as const,
      { ...later, status: 'imported' } as const,
      true,
    ],
    ['a final over an equal imported one', { ...stored, status: 'imported' } as const, later, true],
    ['a final over an equal provisional one', { ...stored, status: 'provisional' } as const, later, true],
    ['a final of an empty slot', null, later, true],
  ])('decides about %s', (_title, candle, found, isWritten) => {
    const options = { stored: [[stored.openTime, { candle }]] as const };
    const { slots } = plan([{ candles: [found], skipEqualFinals: true }], options);
    expect(slots.map(({ after }) => after.candle)).toEqual(isWritten ? [found] : []);
    // Without the flag a later read of an equal candle is written as well: it decides against older reads.
    expect(plan([{ candles: [found] }], options).slots).toHaveLength(1);
    const revised = plan([{ candles: [found], skipEmptySlots: true }], options).slots;
    expect(revised).toHaveLength(1);
  });

  test('leaves the other facts of the same merge as they are', () => {
    const other = { ...later, observed: later.observed - 1 };
    const { slots } = plan([{ candles: [later], skipEqualFinals: true }, { candles: [other] }], {
      stored: [[stored.openTime, { candle: stored }]],
    });
    expect(slots.map(({ after }) => after.candle)).toEqual([other]);
  });
});

describe('the law of merging, on plans', () => {
  const batches = fc.array(fc.array(slotFacts, { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 6,
  });
  /** Applies plans of one series one after the other, as a store does. */
  function merged(facts: readonly (readonly SlotFacts[])[]) {
    let record: SeriesRecord | null = null;
    const stored = new Map<EpochMs, SlotEvidence>();
    for (const batch of facts) {
      const made: MergePlan = planMerge({ facts: batch, record, stored: () => stored, asOf: FRIDAY });
      record = made.record ?? record;
      for (const { openTime, after } of made.slots) stored.set(openTime, after);
    }
    return { record, stored: [...stored].sort(([a], [b]) => a - b) };
  }

  test('one merge of everything, in any order, does what the parts do one by one', () => {
    fc.assert(
      fc.property(batches, fc.infiniteStream(fc.nat()), (given, order) => {
        const parts = given.map((batch) => batch.map((one) => factsOf({ ...one, isBtc: true })));
        const keyed = parts.flat().map((facts) => [order.next().value as number, facts] as const);
        const shuffled = keyed.sort(([a], [b]) => a - b).map(([, facts]) => facts);
        expect(merged([shuffled])).toEqual(merged(parts));
        expect(merged([...parts, shuffled])).toEqual(merged(parts));
      }),
      { numRuns: 200 },
    );
  });
});

describe('the plan of a contract that was read', () => {
  test('writes a launch time once, and marks the days from the first slot to it', () => {
    const facts = { launchTime: FRIDAY + DAY + SLOT, pricePrecision: 2 };
    const made = planDescription(BTC, KNOWN, facts, FRIDAY + 3 * DAY);
    expect(made.record).toEqual({ ...KNOWN, ...facts });
    expect(made.days).toEqual(new Set([FRIDAY, FRIDAY + DAY]));
    expect(made.boundsChanged).toBe(true);
    const early = planDescription(BTC, KNOWN, { ...facts, launchTime: FRIDAY - DAY }, FRIDAY + 3 * DAY);
    expect(early.days).toEqual(new Set());
    const again = planDescription(BTC, made.record, facts, FRIDAY + 2 * DAY);
    expect(again).toEqual({ record: null, days: new Set(), boundsChanged: false });
  });
});
