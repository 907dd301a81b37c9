import {
  createHistory,
  createMemoryStore,
  type EpochMs,
  formatInstant,
  historyScope,
  INITIAL_LAKE_STATUS,
  MINUTE_MS,
  type PaceLimits,
  type ReportedEvent,
  repairScope,
  repairScopes,
  runBackfill,
  SyncedClock,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { createScriptedHttp } from '../../support/scriptedHttp.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const SLOT_MS = 3 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_START = Date.UTC(2026, 10, 21);
const SERIES = swapSeries('BTC-USDT', '3m');
const LIMITS: PaceLimits = [{ windowMs: 1_000, requests: 5 }];
const { signal } = new AbortController();
const slot = (index: number) => DAY_START + index * SLOT_MS;

/** A history of one day, asked at noon of the next one. */
function world() {
  const clock = createManualClock(DAY_START + 36 * HOUR_MS);
  const store = createMemoryStore({ now: clock.now });
  const history = createFakeHistory({ now: clock.now, valuesAt: plainValues });
  const events: ReportedEvent[] = [];
  const report = (event: ReportedEvent) => void events.push(event);
  const ports = {
    ...{ clock, random: () => 0.5, exchangeClock: clock, history },
    ...{ candles: store, derivation: store, report, yieldToHost: async () => {} },
  };
  const scope = historyScope({ series: SERIES, from: slot(100), to: slot(120) });
  const pass = async () => (await repairScope(ports, { scope }, signal)).needs;
  const stored = () => store.readDay(SERIES, DAY_START);
  return { clock, store, history, events, ports, scope, pass, stored };
}

describe('a row of history that can not be read', () => {
  it('with a high below its low, and one a second off the grid, end a backfill with their names', async () => {
    const clock = createManualClock(DAY_START + 36 * HOUR_MS);
    const store = createMemoryStore({ now: clock.now });
    await store.writeSettings(lakeSettings());
    const events: ReportedEvent[] = [];
    const { httpGet } = createScriptedHttp(clock, ({ path, query }) => {
      if (path.endsWith('/contracts')) return { json: { code: 0, data: [{ symbol: 'BTC-USDT' }] } };
      if (path.endsWith('/time')) return { json: { code: 0, data: { serverTime: clock.now() } } };
      const rows = [];
      for (let time = DAY_START; time < DAY_START + 24 * HOUR_MS; time += SLOT_MS) {
        if (time < Number(query.startTime) || time >= Number(query.endTime)) continue;
        const high = time === slot(103) ? '8' : '11';
        rows.push({ time: time === slot(110) ? time + 1000 : time, open: '10', high, low: '9', close: '10' });
      }
      return { json: { code: 0, msg: '', data: rows.map((row) => ({ ...row, volume: '1' })) } };
    });
    const report = (event: ReportedEvent) => void events.push(event);
    const shared = { httpGet, clock, random: () => 0.5, report };
    const exchangeClock = new SyncedClock(shared);
    const paced = { ...shared, exchangeClock, pace: store, limits: LIMITS };
    const history = createHistory({ market: 'swap', ...paced, restUrl: 'https://main.test' });
    const lake = { request: () => {}, flush: async () => {}, status: () => INITIAL_LAKE_STATUS };
    const ports = {
      ...shared,
      history,
      exchangeClock,
      candles: store,
      derivation: store,
      lake,
      yieldToHost: async () => {},
    };
    const options = { symbols: ['BTC-USDT'], interval: '3m', from: slot(100), to: slot(120) } as const;
    const work = runBackfill({ ...ports, flushLimit: () => signal }, options, signal);
    await clock.advance(7 * MINUTE_MS);
    expect(await work).toEqual({ settled: false });
    const told = (kind: string) => events.filter((event) => event.kind === kind);
    const fields = { symbol: 'BTC-USDT', slots: 2, openTime: slot(103) };
    expect(told('unreadable')).toMatchObject([{ level: 'warn', fields }]);
    expect(told('unsettled')).toMatchObject([{ level: 'error', fields }]);
    expect(told('unsettled')[0]!.message).toContain(`2 slots did not settle, ${formatInstant(slot(103))}`);
    const { candles, absences, unreadable } = await store.readDay(SERIES, DAY_START);
    expect(candles).toHaveLength(18);
    expect(absences).toEqual([]);
    expect(unreadable.map(({ openTime }) => openTime)).toEqual([slot(103), slot(110)]);
  });

  it('is read again after 1, 6 and 36 minutes, then every hour, and reported once', async () => {
    const { clock, history, events, ports, scope } = world();
    history.isUnreadable = (openTime) => openTime === slot(103);
    const started = clock.now();
    const asked: number[] = [];
    const { read } = history;
    history.read = (request, stop) => {
      asked.push((clock.now() - started) / MINUTE_MS);
      return read(request, stop);
    };
    const stop = new AbortController();
    const running = repairScopes(ports, { scopes: [scope], goal: 'kept settled' }, stop.signal);
    await clock.advance(4 * HOUR_MS);
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    expect(asked).toEqual([0, 1, 6, 36, 96, 156, 216]);
    expect(events.map(({ kind }) => kind)).toEqual(['unreadable']);
  });

  it('keeps its pace over a restart, and is final once it can be read', async () => {
    const { clock, history, pass, stored } = world();
    history.isUnreadable = (openTime) => openTime === slot(103);
    for (const minutes of [0, 1, 5]) {
      await clock.advance(minutes * MINUTE_MS);
      expect(await pass()).toMatchObject({ missing: [slot(103)], unreadable: [slot(103)] });
    }
    const { length } = history.requests;
    await clock.advance(29 * MINUTE_MS);
    expect(await pass()).toMatchObject({ ask: [], waitUntil: clock.now() + MINUTE_MS });
    expect(history.requests).toHaveLength(length);
    history.isUnreadable = null;
    await clock.advance(MINUTE_MS);
    expect(await pass()).toMatchObject({ missing: [], unreadable: [], waitUntil: null });
    expect((await stored()).candles).toHaveLength(20);
  });

  it('does not confirm that its slot is empty, and two later reads without a row do', async () => {
    const { clock, history, pass } = world();
    const withoutRow = () => {
      history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime !== slot(103));
    };
    withoutRow();
    expect(await pass()).toMatchObject({ confirming: [slot(103)], unreadable: [] });
    history.tamper = null;
    history.isUnreadable = (openTime) => openTime === slot(103);
    await clock.advance(10 * MINUTE_MS);
    expect(await pass()).toMatchObject({ missing: [slot(103)], confirming: [], unreadable: [slot(103)] });
    history.isUnreadable = null;
    withoutRow();
    await clock.advance(MINUTE_MS);
    const again = await pass();
    expect(again).toMatchObject({ missing: [slot(103)], confirming: [slot(103)], unreadable: [] });
    expect(again.waitUntil).toBe(clock.now() + 9 * MINUTE_MS);
    await clock.advance(9 * MINUTE_MS);
    expect((await pass()).missing).toEqual([]);
  });

  it('in place of every row is a failure of the exchange: nothing is stored of the slots', async () => {
    const { clock, history, pass, store, stored } = world();
    history.isUnreadable = () => true;
    for (let round = 0; round < 2; round++) {
      expect((await pass()).missing).toHaveLength(20);
      await clock.advance(10 * MINUTE_MS);
    }
    expect(await stored()).toEqual({ candles: [], absences: [], unreadable: [] });
    const historyStart = (await store.findSeries(SERIES))?.historyStart ?? null;
    expect(historyStart).toBeNull();
  });

  it('as the oldest one is where history begins', async () => {
    const { clock, history, pass } = world();
    const first: EpochMs = slot(105);
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime > first);
    history.isUnreadable = (openTime) => openTime === first;
    await pass();
    await clock.advance(10 * MINUTE_MS);
    expect(await pass()).toMatchObject({ missing: [first], unreadable: [first] });
  });
});
