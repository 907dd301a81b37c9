import { beginHistory, historyScope, repairScope } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { createLiveWorld } from './liveWorld.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TODAY = Date.UTC(2026, 10, 22);
const { signal } = new AbortController();

async function createWorld() {
  const world = createLiveWorld({ interval: '3m', start: TODAY + 23 * HOUR });
  const { store, series, clock, ports, lengthMs } = world;
  await store.describeSeries(series, { pricePrecision: 1 });
  const begin = (historyDays: number) => beginHistory(store, series, { now: clock.now(), historyDays });
  /** What a start of the program does for its history. */
  const start = async (historyDays: number) => {
    const from = await begin(historyDays);
    const to = clock.now() - (clock.now() % lengthMs);
    return repairScope(ports, { scope: historyScope({ series, from, to }) }, signal);
  };
  return { ...world, begin, start };
}

describe('the window of history', () => {
  it('of a first backfill that was killed before midnight is filled by a start after it', async () => {
    const { history, clock, start, stored } = await createWorld();
    const { read } = history;
    let answers = 0;
    history.read = async (...request) => {
      answers += 1;
      // 11 days are six requests; the last two show the oldest day.
      if (answers === 5) throw new Error('killed');
      return read(...request);
    };
    await expect(start(10)).rejects.toThrow('killed');
    const oldest = TODAY - 10 * DAY;
    expect(await stored(oldest, oldest + DAY)).toEqual([]);
    await clock.advance(2 * HOUR);
    await start(10);
    expect(await stored(oldest, oldest + DAY)).toHaveLength(480);
  });

  it('stays that of the first start that asked for as many days, however late the next one is', async () => {
    const { begin, clock } = await createWorld();
    expect(await begin(10)).toBe(TODAY - 10 * DAY);
    await clock.advance(5 * DAY);
    expect(await begin(10)).toBe(TODAY - 10 * DAY);
  });

  it('is a new one when another number of days is asked for', async () => {
    const { begin, clock } = await createWorld();
    await begin(10);
    await clock.advance(5 * DAY);
    expect(await begin(2)).toBe(TODAY + 3 * DAY);
    expect(await begin(20)).toBe(TODAY - 15 * DAY);
    await clock.advance(DAY);
    expect(await begin(20)).toBe(TODAY - 15 * DAY);
  });

  it('is recorded once, and not for a series that the store does not know', async () => {
    const { store, clock, series, begin } = await createWorld();
    let writes = 0;
    const { describeSeries } = store;
    store.describeSeries = (...facts) => {
      writes += 1;
      return describeSeries(...facts);
    };
    for (let day = 0; day < 3; day++) {
      await begin(10);
      await clock.advance(DAY);
    }
    expect(writes).toBe(1);
    const unknown = { ...series, symbol: 'ETH-USDT' };
    const from = await beginHistory(store, unknown, { now: TODAY, historyDays: 1 });
    expect([from, await store.findSeries(unknown)]).toEqual([TODAY - DAY, null]);
  });
});

describe('the slot in which a contract was launched', () => {
  const launchTime = TODAY + 22 * HOUR + MINUTE;
  const slot = TODAY + 22 * HOUR;

  it('is final after a restart, although it opened before the launch', async () => {
    const { store, series, start, stored, lengthMs } = await createWorld();
    await store.describeSeries(series, { launchTime });
    const values = { open: '1', high: '1', low: '1', close: '1', volume: '1', observed: 0 };
    const candle = { openTime: slot, ...values, status: 'provisional', source: 'stream' } as const;
    await store.merge([{ series, candles: [candle] }]);
    const { needs } = await start(1);
    expect(needs).toMatchObject({ missing: [], provisional: [] });
    expect(await stored(slot, slot + lengthMs)).toMatchObject([{ status: 'final', source: 'history' }]);
  });

  it('keeps what the stream saw when history begins after it, and is settled then', async () => {
    const { store, series, history, clock, requests, start, stored, lengthMs } = await createWorld();
    await store.describeSeries(series, { launchTime });
    const values = { open: '1', high: '1', low: '1', close: '1', volume: '1', observed: 0 };
    const candle = { openTime: slot, ...values, status: 'provisional', source: 'stream' } as const;
    await store.merge([{ series, candles: [candle] }]);
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime > slot);
    expect((await start(1)).needs.confirming).toEqual([slot]);
    await clock.advance(10 * MINUTE);
    expect((await start(1)).needs).toMatchObject({ ask: [], missing: [], provisional: [], waitUntil: null });
    requests.length = 0;
    await start(1);
    expect(requests).toEqual([]);
    expect(await stored(slot, slot + lengthMs)).toMatchObject([{ status: 'provisional', source: 'stream' }]);
  });
});
