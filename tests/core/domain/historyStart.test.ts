import {
  type HistoryStart,
  type HistoryStartAnswer,
  nextHistoryStart,
  UNKNOWN_HISTORY_START,
} from '@candlelake/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const MINUTE = 60_000;
const answer = (firstAvailable: number, readMinute: number): HistoryStartAnswer => ({
  firstAvailable,
  read: readMinute * MINUTE,
});

const cases: readonly [string, HistoryStart, HistoryStartAnswer, HistoryStart][] = [
  [
    'waits with the first answer',
    UNKNOWN_HISTORY_START,
    answer(500, 1),
    { firstAvailable: null, pending: answer(500, 1) },
  ],
  [
    'believes the same answer ten minutes later',
    { firstAvailable: null, pending: answer(500, 1) },
    answer(500, 11),
    { firstAvailable: 500, pending: null },
  ],
  [
    'waits on when the same answer comes sooner',
    { firstAvailable: null, pending: answer(500, 1) },
    answer(500, 10),
    { firstAvailable: null, pending: answer(500, 1) },
  ],
  [
    'believes the earlier start when the later answer names a later one',
    { firstAvailable: null, pending: answer(500, 1) },
    answer(700, 11),
    { firstAvailable: 500, pending: null },
  ],
  [
    'begins anew when an answer names an earlier start, however late it comes',
    { firstAvailable: null, pending: answer(500, 1) },
    answer(400, 99),
    { firstAvailable: null, pending: answer(400, 99) },
  ],
  [
    'stays as it is when history says what is believed already',
    { firstAvailable: 500, pending: null },
    answer(500, 99),
    { firstAvailable: 500, pending: null },
  ],
  [
    'keeps what it believes while a later start waits',
    { firstAvailable: 500, pending: null },
    answer(700, 50),
    { firstAvailable: 500, pending: answer(700, 50) },
  ],
  [
    'moves on when the later start is confirmed',
    { firstAvailable: 500, pending: answer(700, 50) },
    answer(750, 60),
    { firstAvailable: 700, pending: null },
  ],
  [
    'stays as it is for an answer that was read before the one that waits',
    { firstAvailable: null, pending: answer(500, 30) },
    answer(500, 1),
    { firstAvailable: null, pending: answer(500, 30) },
  ],
];

test.each(cases)('the beginning of history %s', (_title, current, given, expected) => {
  expect(nextHistoryStart(current, given)).toEqual(expected);
});

test('a confirmed start was named by an answer, and no answer ten minutes later named an earlier one', () => {
  const answers = fc.record({
    firstAvailable: fc.integer({ min: 0, max: 5 }),
    read: fc.integer({ min: 0, max: 6 }).map((n) => n * 5 * MINUTE),
  });
  fc.assert(
    fc.property(fc.array(answers, { maxLength: 12 }), (given) => {
      let start = UNKNOWN_HISTORY_START;
      for (const [index, latest] of given.entries()) {
        const before = start;
        start = nextHistoryStart(start, latest);
        if (start.firstAvailable === before.firstAvailable) continue;
        const witness = given
          .slice(0, index)
          .some(
            ({ firstAvailable, read }) =>
              firstAvailable === start.firstAvailable && latest.read - read >= 10 * MINUTE,
          );
        expect(witness).toBe(true);
        expect(latest.firstAvailable).toBeGreaterThanOrEqual(start.firstAvailable!);
      }
    }),
    { numRuns: 1000 },
  );
});
