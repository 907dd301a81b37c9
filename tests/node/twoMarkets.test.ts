import {
  createCollector,
  createLakeWriter,
  createMemoryObjects,
  createMemoryStore,
  deriveMarkedDays,
  INITIAL_LAKE_STATUS,
  type Market,
} from '@candlelake/core';
import {
  candleAt,
  createSyntheticInstrument,
  parseClock,
  type RunningExchange,
  startExchange,
} from '@candlelake/exchange-sim';
import { connectExchange } from '@candlelake/node';
import { afterEach, expect, it } from 'vitest';
import { decodeParquet } from '../../packages/cli/src/adapters/parquetFile.ts';
import { encode } from '../support/encoder.ts';
import { lakeSettings } from '../support/lakeSettings.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 22, 0, 20, 10);
const DAY = Date.UTC(2026, 10, 22);
/** After five more minutes. */
const UNTIL = Date.UTC(2026, 10, 22, 0, 25);
const SPEED = 60;

const instruments = {
  swap: createSyntheticInstrument({ symbol: 'BTC-USDT' }),
  spot: createSyntheticInstrument({ symbol: 'BTC-USDT', seed: 2 }),
};

let exchange: RunningExchange;
afterEach(() => exchange.close());

it('two streams, one of each market, fill one store and one lake with the candles of their own market', async () => {
  const setting = { real: Date.now(), simulated: START, speed: SPEED };
  const clock = parseClock(`${setting.real}:${setting.simulated}:${setting.speed}`);
  exchange = await startExchange({ instruments: [instruments.swap], spot: [instruments.spot], clock });
  const store = createMemoryStore({ now: clock.now });
  const settings = lakeSettings({ interval: '1m', timeframes: [5] });
  await store.writeSettings(settings);
  const urls = { swap: exchange.wsUrl, spot: exchange.spotWsUrl };

  const stream = async (market: Market) => {
    const asked = {
      market,
      restUrl: exchange.restUrl,
      wsUrl: urls[market],
      clock: setting,
      requestsPerSecond: 10,
    };
    const report = () => {};
    const connected = connectExchange({ settings: asked, clock, pace: store, report });
    const collector = createCollector(
      {
        ...{ ...connected, clock, random: Math.random, candles: store, derivation: store, report },
        lake: { request: () => {}, flush: async () => {}, status: () => INITIAL_LAKE_STATUS },
        yieldToHost: async () => {},
        flushLimit: () => new AbortController().signal,
      },
      {
        ...{ symbols: ['BTC-USDT'], interval: '1m', historyDays: 0, backfill: true, gapFill: true },
        ...{ until: UNTIL, requestsPerSecond: 10 },
      },
    );
    await collector.run(new AbortController().signal);
    return collector.status().counters;
  };
  const counters = await Promise.all([stream('swap'), stream('spot')]);
  expect(Math.min(...counters.map(({ candlesStored }) => candlesStored))).toBeGreaterThan(0);
  expect(exchange.stats().rejectedSubscriptions).toBe(0);

  const objects = createMemoryObjects();
  const ports = { candles: store, derivation: store, objects, encode, yieldToHost: async () => {} };
  const { signal } = new AbortController();
  await deriveMarkedDays({ derivation: store, writer: createLakeWriter(ports) }, signal);
  const bytes = await objects.read('candles/interval=1m/date=2026-11-22/candles.parquet');
  const { columns, length } = await decodeParquet(bytes!);
  const rows = Array.from({ length }, (_, row) =>
    ['market', 'open_time', 'open', 'high', 'low', 'close', 'volume', 'status'].map(
      (name) => columns[name]![row],
    ),
  );
  const expected = (market: Market) =>
    Array.from({ length: (UNTIL - DAY) / MINUTE }, (_, minute) => {
      const openTime = DAY + minute * MINUTE;
      const { open, high, low, close, volume } = candleAt(instruments[market], MINUTE, openTime)!;
      return [market, openTime, ...[open, high, low, close, volume].map(Number), 'final'];
    });
  expect(rows).toEqual([...expected('spot'), ...expected('swap')]);
});
