import {
  createCollector,
  createHistory,
  createMemoryStore,
  type EpochMs,
  INITIAL_LAKE_STATUS,
  lakeSettingsOf,
  type MarketStream,
  type PaceLimits,
  parseSettings,
  type ReportedEvent,
  SyncedClock,
} from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { plainValues } from '../../support/fakeHistory.ts';
import { createFakeMarket } from '../../support/fakeMarket.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { createScriptedHttp, type ScriptedAnswer, type ScriptedRequest } from '../../support/scriptedHttp.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const SLOT = 3 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 22, 12);
const SERIES = swapSeries('BTC-USDT', '3m');
const LIMITS: PaceLimits = [{ windowMs: SECOND, requests: 1 }];

interface Machine {
  /** ms that the machine's wall clock is ahead of true time. */
  wallErrorMs: number;
  /** ms that the exchange's server time is ahead of true time. */
  serverErrorMs: number;
  isOffline: boolean;
  /** Whether answers carry a `Date` header, which is always right. */
  readonly hasDate: boolean;
}

/** A program on a machine with a wall clock of its own, beside an exchange that keeps true time. */
async function machine(parts: Partial<Machine>, historyDays = 0) {
  const state: Machine = { wallErrorMs: 0, serverErrorMs: 0, isOffline: false, hasDate: true, ...parts };
  const truth = createManualClock(NOON + 20 * SECOND);
  const clock = {
    now: () => truth.now() + state.wallErrorMs,
    monotonic: () => truth.now(),
    sleep: truth.sleep,
  };
  const store = createMemoryStore({ now: clock.now });
  await store.writeSettings(lakeSettingsOf(parseSettings({ flags: {} })));
  const events: ReportedEvent[] = [];
  const report = (event: ReportedEvent) => void events.push(event);
  const { httpGet } = createScriptedHttp(clock, (request) => answer(request, state, truth.now()));
  const exchangeClock = new SyncedClock({ clock, report });
  const random = () => 0.5;
  const history = createHistory({
    market: 'swap',
    ...{ httpGet, clock, exchangeClock, random, pace: store, limits: LIMITS, report },
    restUrl: 'https://main.test',
  });
  const lake = { request() {}, flush: async () => {}, status: () => INITIAL_LAKE_STATUS };
  const market = createFakeMarket({ clock: truth, valuesAt: plainValues });
  const marketStream: MarketStream = {
    // The receiver of the real stream notes each candle that it is shown.
    async *events(...args) {
      for await (const event of market.events(...args)) {
        if (event.kind === 'update') exchangeClock.shown(event.update.openTime);
        yield event;
      }
    },
  };
  const ports = { clock, random, exchangeClock, history, marketStream, candles: store, derivation: store };
  const stop = new AbortController();
  const start = () => {
    const options = { symbols: ['BTC-USDT'], interval: '3m', historyDays, backfill: true } as const;
    const stream = createCollector(
      { ...ports, lake, report, yieldToHost: async () => {}, flushLimit: () => stop.signal },
      { ...options, gapFill: true, until: null },
    );
    const running = stream.run(stop.signal);
    running.catch(() => {});
    return running;
  };
  const finals = async (): Promise<EpochMs[]> =>
    (await store.readDay(SERIES, NOON - 12 * HOUR)).candles
      .filter(({ status }) => status === 'final')
      .map(({ openTime }) => openTime);
  return { state, truth, store, events, start, stop, finals };
}

/** Server time, contracts and klines by true time, with the open candle as the newest row. */
function answer({ path, query }: ScriptedRequest, state: Machine, now: EpochMs): ScriptedAnswer {
  if (state.isOffline) return 'no network';
  const headers = state.hasDate ? { date: new Date(now).toUTCString() } : {};
  const ok = (data: unknown) => ({ json: { code: 0, msg: '', data }, headers });
  if (path.endsWith('/time')) return ok({ serverTime: now + state.serverErrorMs });
  if (path.endsWith('/contracts')) return ok([{ symbol: 'BTC-USDT', pricePrecision: 1, launchTime: 1 }]);
  const rows = [];
  const newest = Math.min(Number(query.endTime) - 1, now);
  for (
    let time = Math.floor(newest / SLOT) * SLOT;
    time >= Number(query.startTime) && rows.length < 1000;
    time -= SLOT
  )
    rows.push({ time, ...plainValues(time) });
  return ok(rows);
}

/** Every slot that has been closed for a minute is final with a true observation, and nothing lies in the future. */
async function expectTruth({ truth, store, finals }: Awaited<ReturnType<typeof machine>>, from: EpochMs) {
  const now = truth.now();
  expect(await store.readAsOf()).toBeLessThanOrEqual(now);
  const { candles } = await store.readDay(SERIES, NOON - 12 * HOUR);
  for (const candle of candles) {
    expect(candle.openTime + SLOT, 'no open candle is stored').toBeLessThanOrEqual(now);
    expect(candle.observed).toBeLessThanOrEqual(now);
    if (candle.status === 'final') expect(candle).toMatchObject(plainValues(candle.openTime));
  }
  const expected: EpochMs[] = [];
  for (let time = from; time + SLOT + MINUTE <= now; time += SLOT) expected.push(time);
  expect((await finals()).filter((time) => time >= from && time + SLOT + MINUTE <= now)).toEqual(expected);
}

describe('a wall clock that is wrong at the start', () => {
  test('by 8 hours behind, and set right after 20 s, leaves no wrong final (fault 3)', async () => {
    const world = await machine({ wallErrorMs: -8 * HOUR });
    world.start();
    await world.truth.advance(20 * SECOND);
    world.state.wallErrorMs = 0;
    await world.truth.advance(30 * MINUTE);
    await expectTruth(world, NOON);
  });

  test('by 2 hours ahead and without network makes nothing final, and no watermark (fault 3)', async () => {
    const world = await machine({ wallErrorMs: 2 * HOUR, isOffline: true });
    world.start();
    await world.truth.advance(10 * MINUTE);
    expect(await world.finals()).toEqual([]);
    expect(await world.store.readAsOf()).toBe(0);
    const failures = world.events.filter(({ kind }) => kind === 'clock-failed');
    expect(failures.length).toBeGreaterThan(1);
    expect(failures.filter(({ level }) => level === 'warn')).toHaveLength(1);
    world.state.isOffline = false;
    await world.truth.advance(30 * MINUTE);
    await expectTruth(world, NOON);
  });

  test('by 3 days ahead settles the slots of this run all the same (fault 17)', async () => {
    const world = await machine({ wallErrorMs: 3 * DAY });
    world.start();
    await world.truth.advance(30 * MINUTE);
    await expectTruth(world, NOON);
  });

  test('by 8 hours behind, without a date in the answers, waits for a candle to tell the time', async () => {
    const world = await machine({ wallErrorMs: -8 * HOUR, hasDate: false });
    world.start();
    await world.truth.advance(40 * MINUTE);
    await expectTruth(world, NOON);
  });
});

describe('a server time that is wrong', () => {
  test.each([
    ['30 days ahead', 30 * DAY],
    ['in the year 2099', Date.UTC(2099, 0, 1) - NOON],
    ['an hour behind', -HOUR],
  ])(
    '%s from the start is refused with a warning, and poisons nothing (fault 17)',
    async (_, serverErrorMs) => {
      const world = await machine({ serverErrorMs });
      world.start();
      await world.truth.advance(10 * MINUTE);
      expect(await world.store.readAsOf()).toBe(0);
      expect(world.events.filter(({ message }) => message.includes('is refused'))).not.toEqual([]);
      world.state.serverErrorMs = 0;
      await world.truth.advance(30 * MINUTE);
      await expectTruth(world, NOON);
    },
  );

  test('30 days ahead at a later sync changes nothing (fault 17)', async () => {
    const world = await machine({});
    world.start();
    await world.truth.advance(5 * MINUTE);
    world.state.serverErrorMs = 30 * DAY;
    await world.truth.advance(30 * MINUTE);
    await expectTruth(world, NOON);
  });
});

test('finals of the future and a watermark 30 days ahead are healed at the next start (faults 3 and 17)', async () => {
  const world = await machine({});
  const half = { ...plainValues(NOON - SLOT), close: '1', volume: '0.1' };
  const wrong = { ...half, openTime: NOON - SLOT, status: 'final', source: 'history' } as const;
  await world.store.merge([{ series: SERIES, candles: [{ ...wrong, observed: NOON + 8 * HOUR } as never] }]);
  await world.store.advanceAsOf(NOON + 30 * DAY);
  world.start();
  await world.truth.advance(10 * MINUTE);
  await expectTruth(world, NOON - SLOT);
  expect(world.events.map(({ kind }) => kind)).toContain('watermark-lowered');
});
