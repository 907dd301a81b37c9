import { describe, expect, it } from 'vitest';
import { swapSeries } from '../support/swapSeries.ts';
import { createBook } from './exchange/books.ts';
import type { FaultKind } from './faultKinds.ts';
import { createActiveFaults } from './faults.ts';
import type { Problem } from './oracle/compareLakes.ts';
import { watchLake } from './oracle/lakeWatch.ts';
import { createRequestWatch } from './oracle/requestWatch.ts';
import { watchStore } from './oracle/storeWatch.ts';
import { createVirtualTime } from './virtualTime.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const START = Date.UTC(2026, 9, 10, 3);

function faultsOf(...kinds: readonly FaultKind[]) {
  const always = { from: START - 86_400_000, to: START + 86_400_000, symbol: null, draw: 0.5 };
  const faults = kinds.map((kind) => ({ kind, ...always }));
  return (now: () => number) => createActiveFaults(faults, { now, random: () => 0 });
}

describe('the watch on requests', () => {
  function createWorld(faults = faultsOf()) {
    let now = START;
    const problems: Problem[] = [];
    const watch = createRequestWatch({ now: () => now, faults: faults(() => now), problems });
    const send = (count: number, everyMs: number, address = 'machine') => {
      for (let sent = 0; sent < count; sent += 1) {
        watch.sent(address);
        now += everyMs;
      }
    };
    return { watch, problems, send, wait: (ms: number) => (now += ms) };
  }

  it.each([
    [2, 500, 1],
    [10, 1_000, 1],
    [51, 1_150, 1],
    [50, 1_250, 0],
  ])('of %i requests %i ms apart', (count, everyMs, least) => {
    const { problems, send } = createWorld();
    send(count, everyMs);
    if (least === 0) expect(problems).toEqual([]);
    else expect(problems.length).toBeGreaterThanOrEqual(least);
  });

  it('counts each address for itself', () => {
    const { problems, send } = createWorld();
    for (const address of ['one', 'two', 'three']) send(1, 10, address);
    expect(problems).toEqual([]);
  });

  it('allows everything while the clock by which requests are paced is wrong', () => {
    const { problems, send } = createWorld(faultsOf('clock-step'));
    send(5, 10);
    expect(problems).toEqual([]);
  });

  it.each([
    ['clock-step', 1, 0],
    ['clock-step', 3, 1],
    ['server-time-off', 11, 0],
    ['server-time-off', 13, 1],
  ] as const)('%s that ended %i minutes before two requests at once: %i problems', (kind, minutes, seen) => {
    const fault = { kind, from: START - 60 * MINUTE, to: START - minutes * MINUTE, symbol: null, draw: 0.5 };
    const { problems, send } = createWorld((now) => createActiveFaults([fault], { now, random: () => 0 }));
    send(2, 500);
    expect(problems).toHaveLength(seen);
  });

  it('sees a request before the instant that a refusal named', () => {
    const { watch, problems, send, wait } = createWorld();
    watch.refused('machine', START + 5 * MINUTE);
    wait(MINUTE);
    send(1, 0);
    expect(problems).toMatchObject([{ kind: 'limit' }]);
    wait(4 * MINUTE);
    send(1, 0);
    expect(problems).toHaveLength(1);
  });

  it('sees connections that are opened one after the other without a wait', () => {
    const { watch, problems } = createWorld();
    for (let count = 0; count < 40; count += 1) watch.connected();
    expect(problems).toEqual([]);
    watch.connected();
    expect(problems).toMatchObject([{ kind: 'limit' }]);
  });
});

describe('the watch on the store', () => {
  const intervalMs = 15 * MINUTE;
  const values = { open: '1', high: '2', low: '1', close: '2', volume: '3' };
  const final = { ...values, status: 'final', source: 'history', observed: START } as const;

  /** A quarter of an hour over a store that holds these facts of the slot that opened at the start. */
  async function watch(facts: object, faults = faultsOf()) {
    const time = createVirtualTime(START, () => 0);
    const shares = { holes: 0, lostRows: 0, flats: 0, revisions: 0, irregulars: 0 };
    const book = createBook({
      ...{ symbol: 'AAA-USDT', intervalMs, from: START - 86_400_000, to: START + 86_400_000 },
      ...{ launchTime: 0, retentionStart: 0, delistedAt: null, calmFrom: START, digits: 0 },
      ...{ lastRevisionMs: 0, shares, random: () => 0.5 },
    });
    const problems: Problem[] = [];
    const nothing = { candles: [], absences: [], unreadable: [] };
    watchStore({
      ...{ time, problems, faults: faults(time.now) },
      scenario: {
        interval: '15m',
        intervalMs,
        books: [book],
        end: START + 20 * MINUTE,
      } as unknown as Parameters<typeof watchStore>[0]['scenario'],
      store: () => ({
        readDay: async ({ symbol }) => {
          expect(symbol).toBe(swapSeries('AAA-USDT', '15m').symbol);
          return { ...nothing, ...facts };
        },
      }),
    });
    await time.runUntil(START + 20 * MINUTE);
    return { problems, shown: book.finalValues(START)!, updates: book.slot(START)!.updates };
  }

  it('sees a final candle that history never showed', async () => {
    const { problems } = await watch({ candles: [{ openTime: START, ...final }] });
    expect(problems).toMatchObject([{ kind: 'settled' }]);
  });

  it('counts a final candle as provisional that was observed more than ten seconds in the future', async () => {
    const look = START + 15 * MINUTE;
    const observedAt = (observed: number) => watch({ candles: [{ openTime: START, ...final, observed }] });
    expect((await observedAt(look + 10 * SECOND)).problems).toMatchObject([{ kind: 'settled' }]);
    expect((await observedAt(look + 10 * SECOND + 1)).problems).toEqual([]);
  });

  it('lets a final candle that history showed be', async () => {
    const { shown } = await watch({});
    const { problems } = await watch({ candles: [{ openTime: START, ...final, ...shown }] });
    expect(problems).toEqual([]);
  });

  it('sees a candle of the stream that is an earlier update than the last, unless the last was lost', async () => {
    const streamed = { openTime: START, status: 'provisional', source: 'stream', observed: 0 };
    const { updates } = await watch({});
    const half = { candles: [{ ...streamed, ...updates[0] }] };
    const { problems } = await watch(half);
    expect(problems.map(({ detail }) => detail.slice(-24))).toEqual([
      '2026-10-10T03:15:00.000Z',
      '2026-10-10T03:15:06.500Z',
    ]);
    expect((await watch(half, faultsOf('frames-lost'))).problems).toEqual([]);
    expect((await watch({ candles: [{ ...streamed, ...updates.at(-1) }] })).problems).toEqual([]);
  });

  it('sees a slot settled as empty of which history has a row, unless history hid it', async () => {
    const absences = [{ openTime: START, firstRead: START, lastRead: START + 10 * MINUTE }];
    expect((await watch({ absences })).problems).toMatchObject([{ kind: 'settled' }]);
    expect((await watch({ absences }, faultsOf('replica-holes'))).problems).toEqual([]);
    const once = [{ openTime: START, firstRead: START, lastRead: START + MINUTE }];
    expect((await watch({ absences: once })).problems).toEqual([]);
  });
});

describe('the watch on the lake', () => {
  interface World {
    readonly marksAt?: (now: number) => number;
    readonly startedAt?: (now: number) => number | null;
    readonly faults?: ReturnType<typeof faultsOf>;
  }

  /** A quarter of an hour of a store with a mark of today; its generation and the start of the program by time. */
  async function watch({ marksAt = () => 1, startedAt = () => START, faults = faultsOf() }: World) {
    const time = createVirtualTime(START, () => 0);
    const problems: Problem[] = [];
    watchLake({
      ...{ time, problems, faults: faults(time.now), scenario: { end: START + 20 * MINUTE } },
      machine: {
        async health() {
          const since = startedAt(time.now());
          return since === null
            ? null
            : { health: { status: 'ok', exceptions: [], unreadable: null }, startedAt: since };
        },
      },
      store: () => ({ dirtyDays: async () => [{ day: START, generation: marksAt(time.now()) }] }),
    });
    await time.runUntil(START + 20 * MINUTE);
    return problems;
  }

  it('sees a mark that is left while the program runs', async () => {
    expect(await watch({})).toMatchObject([
      { kind: 'behind', detail: expect.stringContaining('2026-10-10') },
    ]);
  });

  it('lets a day be that is marked anew', async () => {
    expect(await watch({ marksAt: (now) => now })).toEqual([]);
  });

  it('lets a program be that is down, has just started or can not write', async () => {
    expect(await watch({ startedAt: () => null })).toEqual([]);
    expect(await watch({ startedAt: (now) => now })).toEqual([]);
    expect(await watch({ faults: faultsOf('disk-full') })).toEqual([]);
  });
});
