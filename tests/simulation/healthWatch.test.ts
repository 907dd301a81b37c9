import { describe, expect, it } from 'vitest';
import type { Book } from './exchange/books.ts';
import { createActiveFaults } from './faults.ts';
import type { SeenHealth } from './machine/machine.ts';
import type { Problem } from './oracle/compareLakes.ts';
import { watchHealth } from './oracle/healthWatch.ts';
import { createVirtualTime } from './virtualTime.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 9, 10, 3);
const VALUES = { open: '1', high: '2', low: '1', close: '2', volume: '3' };

type Named = SeenHealth['health']['exceptions'][number]['state'];

/** Half an hour of `ok` with an empty store; `named` is what health says of the only symbol. */
async function watch({ launchTime, named }: { readonly launchTime: number; readonly named: Named | null }) {
  const time = createVirtualTime(START, () => 0);
  const problems: Problem[] = [];
  const values = (openTime: number) => (openTime + 3 * MINUTE > launchTime ? VALUES : null);
  const book: Book = {
    ...{ symbol: 'AAA-USDT', launchTime, retentionStart: 0, delistedAt: null },
    ...{ slot: () => null, row: values, finalValues: values },
  };
  const exception = { market: 'swap', symbol: 'AAA-USDT', reason: 'as the exchange says' } as const;
  const exceptions = named === null ? [] : [{ ...exception, state: named }];
  watchHealth({
    ...{ time, problems, faults: createActiveFaults([], { now: time.now, random: () => 0 }) },
    scenario: { interval: '3m', intervalMs: 3 * MINUTE, books: [book], end: START + 29 * MINUTE },
    machine: {
      health: async () => ({ health: { status: 'ok', exceptions }, startedAt: START - 86_400_000 }),
    },
    store: () => ({ readDay: async () => ({ candles: [], absences: [], unreadable: [] }) }),
  });
  await time.runUntil(START + 30 * MINUTE);
  return problems;
}

describe('the watch on health', () => {
  it('sees ok while a slot is late', async () => {
    expect(await watch({ launchTime: 0, named: null })).toMatchObject([
      { kind: 'health' },
      { kind: 'health' },
    ]);
  });

  it('sees a symbol that is named as an exception without a reason', async () => {
    expect(await watch({ launchTime: START - 120 * MINUTE, named: 'delisted' })).toHaveLength(2);
  });

  // The contract list is read again at least once an hour, README, "Watching it".
  it('lets a launch be that the contract list has not told yet, as long as health names the symbol', async () => {
    const launchTime = START - 10 * MINUTE;
    expect(await watch({ launchTime, named: 'delisted' })).toEqual([]);
    expect(await watch({ launchTime, named: 'rejected' })).toHaveLength(2);
    expect(await watch({ launchTime, named: null })).toHaveLength(2);
  });
});
