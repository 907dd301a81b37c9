import {
  type CheckpointRecord,
  type LakeRecord,
  planAdvance,
  planCommit,
  planSettings,
} from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { STATE } from '../../contracts/dayCommits.ts';
import { BTC, DAY, ETH, FRIDAY, SLOT } from '../../contracts/storeFixture.ts';

type Settings = { readonly interval: '3m'; readonly maShort: number };

const RECORDED: LakeRecord<Settings> = {
  settings: { interval: '3m', maShort: 3 },
  asOf: FRIDAY + DAY,
};

describe('the plan of writing settings', () => {
  test('has nothing to do for equal settings, in whichever order their keys stand', () => {
    expect(planSettings(RECORDED, { maShort: 3, interval: '3m' }, FRIDAY)).toBeNull();
  });

  test('marks no day when they are the first ones', () => {
    const plan = planSettings({ ...RECORDED, settings: null }, { interval: '3m', maShort: 3 }, FRIDAY);
    expect(plan).toEqual({ dropsDerived: false, days: new Set() });
  });

  test('drops what was derived with others, and marks the whole lake', () => {
    const other = { interval: '3m', maShort: 4 } as const;
    const days = new Set([FRIDAY - DAY, FRIDAY]);
    expect(planSettings(RECORDED, other, FRIDAY - SLOT)).toEqual({ dropsDerived: true, days });
    expect(planSettings(RECORDED, other, null)).toEqual({ dropsDerived: true, days: new Set() });
  });
});

describe('the plan of raising the watermark', () => {
  test.each([
    ['is as high already', FRIDAY + DAY, null],
    ['is higher already', FRIDAY, null],
    // From one interval before midnight on: the day before, whose last bar may still be short.
    ['rises by a slot', FRIDAY + DAY + SLOT, new Set([FRIDAY, FRIDAY + DAY])],
    ['rises by two days', FRIDAY + 3 * DAY, new Set([FRIDAY, FRIDAY + DAY, FRIDAY + 2 * DAY])],
  ])('when it %s', (_title, asOf, days) => {
    expect(planAdvance(RECORDED, asOf, FRIDAY - 9 * DAY)).toEqual(days);
  });

  test('marks nothing while no series has a candle', () => {
    expect(planAdvance(RECORDED, FRIDAY + 2 * DAY, null)).toEqual(new Set());
  });

  test('needs recorded settings', () => {
    const raise = () => planAdvance({ settings: null, asOf: 0 }, FRIDAY, null);
    expect(raise).toThrow('"2026-11-20T00:00Z": no interval is recorded; write the settings first');
  });
});

describe('the plan of committing a day', () => {
  const checkpoint = (series: typeof BTC, timeframeMinutes: number): CheckpointRecord => ({
    series,
    timeframeMinutes,
    state: STATE,
  });
  const checkpoints = [checkpoint(BTC, 21), checkpoint(BTC, 42), checkpoint(ETH, 21)];
  const commit = { day: FRIDAY, generation: 1, checkpoints, coverage: [], objects: [] };
  /** Keys in alphabetical order, as canonical JSON has them (RFC 8785). */
  const text =
    '{"atr":null,"closes":[0.30000000000000004,1e-7,116800.5],' +
    '"cross":{"maLong":0.6666666666666666,"maShort":0.3333333333333333},"outage":false,' +
    '"trueRanges":[5e-324,1.7976931348623157e+308]}';

  test('writes the checkpoints that differ, and marks the next day for them', () => {
    const plan = planCommit(commit, FRIDAY + DAY + 1, ({ series, timeframeMinutes }) => {
      if (series.symbol === ETH.symbol) return null;
      return timeframeMinutes === 21 ? text : text.replace('false', 'true');
    });
    const [, ofBtc, ofEth] = checkpoints;
    expect(plan.checkpoints).toEqual([
      { ...ofBtc, stateText: text },
      { ...ofEth, stateText: text },
    ]);
    expect(plan.days).toEqual(new Set([FRIDAY + DAY]));
  });

  test('marks nothing when all are as stored', () => {
    expect(planCommit(commit, FRIDAY + 9 * DAY, () => text)).toEqual({ checkpoints: [], days: new Set() });
  });

  test('marks no day that begins at the watermark or after it', () => {
    const { checkpoints: changed, days } = planCommit(commit, FRIDAY + DAY, () => null);
    expect(changed).toHaveLength(3);
    expect(days).toEqual(new Set());
  });
});
