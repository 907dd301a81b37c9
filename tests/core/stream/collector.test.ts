import {
  type CandleValues,
  type CollectorOptions,
  createCollector,
  createLakeWriter,
  createMemoryObjects,
  createMemoryStore,
  DerivationLoop,
  type EpochMs,
  healthOf,
  type ReportedEvent,
  RetryableError,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { encode } from '../../support/encoder.ts';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { createFakeMarket } from '../../support/fakeMarket.ts';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const SLOT = 3 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 22, 12);
const SERIES = swapSeries('BTC-USDT', '3m');
const SETTINGS = lakeSettings();

async function world(
  options: Partial<CollectorOptions> & { valuesAt?: (openTime: EpochMs) => CandleValues | null } = {},
) {
  const { valuesAt = plainValues, ...streamOptions } = options;
  const clock = createManualClock(NOON + 20 * SECOND);
  const store = createMemoryStore({ now: clock.now });
  await store.writeSettings(SETTINGS);
  const objects = createMemoryObjects();
  const history = createFakeHistory({ now: clock.now, valuesAt });
  const market = createFakeMarket({ clock, valuesAt });
  const events: ReportedEvent[] = [];
  const report = (event: ReportedEvent) => void events.push(event);
  const stores = { candles: store, derivation: store };
  const writer = createLakeWriter({ ...stores, objects, encode, yieldToHost: async () => {} });
  const lake = new DerivationLoop({ ...stores, writer, clock, report });
  const ports = {
    ...{
      clock,
      random: () => 0.5,
      yieldToHost: async () => {},
      exchangeClock: exchangeClockOf(clock),
      history,
      marketStream: market,
    },
    ...{ candles: store, derivation: store, lake, report, flushLimit: () => new AbortController().signal },
  };
  const stop = new AbortController();
  const start = () => {
    const stream = createCollector(ports, {
      ...{
        symbols: ['BTC-USDT'],
        interval: '3m',
        historyDays: 1,
        backfill: true,
        gapFill: true,
        until: null,
      },
      ...streamOptions,
    });
    const keeping = lake.run(stop.signal).catch(() => {});
    const running = stream.run(stop.signal).finally(() => stop.abort());
    running.catch(() => {});
    return { ...stream, running, keeping };
  };
  const candlesOf = async (day: EpochMs) => (await store.readDay(SERIES, day)).candles;
  const health = (stream: ReturnType<typeof start>) =>
    healthOf(stream.status(), { now: clock.now(), interval: '3m' });
  return { clock, store, objects, history, market, events, stop, start, candlesOf, health };
}

/** The clock goes on until the work is done; throws when it does not end in time. */
async function finish(
  work: Promise<unknown>,
  clock: { advance(ms: number): Promise<void> },
  limitMs: number,
) {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  ended.catch(() => {});
  for (let waited = 0; !done && waited < limitMs; waited += 10 * SECOND) await clock.advance(10 * SECOND);
  if (!done) throw new Error(`still running after ${limitMs} ms of the clock`);
  await ended;
}

/** Makes a store fail from one of its calls on. */
function failFrom(store: object, call: number): void {
  let calls = 0;
  for (const [name, method] of Object.entries(store)) {
    const failing = async (...args: unknown[]) => {
      calls += 1;
      if (calls >= call) throw new Error('the disk is full');
      return method(...args);
    };
    Object.assign(store, { [name]: failing });
  }
}

describe('stream', () => {
  it('backfills, streams, settles and derives until the instant it was given', async () => {
    const until = NOON + HOUR;
    const { clock, start, candlesOf, objects } = await world({ until });
    const { running } = start();
    await finish(running, clock, 2 * HOUR);
    const today = await candlesOf(NOON - 12 * HOUR);
    expect(today.filter(({ openTime }) => openTime < until)).toHaveLength(13 * 20);
    expect(today.filter((candle) => candle.openTime < until && candle.status !== 'final')).toEqual([]);
    expect(await candlesOf(NOON - 36 * HOUR)).toHaveLength(480);
    expect(await objects.version('bars/timeframe=21m/date=2026-11-21/bars.parquet')).not.toBeNull();
    expect(await objects.version('bars/timeframe=21m/date=2026-11-22/bars.parquet')).not.toBeNull();
  });

  it('stores the candle that closed within seconds as provisional, and makes it final from history', async () => {
    const { clock, start, candlesOf, stop, history } = await world({ historyDays: 0 });
    const { running } = start();
    const newest = async () => (await candlesOf(NOON - 12 * HOUR)).at(-1);
    await clock.advance(SLOT - 20 * SECOND + 4 * SECOND);
    expect(await newest()).toMatchObject({ openTime: NOON, status: 'provisional', source: 'stream' });
    expect((await newest())?.volume).toBe(String(Number(plainValues(NOON).volume) - 0.01));
    await clock.advance(10 * SECOND);
    expect(await newest()).toMatchObject({ openTime: NOON, status: 'final', source: 'history' });
    expect((await newest())?.volume).toBe(plainValues(NOON).volume);
    expect(history.requests.length).toBeGreaterThan(0);
    stop.abort();
    await finish(running, clock, MINUTE);
  });

  it('fills the hole of an outage and says so, without storing half a candle (predecessor faults 6, 10)', async () => {
    const { clock, start, candlesOf, stop, market, events } = await world({ historyDays: 0 });
    const { running } = start();
    await clock.advance(SLOT);
    market.down = true;
    await clock.advance(5 * SLOT + 70 * SECOND);
    market.down = false;
    await clock.advance(30 * SECOND);
    const live = (await candlesOf(NOON - 12 * HOUR)).filter(({ openTime }) => openTime >= NOON);
    expect(live.map(({ openTime }) => openTime)).toEqual(
      [0, 1, 2, 3, 4, 5].map((slot) => NOON + slot * SLOT),
    );
    expect(live.every((candle) => candle.volume === plainValues(candle.openTime).volume)).toBe(true);
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['disconnected', 'connected', 'repaired']),
    );
    stop.abort();
    await finish(running, clock, MINUTE);
  });

  it('stays healthy while a market is closed, and settles the break when it opens again', async () => {
    const [closes, opens] = [NOON + 2 * SLOT, NOON + 16 * HOUR];
    const valuesAt = (slot: EpochMs) => (slot >= closes && slot < opens ? null : plainValues(slot));
    const { clock, start, health, candlesOf, stop } = await world({ historyDays: 0, valuesAt });
    const stream = start();
    await clock.advance(HOUR);
    for (let hour = 1; hour < 16; hour += 5) {
      expect(health(stream)).toMatchObject({ status: 'ok' });
      await clock.advance(5 * HOUR);
    }
    await clock.advance(2 * HOUR);
    expect(health(stream)).toMatchObject({ status: 'ok', oldestUnresolved: null });
    expect((await candlesOf(NOON + 12 * HOUR)).length).toBeGreaterThan(0);
    stop.abort();
    await finish(stream.running, clock, MINUTE);
  });

  it('leaves no hole behind after ten days of downtime, though only one day of history is asked for', async () => {
    const { clock, start, candlesOf, stop, store } = await world({ historyDays: 1 });
    const old = NOON - 10 * DAY;
    await store.merge([
      {
        series: SERIES,
        candles: [
          { openTime: old, ...plainValues(old), status: 'final', source: 'history', observed: old + HOUR },
        ],
      },
    ]);
    const { running } = start();
    await clock.advance(2 * MINUTE);
    for (let day = old - 12 * HOUR + DAY; day < NOON - 12 * HOUR; day += DAY)
      expect(await candlesOf(day)).toHaveLength(480);
    stop.abort();
    await finish(running, clock, MINUTE);
  });

  it('asks for no history with --no-backfill, and fills no hole with --no-gap-fill', async () => {
    const { clock, start, candlesOf, stop, market } = await world({ backfill: false, gapFill: false });
    const { running } = start();
    await clock.advance(SLOT);
    market.down = true;
    await clock.advance(2 * SLOT);
    market.down = false;
    await clock.advance(3 * SLOT);
    const opens = (await candlesOf(NOON - 12 * HOUR)).map(({ openTime }) => (openTime - NOON) / SLOT);
    expect(opens).not.toContain(-1);
    expect(opens).not.toContain(1);
    expect(opens).toContain(4);
    stop.abort();
    await finish(running, clock, MINUTE);
  });

  it('says once that the exchange cannot be reached, goes on trying, and says when it answers again', async () => {
    const { clock, start, stop, history, events, candlesOf } = await world({ historyDays: 0 });
    const { contracts } = history;
    history.contracts = async () => {
      throw new RetryableError('connection refused');
    };
    const { running } = start();
    await clock.advance(10 * MINUTE);
    expect(events.filter(({ kind }) => kind === 'unreachable')).toHaveLength(1);
    history.contracts = contracts;
    await clock.advance(3 * MINUTE);
    expect(events.filter(({ kind }) => kind === 'reachable')).toHaveLength(1);
    expect((await candlesOf(NOON - 12 * HOUR)).length).toBeGreaterThan(240);
    stop.abort();
    await finish(running, clock, MINUTE);
  });

  it('ends with the nearest names when neither exchange nor store knows a symbol', async () => {
    const { clock, start } = await world({ symbols: ['BTC-UDST'] });
    const { running } = start();
    await expect(finish(running, clock, MINUTE)).rejects.toThrow(
      'unknown symbol "BTC-UDST": the exchange does not list it; the nearest names: "BTC-USDT"',
    );
  });

  it('is unhealthy before the first link, healthy with fresh data, and unhealthy within three intervals of silence', async () => {
    const { clock, start, stop, market, history, health } = await world({ historyDays: 0 });
    market.down = true;
    const stream = start();
    expect(health(stream)).toMatchObject({ status: 'unhealthy', reason: expect.stringContaining('no link') });
    market.down = false;
    await clock.advance(MINUTE);
    expect(health(stream)).toMatchObject({ status: 'ok', backfill: { running: false } });
    // The link lives on with its pings, but neither stream nor history shows another candle.
    market.silent.add('BTC-USDT');
    const frozen = clock.now();
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime <= frozen - SLOT);
    await clock.advance(2 * SLOT);
    expect(health(stream).status).toBe('ok');
    await clock.advance(3 * SLOT);
    expect(health(stream)).toMatchObject({
      status: 'unhealthy',
      reason: expect.stringContaining('BTC-USDT'),
    });
    stop.abort();
    await finish(stream.running, clock, MINUTE);
  });

  it('keeps a symbol whose topic is refused by history alone, stays healthy, and says when it streams again (trap 40) (trap 41)', async () => {
    const { clock, start, stop, market, health, events, candlesOf } = await world({ historyDays: 0 });
    const stream = start();
    market.silent.add('BTC-USDT');
    const refusal = { symbol: 'BTC-USDT', code: 80015, message: 'dataType not support' };
    market.send({ kind: 'rejected', ...refusal });
    await clock.advance(10 * SLOT);
    const reason = 'the exchange refuses the subscription (80015 dataType not support)';
    const exceptions = [{ symbol: 'BTC-USDT', state: 'rejected', reason }];
    expect(health(stream)).toMatchObject({ status: 'ok', exceptions });
    const kept = (await candlesOf(NOON - 12 * HOUR)).filter(({ status }) => status === 'final');
    expect(kept.map(({ openTime }) => (openTime - NOON) / SLOT)).toEqual(
      expect.arrayContaining([0, 1, 2, 3, 4, 5, 6, 7, 8]),
    );
    market.silent.clear();
    market.send({ kind: 'accepted', symbol: 'BTC-USDT' });
    await clock.advance(SLOT);
    expect(health(stream)).toMatchObject({ status: 'ok', exceptions: [] });
    expect(events.filter(({ kind }) => kind === 'rejected' || kind === 'resumed')).toMatchObject([
      { level: 'error', message: expect.stringContaining('history alone keeps it') },
      { level: 'info', message: 'BTC-USDT: the subscription works again' },
    ]);
    stop.abort();
    await finish(stream.running, clock, MINUTE);
  });

  it('says that a refused symbol gets no candles when gaps are not filled', async () => {
    const { clock, start, stop, market, events } = await world({ historyDays: 0, gapFill: false });
    const stream = start();
    market.send({ kind: 'rejected', symbol: 'BTC-USDT', code: 80015, message: 'no' });
    await clock.advance(SECOND);
    expect(events.find(({ kind }) => kind === 'rejected')?.message).toContain('it gets no candles');
    stop.abort();
    await finish(stream.running, clock, MINUTE);
  });

  it('stays healthy over minutes in which nothing trades, once history shows them empty', async () => {
    const hole = NOON + 4 * SLOT;
    const { clock, start, stop, health } = await world({
      historyDays: 0,
      valuesAt: (open) => (open === hole ? null : plainValues(open)),
    });
    const stream = start();
    for (let minutes = 0; minutes < 60; minutes++) {
      await clock.advance(MINUTE);
      if (minutes > 0) expect(health(stream)).toMatchObject({ status: 'ok' });
    }
    expect(health(stream).missingLiveSlots).toBe(0);
    stop.abort();
    await finish(stream.running, clock, MINUTE);
  });

  it('reports a repair that failed, and leaves the hole open until it is filled (predecessor fault 20)', async () => {
    const { clock, start, candlesOf, stop, market, history, events } = await world({ historyDays: 0 });
    const { running } = start();
    await clock.advance(SLOT);
    const { read } = history;
    history.read = async () => {
      throw new RetryableError('HTTP 500');
    };
    market.down = true;
    await clock.advance(3 * SLOT);
    market.down = false;
    await clock.advance(2 * SLOT);
    expect(events.filter(({ kind }) => kind === 'history-failed').length).toBeGreaterThan(0);
    const opens = async () =>
      (await candlesOf(NOON - 12 * HOUR)).map(({ openTime }) => (openTime - NOON) / SLOT);
    expect(await opens()).not.toContain(2);
    history.read = read;
    await clock.advance(SLOT);
    expect(await opens()).toEqual(expect.arrayContaining([0, 1, 2, 3, 4]));
    stop.abort();
    await finish(running, clock, MINUTE);
  });

  it('stops with the first failed write, and says which', async () => {
    const { clock, start, store } = await world({ historyDays: 0 });
    store.merge = async () => {
      throw new Error('the disk is full');
    };
    const { running } = start();
    await expect(finish(running, clock, HOUR)).rejects.toThrow('the disk is full');
  });

  it('throws the error of a store that fails at any of its first calls, and leaves no rejection unhandled', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    for (let call = 1; call <= 25; call++) {
      const { clock, store, start } = await world();
      failFrom(store, call);
      const { running } = start();
      await expect(finish(running, clock, HOUR), `call ${call}`).rejects.toThrow('the disk is full');
      await new Promise(setImmediate);
    }
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });
});
