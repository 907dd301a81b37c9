import {
  type EpochMs,
  type HistoryRow,
  historyScope,
  intervalMs,
  type RepairScope,
  repairScope,
  repairScopes,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { createTestLake } from '../../support/lake.ts';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const MINUTE = 60_000;
const SLOT = 3 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 22, 12);
const SERIES = swapSeries('BTC-USDT', '3m');
const { signal } = new AbortController();

type Lie = (rows: readonly HistoryRow[], now: EpochMs) => readonly HistoryRow[];

/** The first start of a program at noon, with history from `from` on, which lies until `until`. */
async function world(from: EpochMs, { lie, until }: { readonly lie: Lie; readonly until: EpochMs }) {
  const clock = createManualClock(NOON + 20_000);
  const lake = await createTestLake(lakeSettings(), NOON);
  const { store } = lake;
  const history = createFakeHistory({ now: clock.now, valuesAt: plainValues });
  history.tamper = (_request, rows) => (clock.now() < until ? lie(rows, clock.now()) : null);
  const ports = {
    ...{ history, clock, random: () => 0.5, exchangeClock: clock, candles: store, derivation: store },
    ...{ report: () => {}, yieldToHost: async () => {} },
  };
  const counts = { days: 0, writes: new Map<EpochMs, number>() };
  const { readDay, merge } = store;
  ports.candles = {
    ...store,
    readDay(series, day) {
      counts.days += 1;
      return readDay(series, day);
    },
    async merge(facts) {
      const merged = await merge(facts);
      for (const { openTime } of merged) counts.writes.set(openTime, (counts.writes.get(openTime) ?? 0) + 1);
      return merged;
    },
  };
  const scope = (startedAt = clock.now()): RepairScope =>
    historyScope({ series: SERIES, from, to: NOON, startedAt });

  /** Runs the program for `ms`; the lake is derived every hour. */
  async function run(ms: number, startedAt = clock.now()): Promise<void> {
    const stop = new AbortController();
    const options = { scopes: [scope(startedAt)], goal: 'kept settled' } as const;
    const running = repairScopes(ports, options, stop.signal).catch(() => {});
    for (const end = clock.now() + ms; clock.now() < end; ) {
      await clock.advance(Math.min(HOUR, end - clock.now()));
      await store.advanceAsOf(clock.now());
      await lake.derive();
    }
    stop.abort();
    await running;
  }

  async function finals(): Promise<number> {
    let count = 0;
    for (let day = Math.floor(from / DAY) * DAY; day < NOON; day += DAY) {
      const { candles } = await store.readDay(SERIES, day);
      count += candles.filter(({ status, openTime }) => status === 'final' && openTime >= from).length;
    }
    return count;
  }

  return { clock, store, history, ports, scope, run, finals, counts };
}

const slots = (from: EpochMs) => (NOON - from) / SLOT;
const LAST_SIX_HOURS: Lie = (rows, now) => rows.filter(({ openTime }) => openTime >= now - 6 * HOUR);
/** Sixteen holes, one an hour. */
const HOLES: Lie = (rows) => rows.filter(({ openTime }) => openTime % HOUR !== 0 || openTime >= NOON - HOUR);
const NOTHING: Lie = () => [];

describe('a history that lies for twenty minutes after the first start', () => {
  it('answers without rows: nothing becomes unavailable, and all is final within the hour', async () => {
    const from = NOON - 1161 * SLOT;
    const { run, finals, store } = await world(from, { lie: NOTHING, until: NOON + 20 * MINUTE });
    await run(20 * MINUTE);
    expect((await store.findSeries(SERIES))?.historyStart.firstAvailable ?? null).toBeNull();
    await run(40 * MINUTE);
    expect(await finals()).toBe(1161);
  });

  it('holds the last six hours only: the rest is unavailable for an hour and a half', async () => {
    const from = NOON - 6 * HOUR - 292 * SLOT;
    const lie = { lie: LAST_SIX_HOURS, until: NOON + 20 * MINUTE };
    const { run, finals, store } = await world(from, lie);
    await run(20 * MINUTE);
    expect((await store.findSeries(SERIES))?.historyStart.firstAvailable).toBe(NOON - 6 * HOUR + SLOT);
    expect(await finals()).toBe(slots(from) - 293);
    await run(1.5 * HOUR);
    expect(await finals()).toBe(slots(from));
  });

  it('holds the last six hours only, of ten days: more than one answer shows', async () => {
    const from = NOON - 10 * DAY;
    const { run, finals } = await world(from, { lie: LAST_SIX_HOURS, until: NOON + 20 * MINUTE });
    await run(20 * MINUTE);
    expect(await finals()).toBeLessThan(121);
    await run(1.5 * HOUR);
    expect(await finals()).toBe(slots(from));
  });

  it('has holes: they are quiet for an hour and a half', async () => {
    const from = NOON - 17 * HOUR;
    const { run, finals, store } = await world(from, { lie: HOLES, until: NOON + 20 * MINUTE });
    await run(25 * MINUTE);
    expect(await finals()).toBe(slots(from) - 16);
    const { absences } = await store.readDay(SERIES, NOON - 12 * HOUR);
    expect(absences.every(({ firstRead, lastRead }) => lastRead - firstRead >= 10 * MINUTE)).toBe(true);
    await run(1.5 * HOUR);
    expect(await finals()).toBe(slots(from));
  });
});

describe('a symbol without any row', () => {
  const YEAR = 365 * DAY;

  it('costs four requests a pass, however long its window is, and two passes an hour in the end', async () => {
    // 29 requests would read the window once; four a pass find out that it is empty.
    const { run, history } = await world(NOON - 60 * DAY, { lie: NOTHING, until: Infinity });
    await run(2 * HOUR);
    // 15 and 30 seconds, 1, 2, 5, 10 and 30 minutes apart.
    expect(history.requests.length).toBeLessThanOrEqual(4 * 11);
    const before = history.requests.length;
    await run(2 * HOUR);
    expect(history.requests.length - before).toBeLessThanOrEqual(4 * (2 * 2 + 8));
  });

  it('since months takes as few requests after its last one', async () => {
    const last = NOON - 200 * DAY;
    const delisted: Lie = (rows) => rows.filter(({ openTime }) => openTime < last);
    const { ports, scope, history, store } = await world(NOON - YEAR, { lie: delisted, until: Infinity });
    const valuesAt = (openTime: EpochMs) => (openTime < last ? plainValues(openTime) : null);
    const books = createFakeHistory({ now: ports.clock.now, valuesAt });
    history.read = books.read;
    await repairScope(ports, { scope: scope() }, signal);
    expect((await store.readDay(SERIES, NOON - 200.5 * DAY)).candles).toHaveLength(240);
    // 165 days are 80 requests of 998 slots; five find out where they end.
    expect(books.requests.length).toBeLessThanOrEqual(80 + 5);
  });
});

describe('a history that lies for twenty hours', () => {
  it.each([
    ['holds the last six hours only', LAST_SIX_HOURS],
    ['has holes', HOLES],
    ['answers without rows', NOTHING],
  ])('is found out a day after it began: %s', async (_title, lie) => {
    const from = NOON - 17 * HOUR;
    const { run, finals } = await world(from, { lie, until: NOON + 20 * HOUR });
    await run(20 * HOUR);
    expect(await finals()).toBeLessThan(slots(from));
    await run(5 * HOUR);
    expect(await finals()).toBe(slots(from));
  });
});

describe('what history does not show', () => {
  it('costs two more writes a slot, and after a day no read of the store and no request', async () => {
    const from = NOON - 4.5 * DAY;
    const { run, history, counts } = await world(from, { lie: HOLES, until: Infinity });
    await run(25 * HOUR);
    const ofHoles = [...counts.writes].filter(
      ([openTime]) => openTime % HOUR === 0 && openTime < NOON - HOUR,
    );
    // Two reads ten minutes apart, and the looks after an hour and a day.
    expect(new Set(ofHoles.map(([, count]) => count))).toEqual(new Set([4]));
    // 4.5 days are 3 requests of 998 slots; each read of all holes takes as many.
    expect(history.requests.length).toBeLessThanOrEqual(4 * 3);
    history.requests.length = 0;
    counts.days = 0;
    await run(10 * DAY);
    expect(history.requests).toEqual([]);
    // Only the half day at the end, which is no whole one, is read by each pass.
    expect(counts.days).toBeLessThanOrEqual((10 * DAY) / (5 * MINUTE) + 1);
  });

  it('is looked at again by the next start after a downtime of any length', async () => {
    const from = NOON - 17 * HOUR;
    const { run, finals, clock } = await world(from, { lie: HOLES, until: NOON + 20 * MINUTE });
    await run(25 * MINUTE);
    await clock.advance(30 * DAY);
    await run(MINUTE);
    expect(await finals()).toBe(slots(from));
  });

  it('is quiet while it is looked at again, also when that fails', async () => {
    const from = NOON - 17 * HOUR;
    const { ports, run, clock, history, scope } = await world(from, { lie: HOLES, until: Infinity });
    await run(25 * MINUTE);
    await clock.advance(2 * HOUR);
    history.tamper = () => [];
    const { needs } = await repairScope(ports, { scope: scope() }, signal);
    expect(needs).toMatchObject({ missing: [], confirming: [], waitUntil: null });
    history.tamper = (_request, rows) => HOLES(rows, 0);
    await run(6 * MINUTE);
    const before = history.requests.length;
    await run(HOUR);
    expect(history.requests.length).toBe(before);
  });
});

describe('the start of history', () => {
  const from = NOON - 10 * DAY;
  const start = NOON - 2 * DAY;
  const BEGINS: Lie = (rows) => rows.filter(({ openTime }) => openTime >= start);

  it('is looked at again after an hour, a day, every week and at each start, with one request each', async () => {
    const { run, history, store } = await world(from, { lie: BEGINS, until: Infinity });
    await run(30 * MINUTE);
    expect((await store.findSeries(SERIES))?.historyStart.firstAvailable).toBe(start);
    const looks = async (ms: number, startedAt?: EpochMs) => {
      history.requests.length = 0;
      await run(ms, startedAt);
      return history.requests.length;
    };
    const first = NOON + 20_000;
    expect(await looks(45 * MINUTE, first)).toBe(0);
    expect(await looks(HOUR, first)).toBe(1);
    expect(await looks(22 * HOUR, first)).toBe(0);
    expect(await looks(2 * HOUR, first)).toBe(1);
    expect(await looks(6.5 * DAY, first)).toBe(0);
    expect(await looks(DAY, first)).toBe(1);
    expect(await looks(HOUR)).toBe(1);
  });

  it('that waits is taken back by a row before it, and the same pass goes on below it', async () => {
    const until = NOON + MINUTE;
    const lie: Lie = (rows) => rows.filter(({ openTime }) => openTime >= NOON - HOUR);
    const { ports, scope, clock, finals, store } = await world(from, { lie, until });
    await repairScope(ports, { scope: scope() }, signal);
    expect((await store.findSeries(SERIES))?.historyStart.pending?.firstAvailable).toBe(NOON - HOUR);
    // One more slot is asked for, and the answer shows rows before the claimed start beside it.
    await clock.advance(MINUTE + SLOT);
    const { needs } = await repairScope(ports, { scope: { ...scope(), to: NOON + SLOT } }, signal);
    expect(needs).toMatchObject({ missing: [], beforeStart: null });
    expect(await finals()).toBe(slots(from) + 1);
  });

  it('moves up with the history that the exchange drops', async () => {
    const keptMs = 2 * DAY;
    const lie: Lie = (rows, now) => rows.filter(({ openTime }) => openTime >= now - keptMs);
    const { run, store, history } = await world(from, { lie, until: Infinity });
    await run(2 * HOUR);
    history.requests.length = 0;
    await run(9 * DAY);
    const known = (await store.findSeries(SERIES))!.historyStart;
    expect(known.firstAvailable).toBeGreaterThan(NOON - keptMs + SLOT);
    expect(known.reads!.lastRead).toBeGreaterThan(NOON + 7 * DAY);
    // Four looks. The row that history began with is gone, so the oldest one is searched for: near it, or by
    // halving, and then all that lies before it is asked for.
    expect(history.requests.length).toBeLessThanOrEqual(4 * 5);
  });

  it('is not claimed by a hole after it, nor by answers about other slots', async () => {
    const hole = { from: NOON - 4 * DAY, to: NOON - 3 * DAY };
    const lie: Lie = (rows) => rows.filter(({ openTime }) => openTime < hole.from || openTime >= hole.to);
    const { run, store, finals } = await world(from, { lie, until: Infinity });
    await run(30 * MINUTE);
    expect((await store.findSeries(SERIES))?.historyStart.firstAvailable).toBeNull();
    expect(await finals()).toBe(slots(from) - DAY / intervalMs('3m'));
  });
});
