import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import {
  candleAt,
  createSyntheticInstrument,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';
import { get } from './restClient.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2025, 9, 24, 17, 37, 24);
const swap = createSyntheticInstrument({ symbol: 'BTC-USDT' });
const spot = createSyntheticInstrument({ symbol: 'BTC-USDT', seed: 2 });
const KLINES = '/openApi/spot/v2/market/kline';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/bingx/${name}`, import.meta.url), 'utf8'));

let clock: ManualClock;
let exchange: RunningExchange;

beforeEach(async () => {
  clock = createManualClock(NOW);
  exchange = await startExchange({ instruments: [swap], spot: [spot], clock });
});
afterEach(() => exchange.close());

type Row = readonly number[];

interface Answer {
  readonly code: number;
  readonly data: readonly Row[];
}

async function klines(query: Record<string, string | number>, path = KLINES): Promise<Answer> {
  return (await (
    await get(exchange, path, { symbol: 'BTC-USDT', interval: '1m', ...query })
  ).json()) as Answer;
}

const rows = async (...asked: Parameters<typeof klines>) => (await klines(...asked)).data;

describe('the history of spot', () => {
  it('answers in the shape of the documented sample, with the candles of the spot market', async () => {
    const sample = fixture('rest-spot-v2-kline-docs.json').response;
    const answer = await klines({ limit: 3 });
    expect(Object.keys(answer)).toEqual(Object.keys(sample));
    const [, row, older] = answer.data;
    expect(row!.map((value) => typeof value)).toEqual(sample.data[0].map((value: unknown) => typeof value));
    expect(row![6]).toBe(row![0]! + MINUTE - 1);
    expect(older![0]).toBe(row![0]! - MINUTE);
    const { open, high, low, close, volume } = candleAt(spot, MINUTE, row![0]!)!;
    expect(row!.slice(1, 6)).toEqual([open, high, low, close, volume].map(Number));
    expect(close).not.toBe(candleAt(swap, MINUTE, row![0]!)!.close);
  });

  it.each([
    ['1d', DAY, { timeZone: 0 }, 0],
    ['1d', DAY, {}, 16],
    ['12h', 12 * HOUR, {}, 4],
    ['6h', 6 * HOUR, {}, 4],
    ['8h', 8 * HOUR, {}, 0],
    ['1h', HOUR, {}, 0],
  ])(
    'of %s begins at UTC+8 unless timeZone says otherwise (trap 30) (%#)',
    async (interval, lengthMs, zone, hour) => {
      const found = await rows({ interval, limit: 4, ...zone });
      expect(found.map(([time]) => (time! - hour * HOUR) % lengthMs)).toEqual([0, 0, 0, 0]);
      const [, closed] = found;
      expect(closed![1]).toBe(Number(candleAt(spot, lengthMs, closed![0]!)!.open));
    },
  );

  it('has at most 500 rows in the older route, and refuses a symbol of the other market', async () => {
    expect(await rows({ limit: 900 }, '/openApi/market/his/v1/kline')).toHaveLength(500);
    expect(await rows({ limit: 900 }, '/openApi/spot/v1/market/kline')).toHaveLength(900);
    expect(await klines({ symbol: 'ETH-USDT' })).toMatchObject({ code: 100204 });
  });
});

describe('the stream of spot', () => {
  it('answers, pings and pushes in the shapes of the documentation', async () => {
    const sample = fixture('ws-spot-kline-docs.json');
    const socket = new WebSocket(exchange.spotWsUrl, { perMessageDeflate: false });
    const texts: string[] = [];
    let notice = () => {};
    socket.on('message', (data: Buffer) => {
      texts.push(gunzipSync(data).toString());
      notice();
    });
    const frame = async (pattern: RegExp): Promise<Record<string, never>> => {
      for (;;) {
        const found = texts.find((text) => pattern.test(text));
        if (found !== undefined) return JSON.parse(found);
        await new Promise<void>((resolve) => {
          notice = resolve;
        });
      }
    };
    await once(socket, 'open');
    socket.send(JSON.stringify({ id: 'a', dataType: 'BTC-USDT@kline_1min' }));
    const answered = await frame(/"SUCCESS"/);
    expect(Object.keys(answered)).toEqual(Object.keys(sample.ack));
    expect(answered).toEqual({ code: 0, id: 'a', msg: 'SUCCESS', timestamp: NOW });
    await clock.advance(2_000);
    const push = (await frame(/"e":"kline"/)) as unknown as typeof sample.push;
    expect(Object.keys(push)).toEqual(Object.keys(sample.push));
    expect(Object.keys(push.data)).toEqual(Object.keys(sample.push.data));
    expect(Object.keys(push.data.K)).toEqual(Object.keys(sample.push.data.K));
    expect(push.data.K).toMatchObject({
      t: NOW - 24_000,
      T: NOW - 24_000 + MINUTE - 1,
      i: '1min',
      s: 'BTC-USDT',
    });
    expect(push.data.K.o).toBe(candleAt(spot, MINUTE, NOW - 24_000)!.open);
    await clock.advance(3_000);
    const { ping, time } = await frame(/"ping"/);
    expect(time).toMatch(/^2025-10-25T01:37:29\.000\+0800$/);
    // A word is not the answer that spot expects.
    socket.send('Pong');
    socket.send(JSON.stringify({ pong: ping, time }));
    socket.send(JSON.stringify({ id: 'b', dataType: 'BTC-USDT@kline_1m' }));
    expect(await frame(/"b"/)).toMatchObject({ code: 80015 });
    expect(exchange.stats().pongs).toBe(1);
    socket.terminate();
  });
});
