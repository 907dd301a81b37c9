import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createMemoryStore,
  DEFAULT_PACE_LIMITS,
  MINUTE_MS,
  type PaceLimits,
  type PaceStore,
  type ReportedEvent,
  RequestBudget,
  type RequestPriority,
  scaleLimits,
} from '../../../packages/core/src/index.ts';
import { createManualClock } from '../../support/manualClock.ts';

const ROUTE = '/candles';
const START = Date.UTC(2026, 10, 22, 12);

/** A budget whose starts are noted by name and time. */
function budgeting({
  clock = createManualClock(START),
  pace = undefined as PaceStore | undefined,
  limits = DEFAULT_PACE_LIMITS,
  random = (): number => 0,
  exchangeClock = clock as { now(): number; isSynced?(): boolean },
} = {}) {
  const reported: ReportedEvent[] = [];
  const store = pace ?? createMemoryStore({ now: clock.now });
  const budget = new RequestBudget({
    pace: store,
    clock,
    exchangeClock,
    random,
    limits,
    report: (event) => void reported.push(event),
  });
  const starts: { name: string; at: number }[] = [];
  const ask = (name: string, priority: RequestPriority = 'live', signal = new AbortController().signal) =>
    budget
      .take({ priority, route: ROUTE }, signal)
      .then(() => void starts.push({ name, at: clock.now() - START }));
  return { clock, budget, starts, ask, reported, store };
}

/** The most starts within any span of `windowMs`, counted from each start. */
function densest(starts: readonly { at: number }[], windowMs: number): number {
  return Math.max(
    0,
    ...starts.map(({ at }) => starts.filter((other) => other.at >= at && other.at < at + windowMs).length),
  );
}

describe('the pace', () => {
  test('by default is one request a second, nine in ten seconds, fifty a minute (trap 25) (predecessor fault 24)', async () => {
    const { clock, ask, starts } = budgeting();
    for (let request = 0; request < 120; request++) void ask(`${request}`);
    await clock.advance(2 * MINUTE_MS);
    expect([1_000, 10_000, 60_000].map((windowMs) => densest(starts, windowMs))).toEqual([1, 9, 50]);
    expect(starts.length).toBeGreaterThan(95);
  });

  test.each([
    // Of 1 s, 10 s and a minute; a window that would hold less than one request is longer.
    [10, [10, 90, 500]],
    [2.5, [3, 23, 125]],
    [0.5, [1, 5, 25]],
    [0.1, [1, 1, 5]],
  ])('of %d requests a second is %j in a second, ten seconds and a minute', async (rate, expected) => {
    const { clock, ask, starts } = budgeting({ limits: scaleLimits(DEFAULT_PACE_LIMITS, rate) });
    const count = Math.ceil(130 * rate);
    for (let request = 0; request < count; request++) void ask(`${request}`);
    await clock.advance(2 * MINUTE_MS);
    const found = [1_000, 10_000, 60_000].map((windowMs) => densest(starts, windowMs));
    for (const [index, most] of expected.entries()) expect(found[index]).toBeLessThanOrEqual(most);
    // 50 in a minute for each request a second.
    expect(starts.length).toBeGreaterThanOrEqual(Math.floor(100 * rate));
  });

  test('of any rate allows as much of each window as that rate times the default, and never more', () => {
    const rates = fc.integer({ min: 100, max: 10_000 }).map((thousandths) => thousandths / 1_000);
    fc.assert(
      fc.property(rates, (rate) => {
        for (const [index, { windowMs, requests }] of scaleLimits(DEFAULT_PACE_LIMITS, rate).entries()) {
          const full = DEFAULT_PACE_LIMITS[index]!;
          const perMs = (rate * full.requests) / full.windowMs;
          expect(requests / windowMs).toBeLessThanOrEqual(perMs * (1 + 1e-12));
          expect(requests / (windowMs - 1)).toBeGreaterThan(perMs * (1 - 1e-12));
          expect(Number.isInteger(requests) && requests >= 1).toBe(true);
        }
      }),
    );
  });

  test('is kept in every window, whenever requests come', async () => {
    const limits: PaceLimits = [
      { windowMs: 100, requests: 2 },
      { windowMs: 1_000, requests: 7 },
    ];
    const gaps = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(gaps, async (waits) => {
        const { clock, ask, starts } = budgeting({ limits });
        for (const [index, wait] of waits.entries()) {
          void ask(`${index}`, index % 3 === 0 ? 'background' : 'live');
          await clock.advance(wait);
        }
        await clock.advance(10_000);
        expect(starts).toHaveLength(waits.length);
        for (const { windowMs, requests } of limits)
          expect(densest(starts, windowMs)).toBeLessThanOrEqual(requests);
      }),
      { numRuns: 40 },
    );
  });

  test('is shared by all that use one store', async () => {
    const clock = createManualClock(START);
    const pace = createMemoryStore({ now: clock.now });
    const one = budgeting({ clock, pace });
    const other = budgeting({ clock, pace });
    for (let request = 0; request < 10; request++) {
      void one.ask(`one ${request}`);
      void other.ask(`other ${request}`);
    }
    await clock.advance(30_000);
    expect(densest([...one.starts, ...other.starts], 1_000)).toBe(1);
    expect(one.starts.length + other.starts.length).toBe(20);
  });
});

describe('before the exchange has told its time', () => {
  /** A clock that is wrong, and knows that it is not synced until the first request has been sent. */
  function wrongClock(clock: ReturnType<typeof createManualClock>, errorMs: number) {
    let isSynced = false;
    return {
      now: () => clock.now() + (isSynced ? 0 : errorMs),
      isSynced: () => isSynced,
      sync() {
        isSynced = true;
      },
    };
  }

  test.each([30_000, -30_000])(
    'a process whose clock is %d ms ahead sends its first requests at the pace of the others',
    async (errorMs) => {
      const clock = createManualClock(START);
      const pace = createMemoryStore({ now: clock.now });
      const backfill = budgeting({ clock, pace });
      const stop = new AbortController();
      const work = async ({ ask }: ReturnType<typeof budgeting>) => {
        for (;;) await ask('backfill', 'background', stop.signal);
      };
      work(backfill).catch(() => {});
      await clock.advance(90_000);
      const exchangeClock = wrongClock(clock, errorMs);
      const late = budgeting({ clock, pace, exchangeClock });
      const first = late.ask('server time').then(() => exchangeClock.sync());
      await clock.advance(5_000);
      await first;
      for (let request = 0; request < 5; request++) void late.ask(`${request}`);
      await clock.advance(30_000);
      stop.abort();
      expect(late.starts.length).toBe(6);
      const starts = [...backfill.starts, ...late.starts];
      // One more than the pace allows: a clock that is ahead takes all starts for old ones, once.
      expect(densest(starts, 1_000)).toBeLessThanOrEqual(errorMs > 0 ? 2 : 1);
      expect(densest(starts, MINUTE_MS)).toBeLessThanOrEqual(51);
    },
  );

  // Seed 385 of the simulator: after the next loss of the time its requests ran half a second apart.
  test('what was missing to the pace of the others is forgotten once the time is known', async () => {
    const clock = createManualClock(START);
    const pace = createMemoryStore({ now: clock.now });
    const other = budgeting({ clock, pace });
    void other.ask('other');
    await clock.advance(0);
    let errorMs = -17_000;
    let isSynced = false;
    const exchangeClock = { now: () => clock.now() + errorMs, isSynced: () => isSynced };
    const late = budgeting({ clock, pace, exchangeClock });
    void late.ask('server time');
    await clock.advance(2_000);
    [errorMs, isSynced] = [0, true];
    void late.ask('synced');
    await clock.advance(2_000);
    isSynced = false;
    void late.ask('lost');
    await clock.advance(2_000);
    expect(late.starts.map(({ name }) => name)).toEqual(['server time', 'synced', 'lost']);
    const { newest } = await pace.changePace((state) => ({
      state,
      result: { newest: state.starts.at(-1)! },
    }));
    expect(newest).toBeLessThanOrEqual(clock.now());
  });

  test('the first process of a store is not held up by the time of its first request', async () => {
    const clock = createManualClock(START);
    const exchangeClock = wrongClock(clock, 50_000);
    const { ask, starts } = budgeting({ clock, exchangeClock });
    void ask('server time').then(() => exchangeClock.sync());
    await clock.settle();
    void ask('contracts');
    await clock.advance(1_000);
    expect(starts).toHaveLength(2);
  });
});

describe('the queue', () => {
  test('lets live requests go first and equals in their order', async () => {
    const { clock, ask, starts } = budgeting();
    for (const name of ['b1', 'b2']) void ask(name, 'background');
    await clock.settle();
    for (const name of ['b3', 'l1', 'l2']) void ask(name, name.startsWith('l') ? 'live' : 'background');
    await clock.advance(5_000);
    expect(starts.map(({ name }) => name)).toEqual(['b1', 'l1', 'l2', 'b2', 'b3']);
  });

  test('gives every fourth place to a background request that waits, and none away while none waits', async () => {
    const { clock, ask, starts } = budgeting();
    for (let live = 1; live <= 9; live++) void ask(`l${live}`);
    await clock.settle();
    for (const name of ['b1', 'b2']) void ask(name, 'background');
    await clock.advance(15_000);
    const order = ['l1', 'l2', 'l3', 'b1', 'l4', 'l5', 'l6', 'b2', 'l7', 'l8', 'l9'];
    expect(starts.map(({ name }) => name)).toEqual(order);
  });

  test('keeps a quarter of the pace for a backfill, however many live requests wait', async () => {
    const { clock, budget } = budgeting();
    const stop = new AbortController();
    const counts = { live: 0, background: 0 };
    const askForever = async (priority: RequestPriority) => {
      for (;;) {
        await budget.take({ priority, route: ROUTE }, stop.signal);
        counts[priority] += 1;
      }
    };
    // Each of 60 symbols has a live request waiting at any time; a backfill sends one request after the other.
    for (let symbol = 0; symbol < 60; symbol++) askForever('live').catch(() => {});
    askForever('background').catch(() => {});
    await clock.advance(10 * MINUTE_MS);
    stop.abort();
    // Of 50 a minute: docs/bingx.md, "Rate limits".
    expect(counts.background).toBeGreaterThanOrEqual(10 * Math.floor(50 / 4));
    expect(counts.live).toBeGreaterThanOrEqual(10 * 36);
  });

  test('leaves a tenth of the pace to live requests of other processes, which then wait a second or two', async () => {
    const clock = createManualClock(START);
    const pace = createMemoryStore({ now: clock.now });
    const backfill = budgeting({ clock, pace });
    const stream = budgeting({ clock, pace });
    const stop = new AbortController();
    const work = async () => {
      for (;;) await backfill.ask('backfill', 'background', stop.signal);
    };
    work().catch(() => {});
    await clock.advance(3 * MINUTE_MS);
    // Nine tenths of 50 a minute: docs/bingx.md, "Rate limits".
    expect(densest(backfill.starts, MINUTE_MS)).toBe(45);
    const waits: number[] = [];
    for (let live = 0; live < 100; live++) {
      // At any instant of the backfill's minute.
      await clock.advance(7_300);
      const askedAt = clock.now() - START;
      await Promise.all([stream.ask('live'), clock.advance(5_000)]);
      waits.push(stream.starts.at(-1)!.at - askedAt);
    }
    stop.abort();
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_000);
  });

  test('serves a background request within half a minute, whatever the live ones of another process take', async () => {
    const clock = createManualClock(START);
    const pace = createMemoryStore({ now: clock.now });
    const stream = budgeting({ clock, pace });
    const backfill = budgeting({ clock, pace });
    const stop = new AbortController();
    const work = async ({ ask }: ReturnType<typeof budgeting>, priority: RequestPriority) => {
      for (;;) await ask(priority, priority, stop.signal);
    };
    for (let symbol = 0; symbol < 60; symbol++) work(stream, 'live').catch(() => {});
    work(backfill, 'background').catch(() => {});
    await clock.advance(30 * MINUTE_MS);
    stop.abort();
    const starts = backfill.starts.map(({ at }) => at);
    const gaps = starts.slice(1).map((at, index) => at - starts[index]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(30_000);
    expect(densest([...stream.starts, ...backfill.starts], MINUTE_MS)).toBeLessThanOrEqual(50);
  });

  test('reports no wait that its own windows cause, at any rate', async () => {
    for (const rate of [0.1, 0.15, 1]) {
      const { clock, ask, reported, starts } = budgeting({ limits: scaleLimits(DEFAULT_PACE_LIMITS, rate) });
      for (let request = 0; request < 12; request++) void ask(`${request}`, 'background');
      await clock.advance(4 * MINUTE_MS);
      expect(reported).toEqual([]);
      expect(starts.length).toBe(12);
    }
  });

  test('gives a place to whoever is first when the place is free, not when it was asked for', async () => {
    const { clock, ask, starts } = budgeting();
    void ask('first');
    void ask('background', 'background');
    await clock.advance(999);
    void ask('live');
    await clock.advance(1);
    expect(starts.map(({ name }) => name)).toEqual(['first', 'live']);
  });

  test('forgets who gives up, without taking a place for them, and nothing is left asleep', async () => {
    const { clock, ask, starts, budget } = budgeting();
    const stop = new AbortController();
    void ask('first');
    const given = ask('given up', 'live', stop.signal);
    void ask('third');
    await clock.advance(500);
    stop.abort(new Error('stop'));
    await expect(given).rejects.toThrow('stop');
    await clock.advance(500);
    expect(starts).toEqual([
      { name: 'first', at: 0 },
      { name: 'third', at: 1_000 },
    ]);
    const last = new AbortController();
    const waiting = ask('last', 'background', last.signal);
    await clock.advance(10);
    last.abort();
    await expect(waiting).rejects.toThrow();
    await clock.settle();
    expect(clock.sleeping()).toBe(0);
    await expect(budget.take({ priority: 'live', route: ROUTE }, last.signal)).rejects.toThrow();
    void ask('next');
    await clock.advance(1_000);
    expect(starts.at(-1)?.name).toBe('next');
  });

  test('serves who comes at the very moment when the last one gives up', async () => {
    const { clock, ask, starts } = budgeting();
    const stop = new AbortController();
    void ask('first');
    ask('given up', 'live', stop.signal).catch(() => {});
    await clock.advance(10);
    stop.abort();
    void ask('new');
    await clock.advance(1_000);
    expect(starts.map(({ name }) => name)).toEqual(['first', 'new']);
  });

  test('passes a store’s failure to those who wait, and works again afterwards', async () => {
    const clock = createManualClock(START);
    const store = createMemoryStore({ now: clock.now });
    let broken = true;
    const pace: PaceStore = {
      changePace: async (step) => {
        if (broken) throw new Error('disk full');
        return store.changePace(step);
      },
    };
    const { ask, starts } = budgeting({ clock, pace });
    const asked = [ask('a'), ask('b', 'background')];
    for (const one of asked) await expect(one).rejects.toThrow('disk full');
    broken = false;
    void ask('c');
    await clock.settle();
    expect(starts).toEqual([{ name: 'c', at: 0 }]);
  });
});

describe('a limit of the exchange', () => {
  /** Starts in `ms` from now while there is always work. */
  async function startsIn(ms: number, { clock, ask, starts }: ReturnType<typeof budgeting>) {
    const before = starts.length;
    const stop = new AbortController();
    for (let request = 0; request < ms / 1_000 + 1; request++) {
      ask(`${request}`, 'live', stop.signal).catch(() => {});
    }
    await clock.advance(ms - 1);
    stop.abort();
    return starts.length - before;
  }

  test('stops everybody for the pause, in other processes too (trap 25)', async () => {
    const clock = createManualClock(START);
    const pace = createMemoryStore({ now: clock.now });
    const one = budgeting({ clock, pace });
    const other = budgeting({ clock, pace });
    await one.budget.slowDown(60_000, 'code 100410');
    void other.ask('other');
    await clock.advance(59_999);
    expect(other.starts).toEqual([]);
    await clock.advance(1);
    expect(other.starts).toHaveLength(1);
    expect(one.reported).toMatchObject([
      { level: 'warn', kind: 'rate-limited', fields: { reason: 'code 100410', pauseMs: 60_000, rate: 0.5 } },
    ]);
  });

  test('is waited out by a random part of the time between two requests longer: stores do not start again together', async () => {
    for (const [chance, afterMs] of [
      [0, 0],
      // Half the pace is a request in two seconds.
      [0.25, 500],
      [0.9, 1_800],
    ] as const) {
      const { clock, budget, ask, starts } = budgeting({ random: () => chance });
      await budget.slowDown(10_000, 'code 100410');
      void ask('next');
      await clock.advance(20_000);
      expect(starts).toEqual([{ name: 'next', at: 10_000 + afterMs }]);
    }
  });

  test('that another process met is reported once', async () => {
    const first = budgeting();
    await first.budget.slowDown(90_000, 'code 100410');
    const later = budgeting({ clock: first.clock, pace: first.store });
    void later.ask('one');
    void later.ask('two');
    await first.clock.advance(MINUTE_MS);
    expect(later.reported.map(({ kind, message }) => [kind, message])).toEqual([
      ['paused', 'the next request waits 90 s, because the exchange limits our requests'],
    ]);
    // The process that met the limit has reported it already.
    void first.ask('own');
    await first.clock.advance(MINUTE_MS);
    expect(first.reported.map(({ kind }) => kind)).toEqual(['rate-limited']);
  });

  test('halves the pace, which comes back by an eighth a minute (trap 25)', async () => {
    const budget = budgeting();
    expect(await startsIn(20_000, budget)).toBe(18);
    await budget.clock.advance(10 * MINUTE_MS);
    await budget.budget.slowDown(1_000, 'code 100410');
    await budget.clock.advance(1_000);
    // Nine in ten seconds at half the pace is nine in twenty, one a second is one in two; a twentieth of a minute is won back on the way.
    const slow = await startsIn(20_000, budget);
    expect(slow).toBeGreaterThanOrEqual(9);
    expect(slow).toBeLessThanOrEqual(10);
    await budget.clock.advance(4 * MINUTE_MS);
    expect(await startsIn(20_000, budget)).toBe(18);
  });

  test('slows any rate down to one request in eight seconds, and gives back an eighth a second each minute', async () => {
    const { clock, budget, reported, ask, starts } = budgeting({
      limits: scaleLimits(DEFAULT_PACE_LIMITS, 8),
    });
    for (let limit = 0; limit < 8; limit++) {
      await budget.slowDown(1_000, 'code 100410');
      await clock.advance(1_000);
    }
    const rates = reported.map(({ fields }) => 8 * (fields?.rate as number));
    expect(rates).toEqual([4, 2, 1, 0.5, 0.25, 0.125, 0.125, 0.125]);
    const stop = new AbortController();
    const startsIn = async (ms: number) => {
      const before = starts.length;
      const count = Math.ceil((ms / 1_000) * 8) + 1;
      for (let request = 0; request < count; request++)
        ask(`${request}`, 'live', stop.signal).catch(() => {});
      await clock.advance(ms);
      return starts.length - before;
    };
    await clock.advance(7 * MINUTE_MS);
    // One a second again after seven minutes: at most nine in ten seconds.
    expect(await startsIn(10_000)).toBeGreaterThanOrEqual(9);
    expect(starts.length).toBeLessThanOrEqual(11);
    stop.abort();
  });

  test('never slows a rate that is slower than that', async () => {
    const { clock, budget, reported } = budgeting({ limits: scaleLimits(DEFAULT_PACE_LIMITS, 0.1) });
    await budget.slowDown(1_000, 'code 100410');
    await clock.advance(1_000);
    await budget.slowDown(1_000, 'code 100410');
    expect(reported.map(({ fields }) => fields?.rate)).toEqual([1, 1]);
  });

  test('never slows below an eighth, and counts requests that were under way together once', async () => {
    const { clock, budget, reported } = budgeting();
    for (let answer = 0; answer < 5; answer++) await budget.slowDown(10_000, 'HTTP 429');
    expect(reported.map(({ fields }) => fields?.rate)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5]);
    for (let limit = 0; limit < 5; limit++) {
      await clock.advance(10_000);
      await budget.slowDown(10_000, 'HTTP 429');
    }
    expect(reported.slice(5).map(({ fields }) => fields?.rate)).toEqual([0.25, 0.125, 0.125, 0.125, 0.125]);
  });
});
