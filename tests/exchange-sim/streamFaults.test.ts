import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BadValue,
  createSyntheticInstrument,
  type Faults,
  GARBAGE,
  garbageFrame,
  gzipFrame,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';
import { connectClient, type StreamClient } from './streamClient.ts';

const MINUTE = 60_000;
const OPEN = Date.UTC(2025, 9, 24, 17, 37);
const instruments = [
  createSyntheticInstrument({ symbol: 'BTC-USDT' }),
  createSyntheticInstrument({ symbol: 'ETH-USDT' }),
];

let clock: ManualClock;
let exchange: RunningExchange;
let client: StreamClient;

beforeEach(async () => {
  clock = createManualClock(OPEN + 24_000);
  exchange = await startExchange({ instruments, clock });
  client = await connectClient(exchange, clock);
  await client.ask({ id: '1', dataType: 'BTC-USDT@kline_1m' });
  await client.ask({ id: '2', dataType: 'ETH-USDT@kline_1m' });
});
afterEach(async () => {
  client.end();
  await exchange.close();
});

interface Push {
  readonly s: string;
  readonly dataType: string;
  readonly data: readonly Record<string, unknown>[];
}

/** The frames of four seconds, pings left out, parsed. */
async function push(faults: Partial<Faults>): Promise<readonly Push[]> {
  exchange.setFaults(faults);
  const before = client.frames.length;
  await client.advance(4000);
  return client
    .texts()
    .slice(before)
    .filter((text) => text !== 'Ping')
    .map((text) => JSON.parse(text));
}

/** Whether the open is one tick above the high; the digits of BTC-USDT and ETH-USDT are 1 and 2. */
function isOneTickAboveHigh({ open, high }: Record<string, unknown>): boolean {
  const tick = 10 ** -String(high).split('.')[1]!.length;
  return Math.round((Number(open) - Number(high)) / tick) === 1;
}

const dataOf = (frames: readonly Push[]): readonly unknown[] => frames.map((frame) => frame.data);

describe('the stream with faults', () => {
  it('sends nothing at all while it is silent, and is as before afterwards', async () => {
    exchange.setFaults({ silent: true });
    await client.advance(60_000, 5000);
    expect(client.frames).toHaveLength(2);
    exchange.setFaults({ silent: false });
    await client.advance(11_000, 1000);
    expect(client.texts()).toContain('Ping');
    expect(client.candles().length).toBeGreaterThan(10);
  });

  it('accepts a subscription and never sends its candles', async () => {
    const some = await push({ muted: ['BTC-USDT'] });
    expect(new Set(some.map((frame) => frame.s))).toEqual(new Set(['ETH-USDT']));
    expect(await push({ muted: 'all' })).toEqual([]);
    expect(await client.ask({ id: '3', dataType: 'BTC-USDT@kline_3m' })).toMatchObject({ code: 0 });
  });

  it('never shows a candle of a hole in the stream, and goes on with the next', async () => {
    const hole = { symbol: 'BTC-USDT', from: OPEN, to: OPEN + 1 };
    const frames = await push({ holes: [{ ...hole, in: 'stream' }] });
    expect(new Set(frames.map((frame) => frame.s))).toEqual(new Set(['ETH-USDT']));
    expect(
      (await push({ holes: [{ ...hole, in: 'history' }] })).some((frame) => frame.s === 'BTC-USDT'),
    ).toBe(true);
    exchange.setFaults({ holes: [{ ...hole, in: 'both' }] });
    const before = client.candles().length;
    await client.advance(MINUTE, 1000);
    expect(
      new Set(
        client
          .candles()
          .slice(before)
          .map(({ T }) => T),
      ),
    ).toContain(OPEN + MINUTE);
  });

  it('says the time as the inclusive close time', async () => {
    await push({ streamTime: 'close' });
    expect(new Set(client.candles().map(({ T }) => T))).toEqual(new Set([OPEN + MINUTE - 1]));
  });

  it('sends text frames, pings included', async () => {
    exchange.setFaults({ streamEncoding: 'text' });
    await client.advance(6000);
    const later = client.frames.slice(2);
    expect(later.every((frame) => !frame.binary)).toBe(true);
    expect(later.map((frame) => frame.bytes.toString())).toContain('Ping');
  });

  it('gives data as an object, as null, as {}, and as two views in one array', async () => {
    expect(dataOf(await push({ streamData: 'object' }))[0]).toMatchObject({ T: OPEN });
    expect(new Set(dataOf(await push({ streamData: 'null' })))).toEqual(new Set([null]));
    expect(dataOf(await push({ streamData: 'emptyObject' }))[0]).toEqual({});
    const pairs = dataOf(await push({ streamData: 'pair' })) as { v: string }[][];
    expect(pairs.every((pair) => pair.length === 2 && Number(pair[0]!.v) < Number(pair[1]!.v))).toBe(true);
  });

  it.each<[BadValue, (frame: Push) => boolean]>([
    ['wrongType', ({ data }) => typeof data[0]!.c === 'object'],
    ['nan', ({ data }) => data[0]!.c === 'NaN'],
    ['negative', ({ data }) => Number(data[0]!.l) < 0],
    ['highBelowLow', ({ data }) => Number(data[0]!.h) < Number(data[0]!.l)],
    ['openAboveHigh', ({ data }) => isOneTickAboveHigh({ open: data[0]!.o, high: data[0]!.h })],
    ['oneSecondLate', ({ data }) => data[0]!.T === OPEN + 1000],
    ['offGrid', ({ data }) => data[0]!.T === OPEN + 1234],
    ['future', ({ data }) => data[0]!.T === OPEN + 1000 * MINUTE],
    ['foreignSymbol', ({ s, dataType }) => s === 'FOREIGN-USDT' && dataType === 'FOREIGN-USDT@kline_1m'],
  ])('sends bad frames: %s, in addition to the good ones or in their place', async (kind, isBad) => {
    expect((await push({})).filter(isBad)).toEqual([]);
    const beside = await push({ badFrames: { kinds: [kind], share: 1, instead: false } });
    expect(beside.filter(isBad)).toHaveLength(beside.length / 2);
    const instead = await push({ badFrames: { kinds: [kind], share: 1, instead: true } });
    expect(instead.length).toBeGreaterThan(3);
    expect(instead.every(isBad)).toBe(true);
  });

  it.each(GARBAGE)('sends garbage beside the candles: %s', async (kind) => {
    exchange.setFaults({ garbage: { kinds: [kind], share: 1 } });
    const before = client.frames.length;
    await client.advance(3000);
    const garbage = Buffer.from(garbageFrame(kind));
    const frames = client.frames.slice(before);
    expect(frames.filter((frame) => frame.bytes.equals(garbage))).toHaveLength(frames.length / 2);
  });

  it('packs a bomb that is small on the wire', () => {
    const bomb = garbageFrame('bomb') as Buffer;
    expect(bomb.length).toBeLessThan(100_000);
    expect(gunzipSync(bomb).length).toBe(64 * 1024 * 1024);
  });

  it('sends frames that it is given', async () => {
    exchange.broadcast('hello');
    exchange.broadcast(gzipFrame('{"a":1}', 'stored'));
    await client.advance(0.001);
    expect(client.texts().slice(2, 4)).toEqual(['hello', '{"a":1}']);
  });
});

describe('a stored gzip frame', () => {
  it('is a gzip member that any reader unpacks', () => {
    for (const text of ['Ping', '', 'ä€𝄞', 'x'.repeat(70_000)]) {
      expect(gunzipSync(gzipFrame(text, 'stored')).toString()).toBe(text);
      expect(gunzipSync(gzipFrame(text, 'deflate')).toString()).toBe(text);
    }
  });
});
