import type { Candle, StoredDay } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import type { Book } from './exchange/books.ts';
import type { FaultKind } from './faultKinds.ts';
import { createActiveFaults, type Fault } from './faults.ts';
import type { SeenHealth } from './machine/machine.ts';
import type { Problem } from './oracle/compareLakes.ts';
import { watchHealth } from './oracle/healthWatch.ts';
import { createVirtualTime } from './virtualTime.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 9, 10, 3);
const VALUES = { open: '1', high: '2', low: '1', close: '2', volume: '3' };

interface WatchOptions {
  readonly launchTime?: number;
  /** What health says of the only symbol. */
  readonly named?: SeenHealth['health']['exceptions'][number]['state'] | null;
  /** The oldest slot that health counts as unreadable. */
  readonly unreadableFrom?: number | null;
  readonly stored?: Partial<StoredDay>;
  readonly faults?: readonly Fault[];
}

/** Half an hour of `ok`. */
async function watch(options: WatchOptions) {
  const { launchTime = 0, named = null, unreadableFrom = null, stored = {}, faults = [] } = options;
  const time = createVirtualTime(START, () => 0);
  const problems: Problem[] = [];
  const values = (openTime: number) => (openTime + 3 * MINUTE > launchTime ? VALUES : null);
  const book: Book = {
    ...{ symbol: 'AAA-USDT', launchTime, retentionStart: 0, delistedAt: null },
    ...{ slot: () => null, row: values, finalValues: values },
  };
  const exception = { market: 'swap', symbol: 'AAA-USDT', reason: 'as the exchange says' } as const;
  const exceptions = named === null ? [] : [{ ...exception, state: named }];
  const unreadable =
    unreadableFrom === null ? null : { slots: 1, symbol: 'AAA-USDT', openTime: isoOf(unreadableFrom) };
  watchHealth({
    ...{ time, problems, faults: createActiveFaults(faults, { now: time.now, random: () => 0 }) },
    scenario: { interval: '3m', intervalMs: 3 * MINUTE, books: [book], end: START + 29 * MINUTE },
    machine: {
      health: async () => ({
        health: { status: 'ok', exceptions, unreadable },
        startedAt: START - 86_400_000,
      }),
    },
    store: () => ({ readDay: async () => ({ candles: [], absences: [], unreadable: [], ...stored }) }),
  });
  await time.runUntil(START + 30 * MINUTE);
  return problems;
}

const isoOf = (time: number) => new Date(time).toISOString();

interface FaultOptions {
  /** Minutes after the start. */
  readonly from: number;
  readonly to: number;
  readonly symbol?: string;
}

function fault(kind: FaultKind, { from, to, symbol }: FaultOptions): Fault {
  return { kind, from: START + from * MINUTE, to: START + to * MINUTE, symbol: symbol ?? null, draw: 0 };
}

const SLOTS = Array.from({ length: 30 }, (_, index) => START + (index - 20) * 3 * MINUTE);
const ROWS_UNREADABLE = fault('rows-unreadable', { from: -30, to: 30 });
/** Every slot has been read in vain. */
const UNREADABLE = SLOTS.map((openTime) => ({ openTime, firstRead: START, lastRead: START }));
const PROVISIONAL: readonly Candle[] = SLOTS.map((openTime) => ({
  ...{ openTime, ...VALUES, status: 'provisional', source: 'stream', observed: 0 },
}));

describe('the watch on health', () => {
  it('sees ok while a slot is late', async () => {
    expect(await watch({})).toMatchObject([{ kind: 'health' }, { kind: 'health' }]);
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

  // Such slots are not late, README, "Watching it".
  it("lets a slot be whose row can't be read, as long as health counts it", async () => {
    const counted = {
      faults: [ROWS_UNREADABLE],
      stored: { unreadable: UNREADABLE },
      unreadableFrom: SLOTS[0]!,
    };
    expect(await watch(counted)).toEqual([]);
    expect(await watch({ ...counted, stored: { ...counted.stored, candles: PROVISIONAL } })).toEqual([]);
    expect(await watch({ ...counted, unreadableFrom: null })).toHaveLength(2);
    expect(await watch({ ...counted, unreadableFrom: SLOTS.at(-1)! })).toHaveLength(2);
  });

  // The looks are at +10 and +20 minutes; the candle of 3m in which the pause ends closes at +12.
  it('lets a slot of a pause be until history or a candle of the stream shows trading', async () => {
    const pause = fault('symbol-paused', { from: -120, to: 9.5, symbol: 'AAA-USDT' });
    const late = fault('replica-late', { from: 9.5, to: 30 });
    expect(await watch({ faults: [pause, late] })).toMatchObject([
      { detail: expect.stringContaining(`ok at ${isoOf(START + 20 * MINUTE)}`) },
    ]);
    expect(await watch({ faults: [pause] })).toHaveLength(2);
    expect(await watch({ faults: [late] })).toHaveLength(2);
    expect(await watch({ faults: [{ ...pause, symbol: 'BBB-USDT' }, late] })).toHaveLength(2);
    expect(await watch({ faults: [pause, late], stored: { candles: PROVISIONAL } })).toHaveLength(2);
    // The older slots of both looks closed before this pause.
    expect(await watch({ faults: [{ ...pause, from: START - 10 * MINUTE }, late] })).toHaveLength(2);
    // Before its end only health's own name for the symbol is a reason.
    expect(await watch({ faults: [{ ...pause, to: START + 30 * MINUTE }, late] })).toHaveLength(2);
  });

  it('sees slots that health counts as unreadable without a reason', async () => {
    const counted = { stored: { unreadable: UNREADABLE }, unreadableFrom: SLOTS[0]! };
    expect(await watch(counted)).toHaveLength(2);
    const other = { ...counted, faults: [ROWS_UNREADABLE], stored: { candles: PROVISIONAL } };
    expect(await watch(other)).toHaveLength(2);
  });
});
