import { readFileSync } from 'node:fs';
import { createHistory, createMemoryStore, DAY_MS, type Interval } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { parseSpotSymbols } from '../../../packages/core/src/bingx/contracts.ts';
import { parseKlineRows } from '../../../packages/core/src/bingx/klines.ts';
import { klineTopic, parseMessage } from '../../../packages/core/src/bingx/messages.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { createScriptedHttp } from '../../support/scriptedHttp.ts';
import { createSyncedClock } from '../../support/syncedClock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function fixture(name: string) {
  return JSON.parse(readFileSync(new URL(`../../fixtures/bingx/${name}`, import.meta.url), 'utf8'));
}

/** The recorded frame of a client; `origin` is a part of the name that the fixture gives it. */
function recorded(origin: string) {
  const frames = fixture('ws-recorded-frames-misc.json') as {
    origin: string;
    frame: { dataType?: string };
  }[];
  return frames.find((one) => one.origin.includes(origin))!.frame;
}

function read(
  frame: unknown,
  { topic, intervalMs, now }: { topic: string; intervalMs: number; now: number },
) {
  const refused: string[] = [];
  const checks = { intervalMs, now, topics: new Map([[topic, topic.split('@')[0]!]]) };
  const message = parseMessage(JSON.stringify(frame), {
    ...checks,
    refuse: (kind) => void refused.push(kind),
  });
  return { message, refused };
}

describe('a push of spot', () => {
  test('recorded at 8h has "t" as open time, and its 20 decimals are the number (trap 8) (trap 9) (trap 10)', () => {
    const frame = recorded('Spot/Kline');
    const topic = klineTopic({ market: 'spot', symbol: 'ETH-USDT', interval: '8h' });
    // "E" of the frame: 2025-11-27T11:53Z.
    expect(read(frame, { topic, intervalMs: 8 * HOUR, now: 1764244387664 })).toEqual({
      message: {
        kind: 'updates',
        updates: [
          {
            symbol: 'ETH-USDT',
            openTime: Date.UTC(2025, 10, 27, 8),
            ...{ open: '3033.88', high: '3044.47', low: '3017.54', close: '3028.512', volume: '8403.2239' },
          },
        ],
      },
      refused: [],
    });
  });

  test.each([
    [
      'noted by ccxt',
      recorded('ccxt 4.5.84 js/src/pro/bingx.js (spot)'),
      1696687440000,
      '27917.829',
      '0.9211',
    ],
    [
      'in the documentation, binary noise and all',
      fixture('ws-spot-kline-docs.json').push,
      1760066280000,
      '121137.93299999999',
      '0.025847',
    ],
  ])('%s is read', (_, frame, openTime, close, volume) => {
    const topic = klineTopic({ market: 'spot', symbol: 'BTC-USDT', interval: '1m' });
    const { message, refused } = read(frame, { topic, intervalMs: MINUTE, now: openTime + 2_000 });
    expect(refused).toEqual([]);
    expect(message).toMatchObject({ updates: [{ symbol: 'BTC-USDT', openTime, close, volume }] });
  });

  test('of a symbol that is not its topic’s is refused', () => {
    const { push } = fixture('ws-spot-kline-docs.json');
    const frame = { ...push, data: { ...push.data, s: 'ETH-USDT' } };
    const place = { topic: 'BTC-USDT@kline_1min', intervalMs: MINUTE, now: push.data.E };
    expect(read(frame, place)).toEqual({
      message: { kind: 'updates', updates: [] },
      refused: ['wrong symbol'],
    });
  });

  test('of a day that began at 16:00 UTC is refused (trap 30) (trap 44)', () => {
    const open = Date.UTC(2025, 9, 9, 16);
    const { push } = fixture('ws-spot-kline-docs.json');
    const K = { ...push.data.K, i: '1day', t: open, T: open + DAY_MS - 1 };
    const frame = { ...push, dataType: 'BTC-USDT@kline_1day', data: { ...push.data, K } };
    const place = { topic: 'BTC-USDT@kline_1day', intervalMs: DAY_MS, now: open + HOUR };
    expect(read(frame, place)).toEqual({
      message: { kind: 'updates', updates: [] },
      refused: ['off the grid'],
    });
  });
});

test('the ping of spot gets its id back (trap 19)', () => {
  const frame = recorded('spot JSON ping') as unknown as { ping: string; time: string };
  const { message } = read(frame, { topic: 'BTC-USDT@kline_1min', intervalMs: MINUTE, now: 1 });
  expect(message.kind).toBe('ping');
  expect(JSON.parse((message as { reply: string }).reply)).toEqual({ pong: frame.ping, time: frame.time });
});

// The names of ccxt 4.5.84 and of JKorf/BingX.Net; 8hour is in a recorded frame.
const NAMES: Readonly<Record<Interval, string>> = {
  ...{ '1m': '1min', '3m': '3min', '5m': '5min', '15m': '15min', '30m': '30min', '1h': '60min' },
  ...{ '2h': '2hour', '4h': '4hour', '6h': '6hour', '8h': '8hour', '12h': '12hour', '1d': '1day' },
};

test.each(Object.entries(NAMES))('the topic of %s is kline_%s on spot (trap 31)', (interval, name) => {
  const series = { symbol: 'BTC-USDT', interval: interval as Interval };
  expect(klineTopic({ market: 'spot', ...series })).toBe(`BTC-USDT@kline_${name}`);
  expect(klineTopic({ market: 'swap', ...series })).toBe(`BTC-USDT@kline_${interval}`);
});

describe('history of spot', () => {
  test('is asked for days that begin at 00:00 UTC, and a row of 16:00 UTC is no candle (trap 30)', async () => {
    const day = Date.UTC(2025, 9, 9);
    const row = (time: number) => [time, 10, 12, 9, 11, 5.5, time + DAY_MS - 1, 60.5];
    const clock = createManualClock(day + 3 * DAY_MS);
    const rows = [row(day + DAY_MS), row(day), row(day - 8 * HOUR)];
    const { httpGet, requests } = createScriptedHttp(clock, () => ({
      json: { code: 0, timestamp: 1, data: rows },
    }));
    const history = createHistory({
      ...{ market: 'spot', httpGet, clock, exchangeClock: createSyncedClock(clock), random: () => 0.5 },
      ...{ pace: createMemoryStore({ now: clock.now }), restUrl: 'https://main.test', report: () => {} },
      limits: [{ requests: 10, windowMs: 1_000 }],
    });
    const series = { market: 'spot', symbol: 'BTC-USDT', interval: '1d' } as const;
    const asked = { series, from: day - DAY_MS, to: day + 2 * DAY_MS, priority: 'live' } as const;
    const page = await history.read(asked, new AbortController().signal);
    expect(requests.map(({ path, query }) => ({ path, query }))).toEqual([
      {
        path: '/openApi/spot/v2/market/kline',
        query: {
          ...{ symbol: 'BTC-USDT', interval: '1d', limit: '1000', timeZone: '0' },
          ...{ startTime: String(day - DAY_MS - 1), endTime: String(day + 2 * DAY_MS) },
        },
      },
    ]);
    const values = { open: '10', high: '12', low: '9', close: '11', volume: '5.5' };
    expect(page.rows).toEqual([
      { openTime: day, ...values },
      { openTime: day + DAY_MS, ...values },
    ]);
    // The refused row is a candle that cannot be read: the slot that it falls into is not empty.
    expect(page.unreadable).toEqual([day - DAY_MS]);
  });

  test('of the documentation is read row by row (trap 8)', () => {
    const { response } = fixture('rest-spot-v2-kline-docs.json');
    const refuse = (kind: string) => {
      throw new Error(`a good row was refused: ${kind}`);
    };
    const { rows } = parseKlineRows(response.data, { intervalMs: MINUTE, now: response.timestamp, refuse });
    const open = 1702720620000;
    expect(rows.map(({ openTime }) => (open - openTime) / MINUTE)).toEqual([0, 1, 2, 3, 4]);
    expect(rows[2]).toMatchObject({ open: '42182.59', high: '42220.38', low: '42182.59', volume: '1.53' });
  });
});

test('a spot symbol has the decimals of its tick, and a start of 0 is unknown', () => {
  // GEAR-USDT as ccxt 4.5.84 notes it.
  const gear = {
    symbol: 'GEAR-USDT',
    minNotional: 5,
    status: 1,
    tickSize: 0.000001,
    stepSize: 1,
    timeOnline: 0,
  };
  const btc = { symbol: 'BTC-USDT', tickSize: '0.01', timeOnline: 1586275200000 };
  const tiny = { symbol: 'TINY-USDT', tickSize: 1e-8 };
  const refused: string[] = [];
  const symbols = [gear, btc, tiny, { symbol: 'NODASH' }, { symbol: 'ODD-USDT', tickSize: 'x' }];
  expect(parseSpotSymbols({ symbols }, (kind) => void refused.push(kind))).toEqual([
    { symbol: 'GEAR-USDT', pricePrecision: 6, launchTime: null },
    { symbol: 'BTC-USDT', pricePrecision: 2, launchTime: 1586275200000 },
    { symbol: 'TINY-USDT', pricePrecision: 8, launchTime: null },
    { symbol: 'ODD-USDT', pricePrecision: null, launchTime: null },
  ]);
  expect(refused).toEqual(['wrong shape']);
  expect(() => parseSpotSymbols({ symbols: [] }, () => {})).toThrow('lists no contracts');
});
