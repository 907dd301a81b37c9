import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  candleAt,
  createSyntheticInstrument,
  type RunningExchange,
  readRecordedInstrument,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';

const MINUTE = 60_000;
const THREE = 3 * MINUTE;
/** A moment 16 s into a 3m candle, at which the open candle was recorded as the newest row. */
const NOW = Date.UTC(2025, 7, 3, 6, 45, 16);
const OPEN = Date.UTC(2025, 7, 3, 6, 45);

const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/bingx/${name}`, import.meta.url), 'utf8'));

let clock: ManualClock;
let exchange: RunningExchange;

beforeEach(async () => {
  clock = createManualClock(NOW);
  exchange = await startExchange({ instruments: [btc, recorded()], clock });
});
afterEach(() => exchange.close());

function recorded() {
  const file = new URL('../fixtures/bingx/btc-usdt-3m-closed.csv', import.meta.url).pathname;
  return readRecordedInstrument({ symbol: 'REC-USDT', file });
}

interface Body {
  readonly code: number;
  readonly msg: string;
  readonly data: readonly Record<string, unknown>[];
}

async function get(path: string, query: Record<string, string | number> = {}): Promise<Body> {
  const url = new URL(path, exchange.restUrl);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return (await response.json()) as Body;
}

const klines = (query: Record<string, string | number>, version = 'v3') =>
  get(`/openApi/swap/${version}/quote/klines`, { symbol: 'BTC-USDT', interval: '3m', ...query });
const times = (body: Body) => body.data.map((row) => row.time);

describe('klines', () => {
  it('answer with the envelope, keys and types of the official sample', async () => {
    const sample = fixture('rest-swap-v3-klines-docs.json').response;
    const body = await klines({ limit: 1 });
    expect(Object.keys(body)).toEqual(Object.keys(sample));
    expect(Object.keys(body.data[0]!)).toEqual(Object.keys(sample.data[0]));
    for (const [name, value] of Object.entries(sample.data[0]))
      expect(typeof body.data[0]![name]).toBe(typeof value);
    expect([body.code, body.msg]).toEqual([0, '']);
  });

  it('come newest first, with the open candle as the newest', async () => {
    const body = await klines({ limit: 4 });
    expect(times(body)).toEqual([OPEN, OPEN - THREE, OPEN - 2 * THREE, OPEN - 3 * THREE]);
    const final = candleAt(btc, THREE, OPEN)!;
    expect(Number(body.data[0]!.volume)).toBeLessThan(Number(final.volume) / 2);
    await clock.advance(THREE);
    const later = await klines({ startTime: OPEN, endTime: OPEN + 1 });
    const { openTime, ...values } = final;
    expect(later.data).toEqual([{ ...values, time: openTime }]);
  });

  it('include startTime and exclude endTime', async () => {
    const range = { startTime: OPEN - 5 * THREE, endTime: OPEN - 2 * THREE };
    expect(times(await klines(range))).toEqual([OPEN - 3 * THREE, OPEN - 4 * THREE, OPEN - 5 * THREE]);
    expect(times(await klines({ ...range, startTime: range.startTime + 1 }))).toHaveLength(2);
    expect(times(await klines({ ...range, endTime: range.endTime + 1 }))).toHaveLength(4);
  });

  it('are 500 when no limit is given', async () => {
    expect(times(await klines({}))).toHaveLength(500);
  });

  it('are silently capped at 1000, the newest of the range', async () => {
    const body = await klines({ startTime: OPEN - 1500 * THREE, endTime: OPEN, limit: 1440 });
    expect(times(body)).toHaveLength(1000);
    expect(times(body)[0]).toBe(OPEN - THREE);
    expect(times(body).at(-1)).toBe(OPEN - 1000 * THREE);
  });

  it('are the newest below endTime when only that is given', async () => {
    expect(times(await klines({ endTime: OPEN - THREE, limit: 2 }))).toEqual([
      OPEN - 2 * THREE,
      OPEN - 3 * THREE,
    ]);
  });

  it('are an empty array for a range without candles', async () => {
    expect(await klines({ startTime: OPEN + THREE, endTime: OPEN + 9 * THREE })).toEqual({
      code: 0,
      msg: '',
      data: [],
    });
  });

  it('of v2 without a range are one object, as documented in 2023', async () => {
    const sample = fixture('rest-swap-v2-klines-2023-docs.json').object_form_no_time_range;
    const body = await klines({}, 'v2');
    expect(Object.keys(body.data)).toEqual(Object.keys(sample.data));
    expect(body.data).toMatchObject({ time: OPEN });
    expect(times(await klines({ startTime: OPEN - THREE }, 'v2'))).toEqual([OPEN, OPEN - THREE]);
  });

  it('of v2 round volumes to 2 digits where v3 shows what was recorded', async () => {
    const time = Date.UTC(2025, 6, 22, 18, 57);
    const query = { symbol: 'REC-USDT', startTime: time, endTime: time + 1 };
    expect((await klines(query)).data[0]!.volume).toBe('58.6711');
    expect((await klines(query, 'v2')).data[0]!.volume).toBe('58.67');
  });

  it.each([
    [{ symbol: 'NONE-USDT' }, 109425],
    [{ symbol: 'btc-usdt' }, 109400],
    [{ symbol: 'BTCUSDT' }, 109400],
    [{ interval: '21m' }, 109400],
    [{ symbol: 'REC-USDT', interval: '1m' }, 109400],
    [{ symbol: 'REC-USDT', interval: '5m' }, 109400],
    [{ startTime: 'yesterday' }, 109400],
    [{ endTime: -1 }, 109400],
    [{ limit: 0 }, 109400],
    [{ limit: 'all' }, 109400],
  ])('answer %j with HTTP 200 and code %d', async (query, code) => {
    const body = await klines(query as Record<string, string>);
    expect(body.code).toBe(code);
    expect(body.msg).not.toBe('');
  });
});

describe('the other endpoints', () => {
  it('tell the time in the documented envelope', async () => {
    const sample = fixture('rest-error-envelopes.json').at(-1);
    const body = await get('/openApi/swap/v2/server/time');
    expect(Object.keys(body)).toEqual(Object.keys(sample));
    expect(body.data).toEqual({ serverTime: NOW });
  });

  it('list the contracts with precision, status and launch', async () => {
    const body = await get('/openApi/swap/v2/quote/contracts');
    expect(body.data.map((contract) => contract.symbol)).toEqual(['BTC-USDT', 'REC-USDT']);
    expect(body.data[0]).toMatchObject({
      pricePrecision: 1,
      status: 1,
      launchTime: btc.launchTime,
      offTime: 0,
    });
  });

  it('list the one contract that is asked for', async () => {
    const body = await get('/openApi/swap/v2/quote/contracts', { symbol: 'REC-USDT' });
    expect(body.data.map((contract) => contract.symbol)).toEqual(['REC-USDT']);
    expect((await get('/openApi/swap/v2/quote/contracts', { symbol: 'NONE-USDT' })).code).toBe(109425);
  });

  it('answer an unknown path with code 100400', async () => {
    expect((await get('/openApi/swap/v9/quote/klines')).code).toBe(100400);
  });

  it('hide the control route unless it is asked for', async () => {
    expect((await get('/control')).code).toBe(100400);
  });
});
