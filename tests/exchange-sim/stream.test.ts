import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  candleAt,
  createSyntheticInstrument,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';
import { connectClient, type StreamClient } from './streamClient.ts';

const MINUTE = 60_000;
/** The minute of the recording. */
const OPEN = Date.UTC(2025, 9, 24, 17, 37);
const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });
const quiet = createSyntheticInstrument({ symbol: 'QUIET-USDT', quietShare: 1 });
const recording: { frames: { recv_ms: number; text: string }[] } = JSON.parse(
  readFileSync(new URL('../fixtures/bingx/ws-swap-capture-2025-10-24.json', import.meta.url), 'utf8'),
);
const recorded = recording.frames.map(({ text }) => text);

let clock: ManualClock;
let exchange: RunningExchange;
let client: StreamClient;

beforeEach(async () => {
  clock = createManualClock(OPEN + 24_000);
  exchange = await startExchange({
    instruments: [btc, quiet],
    clock,
    socketLimits: { missedPongs: 3, topics: 2 },
  });
  client = await connectClient(exchange, clock);
});
afterEach(async () => {
  client.end();
  await exchange.close();
});

const subscribe = (dataType: string, id = 'test_kline_btc') => client.ask({ id, reqType: 'sub', dataType });

describe('the stream', () => {
  it('acknowledges a subscription letter by letter as recorded', async () => {
    await subscribe('BTC-USDT@kline_1m');
    expect(client.texts()).toEqual([recorded.find((text) => text.includes('test_kline_btc'))]);
  });

  it('pushes candles with the keys, types and order of the recording', async () => {
    await subscribe('BTC-USDT@kline_1m');
    await client.advance(2000);
    const push = JSON.parse(client.texts()[1]!);
    const sample = JSON.parse(recorded.find((text) => text.includes('"s":'))!);
    expect(Object.keys(push)).toEqual(Object.keys(sample));
    expect({ ...push, data: null }).toEqual({ ...sample, data: null });
    expect(push.data).toHaveLength(1);
    expect(Object.keys(push.data[0])).toEqual(Object.keys(sample.data[0]));
    for (const name of ['c', 'o', 'h', 'l']) expect(push.data[0][name]).toMatch(/^\d+\.\d$/);
    expect(push.data[0].v).toMatch(/^\d+\.\d{4}$/);
    expect(push.data[0].T).toBe(sample.data[0].T);
  });

  it('sends every frame as gzip in a binary frame, pings and answers included', async () => {
    await subscribe('BTC-USDT@kline_1m');
    await client.advance(11_000, 1000);
    expect(client.frames.every((frame) => frame.binary && frame.bytes.readUInt16BE(0) === 0x1f8b)).toBe(true);
    expect(client.texts().filter((text) => text === 'Ping')).toHaveLength(2);
  });

  it('sends about as many frames in a minute as recorded (94), no two of them alike', async () => {
    await subscribe('BTC-USDT@kline_1m');
    await client.advance(MINUTE, 1000);
    const pushes = client.texts().filter((text) => text.includes('"s":'));
    expect(pushes.length).toBeGreaterThan(85);
    expect(pushes.length).toBeLessThan(105);
    expect(new Set(pushes).size).toBe(pushes.length);
  });

  it('stops after an unsubscription', async () => {
    await subscribe('BTC-USDT@kline_1m');
    await client.ask({ id: 'u', reqType: 'unsub', dataType: 'BTC-USDT@kline_1m' });
    await client.advance(4000, 500);
    expect(client.candles()).toEqual([]);
  });

  it('waits for nothing any more once its last client is gone', async () => {
    await subscribe('BTC-USDT@kline_1m');
    client.end();
    while (exchange.stats().openConnections > 0) await clock.settle();
    await clock.advance(10_000);
    expect(clock.sleeping()).toBe(0);
  });

  it('sends nothing but pings for a symbol without trades', async () => {
    await subscribe('QUIET-USDT@kline_1m');
    await client.advance(60_000, 5000);
    expect(new Set(client.texts().slice(1))).toEqual(new Set(['Ping']));
  });

  it.each(['NONE-USDT@kline_1m', 'btc-usdt@kline_1m', 'BTC-USDT@kline_21m', 'BTC-USDT@depth5'])(
    'rejects %s with 80015 and goes on',
    async (dataType) => {
      expect(await subscribe(dataType, 'x')).toMatchObject({ id: 'x', code: 80015 });
      expect(await subscribe('BTC-USDT@kline_1m')).toMatchObject({ code: 0 });
    },
  );

  it('rejects a channel too many with 80403', async () => {
    await subscribe('BTC-USDT@kline_1m');
    await subscribe('BTC-USDT@kline_3m');
    expect(await subscribe('BTC-USDT@kline_5m')).toMatchObject({ code: 80403 });
    await client.ask({ id: 'u', reqType: 'unsub', dataType: 'BTC-USDT@kline_3m' });
    expect(await subscribe('BTC-USDT@kline_5m')).toMatchObject({ code: 0 });
  });

  it('answers a message that it cannot read, and goes on', async () => {
    client.say('null');
    client.say('[1]');
    expect(await client.ask({ reqType: 'dance', dataType: 'BTC-USDT@kline_1m' })).toMatchObject({
      code: 100400,
    });
    expect(await subscribe('BTC-USDT@kline_1m')).toBeDefined();
  });

  it('cuts a client that does not answer pings, and keeps one that does', async () => {
    await client.advance(60_000, 5000);
    expect(exchange.stats().pongs).toBe(12);
    client.end();
    await client.closed;
    const mute = await connectClient(exchange, clock, false);
    await mute.advance(15_000, 5000);
    expect(exchange.stats().openConnections).toBe(1);
    await clock.advance(5000);
    expect(await mute.closed).toBe(1006);
  });

  it('refuses other paths', async () => {
    const elsewhere = { ...exchange, wsUrl: exchange.wsUrl.replace('swap-market', 'inverse-market') };
    await expect(connectClient(elsewhere, clock)).rejects.toThrow('404');
  });
});

describe('the rollover', () => {
  const STEP = 10;

  /** Frames around 17:38:00 with their distance to it, in steps of 10 ms. */
  async function rollover(dataType: string) {
    await subscribe(dataType);
    await client.advance(MINUTE - 24_000);
    await client.advance(5000, STEP);
    const boundary = OPEN + MINUTE;
    const after = client.candles().filter(({ at }) => at > boundary);
    return { boundary, after: after.map((candle) => ({ ...candle, delay: candle.at - boundary })) };
  }

  it('shows the old candle once more 0.3 to 0.5 s after its end, then nothing until 2.6 s, as recorded', async () => {
    const { boundary, after } = await rollover('BTC-USDT@kline_1m');
    expect(after.filter(({ T }) => T === OPEN)).toHaveLength(1);
    expect(after[0]!.T).toBe(OPEN);
    expect(after[0]!.delay).toBeGreaterThanOrEqual(300);
    expect(after[0]!.delay).toBeLessThanOrEqual(500 + STEP);
    expect(after[1]!.T).toBe(boundary);
    expect(after[1]!.delay).toBeGreaterThanOrEqual(2560);
    expect(after[1]!.delay).toBeLessThanOrEqual(2720 + STEP);
  });

  it('leaves the last frame with the final prices and a volume short by up to 0.25 %', async () => {
    const { after } = await rollover('BTC-USDT@kline_1m');
    const final = candleAt(btc, MINUTE, OPEN)!;
    const { c, o, h, l, v } = after[0]!;
    expect([o, h, l, c]).toEqual([final.open, final.high, final.low, final.close]);
    expect(Number(v)).toBeLessThan(Number(final.volume));
    expect(Number(v)).toBeGreaterThanOrEqual(Number(final.volume) * 0.9975);
  });

  it('is no pause for a larger candle that goes on', async () => {
    const { after } = await rollover('BTC-USDT@kline_3m');
    expect(after.every(({ T }) => T === Date.UTC(2025, 9, 24, 17, 36))).toBe(true);
    expect(after[0]!.delay).toBeLessThan(1300);
    expect(after.length).toBeGreaterThan(4);
  });
});
