import { compareObjects, type LakeObject } from '@candlelake/core';
import { expect, test } from 'vitest';
import { DAY_ONE, SETTINGS } from '../../support/lake.ts';

const BARS = 'bars/timeframe=21m/date=2026-11-20/bars.parquet';
const CANDLES = 'candles/interval=3m/date=2026-11-20/candles.parquet';
const COVERAGE = 'coverage/interval=3m/date=2026-11-20/coverage.parquet';
const FORMER = 'bars/timeframe=60m/date=2026-11-20/bars.parquet';

const recorded: readonly LakeObject[] = [
  { path: CANDLES, version: 'c' },
  { path: COVERAGE, version: 'v' },
];
const intact: readonly (readonly [string, string | null])[] = [
  [CANDLES, 'c'],
  [COVERAGE, 'v'],
];

function damageOf(
  objects: readonly LakeObject[] | null,
  found: readonly (readonly [string, string | null])[],
) {
  const { damaged, unrecorded } = compareObjects([{ day: DAY_ONE, objects }], new Map(found), SETTINGS);
  return { damaged: damaged.length > 0, unrecorded: unrecorded.length > 0 };
}

test.each<[string, boolean, readonly (readonly [string, string | null])[]]>([
  ['has exactly the recorded objects', false, intact],
  ['lacks one', true, [intact[0]!]],
  ['lacks all', true, []],
  ['has one with another version', true, [intact[0]!, [COVERAGE, 'w']]],
  ['has one whose version is not known', false, [intact[0]!, [COVERAGE, null]]],
  ['lacks one and has one whose version is not known', true, [[COVERAGE, null]]],
  ['has one that it was derived without', true, [...intact, [BARS, 'b']]],
  ['has such a one whose version is not known', true, [...intact, [BARS, null]]],
  ['shares the listing with files of the user and other days', false, [...intact, ['notes', 'n']]],
])('a day that %s is damaged: %s', (_title, damaged, found) => {
  expect(damageOf(recorded, found)).toEqual({ damaged, unrecorded: false });
});

test('a day without a record is unrecorded, whatever objects it has', () => {
  expect(damageOf(null, intact)).toEqual({ damaged: false, unrecorded: true });
  expect(damageOf(null, [])).toEqual({ damaged: false, unrecorded: true });
});

test('a recorded object of a timeframe that the settings no longer name counts too', () => {
  const objects = [...recorded, { path: FORMER, version: 'f' }];
  expect(damageOf(objects, intact).damaged).toBe(true);
});
