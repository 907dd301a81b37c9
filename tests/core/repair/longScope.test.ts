import {
  type CandleStore,
  createMemoryStore,
  createProgress,
  type EpochMs,
  historyScope,
  type Interval,
  intervalMs,
  MAX_HISTORY_ROWS,
  NO_NEEDS,
  planWindows,
  type RepairScope,
  readNeeds,
  repairScope,
  repairScopes,
} from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const TO = Date.UTC(2026, 10, 21);
const TEN_YEARS = Date.UTC(2016, 10, 21);
const DAYS = (TO - TEN_YEARS) / DAY;
const SYMBOLS = ['BTC-USDT', 'ETH-USDT', 'SOL-USDT'];
const { signal } = new AbortController();

interface WorldOptions {
  readonly interval?: Interval;
  readonly start?: EpochMs;
  readonly has?: (openTime: EpochMs) => boolean;
  /** The lake was derived, and every day is settled. */
  readonly settled?: boolean;
}

const SETTLED = {
  expected: 24,
  final: 24,
  provisional: 0,
  quiet: 0,
  unavailable: 0,
  missing: 0,
  firstMissing: null,
};

/** Counts the reads of days and of coverage, in all and since the host had its last turn. */
async function world({ interval = '1h', start = 0, has = () => true, settled = false }: WorldOptions = {}) {
  const clock = createManualClock(TO + DAY);
  const store = createMemoryStore({ now: clock.now });
  await store.writeSettings(lakeSettings({ interval }));
  const counts = { days: 0, ranges: 0, inTurn: 0, mostInTurn: 0 };
  const note = () => {
    counts.inTurn += 1;
    counts.mostInTurn = Math.max(counts.mostInTurn, counts.inTurn);
  };
  const candles: CandleStore = {
    ...store,
    async readDay(series, day) {
      counts.days += 1;
      note();
      return store.readDay(series, day);
    },
  };
  const derivation = {
    ...store,
    readAsOf: async () => (settled ? TO : 0),
    async readCoverage(...[, from, to]: Parameters<typeof store.readCoverage>) {
      counts.ranges += 1;
      note();
      const days = settled ? slotsOf(from, to, DAY) : [];
      return days.map((day) => ({ day, coverage: SETTLED, nextLook: null }));
    },
  };
  const onTurn: (() => void)[] = [];
  const yieldToHost = async () => {
    counts.inTurn = 0;
    for (const act of onTurn) act();
  };
  const valuesAt = (openTime: EpochMs) => (has(openTime) ? plainValues(openTime) : null);
  const history = createFakeHistory({ now: clock.now, valuesAt, start: () => start });
  const ports = {
    ...{ clock, random: () => 0.5, exchangeClock: clock, history, candles, derivation, yieldToHost },
    report: () => {},
  };
  const scopeOf = (symbol: string, from: EpochMs, to = TO): RepairScope =>
    historyScope({ series: swapSeries(symbol, interval), from, to });
  return { clock, store, counts, history, ports, scopeOf, onTurn };
}

function slotsOf(from: EpochMs, to: EpochMs, lengthMs: number): readonly EpochMs[] {
  return Array.from({ length: (to - from) / lengthMs }, (_, index) => from + index * lengthMs);
}

describe('a repair of ten years of three symbols', () => {
  it('lets the host run before each day and each coverage that it reads', async () => {
    const { ports, counts, scopeOf } = await world();
    const scopes = SYMBOLS.map((symbol) => scopeOf(symbol, TEN_YEARS));
    await repairScopes(ports, { scopes, goal: 'passed' }, signal);
    expect(counts.days).toBe(3 * DAYS);
    expect(counts.mostInTurn).toBe(1);
    counts.days = 0;
    for (const scope of scopes) await readNeeds(ports, scope, signal);
    expect(counts.days).toBe(3 * DAYS);
    expect(counts.mostInTurn).toBe(1);
  });

  it('reads the coverage of each series once, and no day, where all is settled', async () => {
    const { ports, counts, history, scopeOf } = await world({ settled: true });
    const scopes = SYMBOLS.map((symbol) => scopeOf(symbol, TEN_YEARS));
    await repairScopes(ports, { scopes, goal: 'passed' }, signal);
    expect(counts).toMatchObject({ days: 0, ranges: 3, mostInTurn: 1 });
    expect(history.requests).toEqual([]);
  });

  it.each([
    ['1m', 1],
    ['3m', 3],
    ['15m', 11],
    ['1h', 42],
  ] as const)(
    'sends its first request when the days of one are read: %s, %i days',
    async (interval, days) => {
      const { ports, counts, history, scopeOf } = await world({ interval });
      const { read } = history;
      const first = new Error('the first request');
      history.read = async (...request) => {
        await read(...request);
        throw first;
      };
      const progress = await createProgress(
        ports,
        SYMBOLS.map((symbol) => scopeOf(symbol, TEN_YEARS)),
      );
      expect(progress.read().remainingSlots).toBe((3 * DAYS * DAY) / intervalMs(interval));
      expect(counts).toMatchObject({ days: 0, ranges: 3 });
      const pass = repairScope(ports, { scope: scopeOf('BTC-USDT', TEN_YEARS) }, signal);
      await expect(pass).rejects.toBe(first);
      expect(history.requests).toHaveLength(1);
      // As many days as 1001 slots are: those that a request can show.
      expect(Math.ceil((1001 * intervalMs(interval)) / DAY)).toBe(days);
      expect(counts).toMatchObject({ days, ranges: 4 });
    },
  );

  it('reads no further day after the signal to stop', async () => {
    const { ports, counts, scopeOf, onTurn } = await world();
    const stop = new AbortController();
    onTurn.push(() => {
      if (counts.days === 100) stop.abort(new Error('stopped'));
    });
    const scope = scopeOf('BTC-USDT', TEN_YEARS);
    await expect(readNeeds(ports, scope, stop.signal)).rejects.toThrow('stopped');
    expect(counts.days).toBe(100);
  });

  it.each(['3m', '1h'] as const)(
    'asks for the same windows as a plan over all of its slots: %s',
    async (interval) => {
      const { ports, history, scopeOf } = await world({ interval });
      const lengthMs = intervalMs(interval);
      const from = interval === '3m' ? Date.UTC(2026, 4, 21) : TEN_YEARS;
      await repairScope(ports, { scope: scopeOf('BTC-USDT', from) }, signal);
      const plan = planWindows(slotsOf(from, TO, lengthMs), { intervalMs: lengthMs, firstSlot: null });
      expect(history.requests.map(({ from, to }) => [from, to])).toEqual(
        plan.map(({ from, to }) => [from, to]),
      );
      expect(plan).toHaveLength(Math.ceil((TO - from) / lengthMs / (MAX_HISTORY_ROWS - 2)));
    },
  );
});

describe('years before the start of history', () => {
  const START = Date.UTC(2026, 8, 1, 5);

  it('are neither read nor listed: one request tells, and ten minutes later another one', async () => {
    const { clock, ports, counts, history, scopeOf, store } = await world({ interval: '3m', start: START });
    const scope = scopeOf('BTC-USDT', TEN_YEARS);
    const first = await repairScope(ports, { scope }, signal);
    const slots = (START - TEN_YEARS) / (3 * MINUTE);
    const { missing, confirming, ask, beforeStart, waitUntil } = first.needs;
    expect([ask, missing.length + (beforeStart?.slots ?? 0)]).toEqual([[], slots]);
    expect(missing).toEqual(confirming);
    expect(beforeStart?.first).toBe(TEN_YEARS);
    expect(waitUntil).toBe(clock.now() + 10 * MINUTE);
    const daysOfHistory = Math.ceil((TO - START) / DAY);
    // The request that finds nothing is planned from the slots of three further days.
    expect(counts.days).toBeLessThanOrEqual(daysOfHistory + 3);
    const { length } = history.requests;
    expect((await readNeeds(ports, scope, signal)).beforeStart?.slots).toBe(slots);
    await clock.advance(10 * MINUTE);
    const second = await repairScope(ports, { scope }, signal);
    expect(second.needs).toMatchObject({ ask: [], missing: [], beforeStart: null, waitUntil: null });
    expect(history.requests.length - length).toBe(2);
    expect((await store.findSeries(scope.series))?.historyStart.firstAvailable).toBe(START);
    counts.days = 0;
    await readNeeds(ports, scope, signal);
    expect(counts.days).toBe(daysOfHistory);
  });
});

/** Runs of empty slots at 1h, also wider than a request, by their first slot. The last day has all candles. */
const holeLists = fc.array(fc.record({ at: fc.nat(60 * 24), slots: fc.nat(1200) }), { maxLength: 3 });

async function holeyWorld(
  holes: readonly { readonly at: number; readonly slots: number }[],
  startDay: number,
) {
  const from = TO - 60 * DAY;
  const start = from + (startDay - 10) * DAY;
  const isEmpty = (slot: number) =>
    slot < 59 * 24 && holes.some(({ at, slots }) => slot >= at && slot < at + slots);
  const has = (openTime: EpochMs) => !isEmpty((openTime - from) / (60 * MINUTE));
  const made = await world({ has, start });
  const expected = slotsOf(Math.max(from, start), TO, 60 * MINUTE).filter(has);
  return { ...made, from, expected, scope: made.scopeOf('BTC-USDT', from) };
}

describe('a repair in slices', () => {
  it('settles everything, whatever its first look was shown: wide holes, the start of history, rows left out', async () => {
    await fc.assert(
      fc.asyncProperty(holeLists, fc.nat(9), fc.nat(70), async (holes, dropped, startDay) => {
        const { clock, ports, history, scope, from, expected, store } = await holeyWorld(holes, startDay);
        history.tamper = (_request, rows) => rows.filter((_row, index) => index % 10 >= dropped);
        await repairScope(ports, { scope }, signal);
        history.tamper = null;
        let { needs } = await repairScope(ports, { scope }, signal);
        for (let rounds = 0; rounds < 6 && (needs.waitUntil !== null || needs.ask.length > 0); rounds++) {
          await clock.advance(10 * MINUTE);
          ({ needs } = await repairScope(ports, { scope }, signal));
        }
        expect(needs).toEqual(NO_NEEDS);
        const stored = [];
        for (let day = from; day < TO; day += DAY)
          stored.push(...(await store.readDay(scope.series, day)).candles);
        expect(stored.map(({ openTime }) => openTime)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what a pass says is not settled', () => {
  it('is what the store says after it, whatever history shows', async () => {
    const rounds = fc.array(fc.record({ waitMinutes: fc.nat(15), dropped: fc.nat(9) }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(holeLists, rounds, fc.nat(70), async (empty, passes, startDay) => {
        const { clock, ports, history, scope } = await holeyWorld(empty, startDay);
        for (const { waitMinutes, dropped } of passes) {
          // Answers that lack rows now and then, as those of a replica that is behind.
          history.tamper = (_request, rows) => rows.filter((_row, index) => index % 10 >= dropped);
          const { needs } = await repairScope(ports, { scope }, signal);
          const stored = await readNeeds(ports, scope, signal);
          const { ask, provisional, unreadable, looks, waitUntil } = stored;
          const slots = (of: typeof needs) => of.missing.length + (of.beforeStart?.slots ?? 0);
          if (needs.beforeStart === null) {
            expect(needs).toMatchObject({ ask, provisional, unreadable, looks, waitUntil });
            expect(slots(needs)).toBe(slots(stored));
          } else {
            // Of slots before a start that waits for its confirmation, a pass knows how many there were.
            expect(slots(needs)).toBeGreaterThanOrEqual(slots(stored));
            // A row among them disproved it: the next pass comes at once.
            if (stored.ask.length > needs.ask.length)
              expect(needs.waitUntil).toBeLessThanOrEqual(clock.now());
            else expect(needs.waitUntil).toBe(stored.waitUntil);
          }
          await clock.advance(waitMinutes * MINUTE);
        }
      }),
      { numRuns: 60 },
    );
  });
});
