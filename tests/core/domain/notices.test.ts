import { type Crossover, type CrossoverNotice, newestFirst, planNotices } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { FRIDAY, HOUR } from '../../contracts/storeFixture.ts';

const SINCE = FRIDAY;

function crossover(hour: number, parts: Partial<Crossover> = {}): Crossover {
  const kind = parts.kind ?? 'GOLDEN_CROSS';
  return {
    ...{ id: `${kind} ${hour}`, market: 'swap', symbol: 'BTC-USDT', timeframe: '60m', kind },
    ...{ openTime: '', closeTime: FRIDAY + hour * HOUR, close: 1, maShort: 3, maLong: 2, status: 'complete' },
    ...parts,
  };
}

const live = (one: Crossover) => ({ crossover: one, isLive: true });
const late = (one: Crossover) => ({ crossover: one, isLive: false });
const notice = (one: Crossover, sequence: number): CrossoverNotice => ({
  ...one,
  state: sequence % 2 === 1 ? 'crossed' : 'retracted',
  sequence,
});

describe('the notices of a derived day', () => {
  test('announce what is new at live bars', () => {
    const found = [live(crossover(1)), late(crossover(2)), live(crossover(3))];
    const planned = planNotices({ known: [], found, since: SINCE });
    expect(planned).toEqual([notice(crossover(1), 1), notice(crossover(3), 1)]);
  });

  test('say nothing about what is known and still there, also while a candle is not confirmed', () => {
    const known = [notice(crossover(1), 1)];
    expect(planNotices({ known, found: [live(crossover(1))], since: SINCE })).toEqual([]);
    const unconfirmed = late(crossover(1, { status: 'provisional' }));
    expect(planNotices({ known, found: [unconfirmed], since: SINCE })).toEqual([]);
  });

  test('retract what is gone, with the values that were announced', () => {
    const known = [notice(crossover(1), 1)];
    expect(planNotices({ known, found: [], since: SINCE })).toEqual([notice(crossover(1), 2)]);
    expect(planNotices({ known: [notice(crossover(1), 2)], found: [], since: SINCE })).toEqual([]);
  });

  test('announce again what comes back, once its bar is complete, however late', () => {
    const known = [notice(crossover(1), 2)];
    const unconfirmed = late(crossover(1, { status: 'provisional' }));
    expect(planNotices({ known, found: [unconfirmed], since: SINCE })).toEqual([]);
    const back = planNotices({ known, found: [late(crossover(1))], since: SINCE });
    expect(back).toEqual([notice(crossover(1), 3)]);
  });

  test('retract one kind before they announce the other at the same bar', () => {
    const [golden, death] = [crossover(1), crossover(1, { kind: 'DEATH_CROSS' })];
    const planned = planNotices({ known: [notice(golden, 1)], found: [live(death)], since: SINCE });
    expect(planned.map(({ id, state }) => [id, state])).toEqual([
      [golden.id, 'retracted'],
      [death.id, 'crossed'],
    ]);
  });

  test('are in the order of their bars, whatever they say', () => {
    const known = [notice(crossover(2), 1)];
    const planned = planNotices({ known, found: [live(crossover(3)), live(crossover(1))], since: SINCE });
    expect(planned).toEqual([notice(crossover(1), 1), notice(crossover(2), 2), notice(crossover(3), 1)]);
  });

  test('leave alone what is history under the present settings', () => {
    const parts = { known: [notice(crossover(1), 1)], found: [live(crossover(2))] };
    expect(planNotices({ ...parts, since: FRIDAY + 2 * HOUR })).toEqual([]);
    expect(planNotices({ ...parts, since: null })).toEqual([]);
    expect(planNotices({ ...parts, since: FRIDAY + HOUR })).toHaveLength(1);
  });
});

test('notices are shown from the newest bar on, those of one bar by their ids', () => {
  const [a, b] = ['DEATH_CROSS', 'GOLDEN_CROSS'] as const;
  const shown = [
    notice(crossover(2), 1),
    notice(crossover(1, { kind: a }), 1),
    notice(crossover(1, { kind: b }), 1),
  ];
  expect(shown.toReversed().sort(newestFirst)).toEqual(shown);
  expect([...shown].sort(newestFirst)).toEqual(shown);
});
