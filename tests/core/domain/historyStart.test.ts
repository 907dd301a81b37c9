import {
  type HistoryStart,
  type HistoryStartAnswer,
  historyStartAfterRows,
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

const reads = (first: number, last: number) => ({ firstRead: first * MINUTE, lastRead: last * MINUTE });
const waiting = (pending: HistoryStartAnswer): HistoryStart => ({ ...UNKNOWN_HISTORY_START, pending });
const confirmed = (
  firstAvailable: number,
  span: HistoryStart['reads'],
  pending: HistoryStartAnswer | null = null,
): HistoryStart => ({ firstAvailable, reads: span, pending });

const KNOWN = confirmed(500, reads(1, 11));
const BOTH = confirmed(500, reads(1, 50), answer(700, 50));

const cases: readonly [string, HistoryStart, HistoryStartAnswer, HistoryStart][] = [
  ['waits with the first answer', UNKNOWN_HISTORY_START, answer(500, 1), waiting(answer(500, 1))],
  [
    'believes the same answer ten minutes later',
    waiting(answer(500, 1)),
    answer(500, 11),
    confirmed(500, reads(1, 11)),
  ],
  [
    'waits on when the same answer comes sooner',
    waiting(answer(500, 1)),
    answer(500, 10),
    waiting(answer(500, 1)),
  ],
  [
    'believes the earlier start when the later answer names a later one',
    waiting(answer(500, 1)),
    answer(700, 11),
    confirmed(500, reads(1, 11)),
  ],
  [
    'begins anew when an answer names an earlier start, however late it comes',
    waiting(answer(500, 1)),
    answer(400, 99),
    waiting(answer(400, 99)),
  ],
  [
    'notes that history says again what is believed already',
    confirmed(500, reads(1, 11)),
    answer(500, 99),
    confirmed(500, reads(1, 99)),
  ],
  [
    'counts the reads anew in the record of an older store, which has none',
    confirmed(500, null),
    answer(500, 99),
    confirmed(500, reads(99, 99)),
  ],
  [
    'stays as it is for a read between those that are known',
    confirmed(500, reads(1, 11)),
    answer(500, 5),
    confirmed(500, reads(1, 11)),
  ],
  [
    'is unknown again when an answer names an earlier start than the one believed',
    confirmed(500, reads(1, 11), answer(700, 50)),
    answer(400, 99),
    waiting(answer(400, 99)),
  ],
  [
    'keeps what it believes while a later start waits',
    confirmed(500, reads(1, 11)),
    answer(700, 50),
    confirmed(500, reads(1, 50), answer(700, 50)),
  ],
  [
    'moves on when the later start is confirmed',
    confirmed(500, reads(1, 50), answer(700, 50)),
    answer(750, 60),
    confirmed(700, reads(50, 60)),
  ],
  [
    'stays as it is for an answer that was read before the one that waits',
    waiting(answer(500, 30)),
    answer(500, 1),
    waiting(answer(500, 30)),
  ],
];

test.each(cases)('the beginning of history %s', (_title, current, given, expected) => {
  expect(nextHistoryStart(current, given)).toEqual(expected);
});

test('the beginning of history is the same object after a read that is known, and wider after an earlier one', () => {
  for (const minute of [1, 5, 11]) expect(nextHistoryStart(KNOWN, answer(500, minute))).toBe(KNOWN);
  expect(nextHistoryStart(KNOWN, answer(500, 0))).toEqual(confirmed(500, reads(0, 11)));
});

test.each<[string, HistoryStart, number, number, HistoryStart]>([
  ['forgets a start for a later row before it', confirmed(500, reads(1, 11)), 499, 12, UNKNOWN_HISTORY_START],
  ['keeps it for a row that was read before', KNOWN, 499, 11, KNOWN],
  ['keeps it for its own row', KNOWN, 500, 12, KNOWN],
  ['forgets an answer that waits', waiting(answer(500, 1)), 499, 2, UNKNOWN_HISTORY_START],
  [
    'forgets only the later one of two',
    confirmed(500, reads(1, 50), answer(700, 50)),
    600,
    51,
    confirmed(500, reads(1, 50)),
  ],
  ['keeps both for a row at the later one', BOTH, 700, 51, BOTH],
  ['keeps both for a row that was read with the later one', BOTH, 600, 50, BOTH],
  ['forgets one of an older store, which has no reads', confirmed(500, null), 499, 1, UNKNOWN_HISTORY_START],
])('the beginning of history %s', (_title, current, openTime, readMinute, expected) => {
  const rows = [{ openTime, read: readMinute * MINUTE }];
  const after = historyStartAfterRows(current, rows);
  expect(after).toEqual(expected);
  // The store writes a record that is another object.
  expect(after === current).toBe(current === expected);
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
        if (start.firstAvailable === null) {
          // Disproved by the earlier start that the answer names.
          expect(latest.firstAvailable).toBeLessThan(before.firstAvailable!);
          continue;
        }
        const witness = given
          .slice(0, index)
          .some(
            ({ firstAvailable, read }) =>
              firstAvailable === start.firstAvailable && latest.read - read >= 10 * MINUTE,
          );
        expect(witness).toBe(true);
        expect(latest.firstAvailable).toBeGreaterThanOrEqual(start.firstAvailable);
      }
    }),
    { numRuns: 1000 },
  );
});
