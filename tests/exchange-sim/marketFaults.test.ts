import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  candleAt,
  createSyntheticInstrument,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';
import { getContracts, getKlines, getTimes } from './restClient.ts';
import { connectClient } from './streamClient.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A Sunday. */
const OPEN = Date.UTC(2025, 7, 3, 6, 45);
const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });
const eth = createSyntheticInstrument({ symbol: 'ETH-USDT' });

let clock: ManualClock;
let exchange: RunningExchange;

beforeEach(async () => {
  clock = createManualClock(OPEN + 16_000);
  exchange = await startExchange({ instruments: [btc, eth], clock });
});
afterEach(() => exchange.close());

/** The symbols of the frames of the next half minute, both symbols subscribed before `setFaults`. */
async function symbolsStreamed(setFaults: () => void): Promise<ReadonlySet<string>> {
  const client = await connectClient(exchange, clock);
  for (const { symbol } of [btc, eth]) await client.ask({ id: '1', dataType: `${symbol}@kline_1m` });
  setFaults();
  await client.advance(30_000, 5000);
  client.end();
  return new Set(client.texts().flatMap((text) => /"s":"([^"]+)"/.exec(text)?.slice(1) ?? []));
}

describe('a paused market', () => {
  it('is listed as online, is refused by history with 109415, and sends no frames', async () => {
    exchange.setFaults({ paused: ['BTC-USDT'] });
    const { code, msg } = await getKlines(exchange);
    expect(code).toBe(109415);
    // The text of a recorded answer, but for the symbol.
    expect(msg).toBe(
      'BTC-USDT is pause currently,all validted symbols in api:/openApi/swap/v2/quote/contracts, please verify it',
    );
    expect((await getContracts(exchange))[0]).toMatchObject({ symbol: 'BTC-USDT', status: 1 });
    expect((await getKlines(exchange, { symbol: 'ETH-USDT' })).data).toHaveLength(10);
    expect(await symbolsStreamed(() => exchange.setFaults({ paused: ['BTC-USDT'] }))).toEqual(
      new Set(['ETH-USDT']),
    );
  });
});

describe('a market with closing hours', () => {
  it('has no row in them, not even a flat one, and no frame', async () => {
    const flat = createSyntheticInstrument({ symbol: 'BTC-USDT', quietRows: 'flat' });
    await exchange.close();
    exchange = await startExchange({ instruments: [flat, eth], clock });
    // 06:40 to 06:44 of every day.
    exchange.setFaults({ closingHours: [{ symbol: 'BTC-USDT', fromMinute: 400, toMinute: 404 }] });
    const times = await getTimes(exchange, { limit: 4 });
    expect(times).toEqual([OPEN, OPEN - MINUTE, OPEN - 6 * MINUTE, OPEN - 7 * MINUTE]);
    expect(await getTimes(exchange, { symbol: 'ETH-USDT', limit: 2 })).toEqual([OPEN, OPEN - MINUTE]);
    const hours = { fromMinute: 405, toMinute: 420 };
    expect(
      await symbolsStreamed(() => exchange.setFaults({ closingHours: [{ symbol: 'BTC-USDT', ...hours }] })),
    ).toEqual(new Set(['ETH-USDT']));
  });

  it('is closed on the weekdays named', async () => {
    exchange.setFaults({ closingHours: [{ weekdays: [0, 6], fromMinute: 0, toMinute: 1440 }] });
    // The last minute of Friday is the newest row.
    expect(await getTimes(exchange, { limit: 1 })).toEqual([Date.UTC(2025, 7, 1, 23, 59)]);
    const sunday = Date.UTC(2025, 7, 3);
    expect(await getTimes(exchange, { startTime: sunday - 24 * HOUR, endTime: OPEN })).toEqual([]);
  });
});

describe('history that lacks rows for a while', () => {
  it('answers with an empty list, for the symbols named or for all', async () => {
    exchange.setFaults({ emptyHistory: ['BTC-USDT'] });
    expect(await getKlines(exchange)).toEqual({ code: 0, msg: '', data: [] });
    expect(await getTimes(exchange, { symbol: 'ETH-USDT' })).toHaveLength(10);
    exchange.setFaults({ emptyHistory: 'all' });
    expect((await getKlines(exchange, { symbol: 'ETH-USDT' })).data).toEqual([]);
  });

  it('is answered in part by a replica that has only its last hours', async () => {
    const old = { startTime: OPEN - 8 * HOUR, endTime: OPEN - 7 * HOUR, limit: 60 };
    exchange.setFaults({ replicas: [{ share: 1, keepsMs: 6 * HOUR }] });
    expect(await getTimes(exchange, old)).toEqual([]);
    const border = { startTime: OPEN - 7 * HOUR, endTime: OPEN - 5 * HOUR, limit: 120 };
    // The clock is 16 s into a minute, so the candle that opened six hours before it is whole minutes later.
    expect((await getTimes(exchange, border)).at(-1)).toBe(OPEN - 6 * HOUR + MINUTE);
    exchange.setFaults({ replicas: [{ share: 0.5, keepsMs: 6 * HOUR }] });
    const counts = new Set<number>();
    for (let poll = 0; poll < 20; poll += 1) counts.add((await getTimes(exchange, old)).length);
    expect(counts).toEqual(new Set([0, 60]));
  });

  it('is answered by a replica with holes, always the same ones', async () => {
    const holes = [{ from: OPEN - 3 * MINUTE, to: OPEN - MINUTE }];
    exchange.setFaults({ replicas: [{ share: 1, holes }] });
    expect(await getTimes(exchange, { limit: 3 })).toEqual([OPEN, OPEN - MINUTE, OPEN - 4 * MINUTE]);
    exchange.setFaults({ replicas: [{ share: 1, missingShare: 0.3 }] });
    const range = { startTime: OPEN - 500 * MINUTE, endTime: OPEN, limit: 1000 };
    const times = await getTimes(exchange, range);
    expect(times.length).toBeGreaterThan(300);
    expect(times.length).toBeLessThan(400);
    expect(await getTimes(exchange, range)).toEqual(times);
  });
});

describe('a slot with a bad value', () => {
  const slot = (minutes: number) => ({ from: OPEN - minutes * MINUTE, to: OPEN - (minutes - 1) * MINUTE });

  it('always has that one row in history, in place of the good one', async () => {
    const good = (await getKlines(exchange)).data;
    exchange.setFaults({
      badSlots: [
        { ...slot(2), in: 'history', kind: 'highBelowLow' },
        { ...slot(4), in: 'both', kind: 'oneSecondLate' },
        { ...slot(6), in: 'history', kind: 'openAboveHigh', symbol: 'BTC-USDT' },
        { ...slot(8), in: 'stream', kind: 'null' },
        { ...slot(9), in: 'history', kind: 'null', symbol: 'ETH-USDT' },
      ],
    });
    const { data } = await getKlines(exchange);
    expect(data).toHaveLength(10);
    expect(Number(data[2]!.high)).toBeLessThan(Number(data[2]!.low));
    expect(data[4]).toEqual({ ...good[4], time: OPEN - 4 * MINUTE + 1000 });
    const { high } = candleAt(btc, MINUTE, OPEN - 6 * MINUTE)!;
    expect(data[6]).toEqual({ ...good[6], open: (Number(high) + 0.1).toFixed(1) });
    for (const index of [0, 1, 3, 5, 7, 8, 9]) expect(data[index]).toEqual(good[index]);
    expect((await getKlines(exchange)).data.slice(1)).toEqual(data.slice(1));
  });

  it('has it in every frame of the stream', async () => {
    exchange.setFaults({
      badSlots: [{ symbol: 'BTC-USDT', from: OPEN, to: OPEN + MINUTE, in: 'stream', kind: 'oneSecondLate' }],
    });
    const client = await connectClient(exchange, clock);
    await client.ask({ id: '1', dataType: 'BTC-USDT@kline_1m' });
    await client.advance(50_000, 5000);
    client.end();
    expect(new Set(client.candles().map(({ T }) => T))).toEqual(new Set([OPEN + 1000, OPEN + MINUTE]));
  });
});
