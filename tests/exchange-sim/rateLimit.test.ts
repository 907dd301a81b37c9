import { afterEach, describe, expect, it } from 'vitest';
import {
  DEFAULT_RATE_LIMITS,
  type RateLimits,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';

const NOW = Date.UTC(2025, 7, 3);
const TIME = '/openApi/swap/v2/server/time';
const CONTRACTS = '/openApi/swap/v2/quote/contracts';
const STRICT: RateLimits = {
  windows: [{ windowMs: 1000, requests: 2 }],
  scope: 'address',
  penaltyMs: 10_000,
  patience: 2,
};

let clock: ManualClock;
let exchange: RunningExchange;

async function start(rateLimits?: RateLimits | null): Promise<void> {
  clock = createManualClock(NOW);
  exchange = await startExchange({
    instruments: [],
    clock,
    ...(rateLimits === undefined ? {} : { rateLimits }),
  });
}

afterEach(() => exchange.close());

async function ask(path = TIME) {
  const { status, headers, ...response } = await fetch(exchange.restUrl + path).then(async (answer) => ({
    status: answer.status,
    headers: answer.headers,
    body: await answer.text(),
  }));
  return {
    status,
    code: response.body.startsWith('{') ? JSON.parse(response.body).code : null,
    remain: headers.get('x-ratelimit-requests-remain'),
    expire: headers.get('x-ratelimit-requests-expire'),
  };
}

describe('the rate limit', () => {
  it('answers 100410 with HTTP 200, then 429, then 418 to a client that goes on', async () => {
    await start(STRICT);
    const answers = [];
    for (let i = 0; i < 6; i += 1) answers.push(await ask());
    expect(answers.map(({ status, code }) => [status, code])).toEqual([
      [200, 0],
      [200, 0],
      [200, 100410],
      [429, null],
      [429, null],
      [418, null],
    ]);
    expect(exchange.stats().limited).toBe(4);
  });

  it('answers again after the penalty, and after a window without an excess', async () => {
    await start(STRICT);
    await ask();
    await ask();
    await clock.advance(1000);
    expect((await ask()).code).toBe(0);
    await ask();
    expect((await ask()).code).toBe(100410);
    await clock.advance(9_999);
    expect((await ask()).status).toBe(429);
    await clock.advance(1);
    expect((await ask()).code).toBe(0);
  });

  it('announces 500 requests in 10 s for each endpoint, and counts the ms down, as recorded', async () => {
    await start();
    expect(await ask()).toMatchObject({ remain: '499', expire: '10000' });
    await clock.advance(2500);
    expect(await ask()).toMatchObject({ remain: '498', expire: '7500' });
    expect(await ask(`${CONTRACTS}?symbol=A-USDT`)).toMatchObject({ remain: '499', expire: '10000' });
    await clock.advance(7500);
    expect(await ask()).toMatchObject({ remain: '499', expire: '10000' });
  });

  it('announces the window that has least left, and in a penalty the time until its end', async () => {
    const windows = [
      { windowMs: 1000, requests: 5 },
      { windowMs: 60_000, requests: 3 },
    ];
    await start({ ...STRICT, windows });
    expect(await ask()).toMatchObject({ remain: '2', expire: '60000' });
    await ask();
    await ask();
    expect(await ask()).toMatchObject({ code: 100410, remain: '0', expire: '10000' });
    await clock.advance(4000);
    expect(await ask()).toMatchObject({ status: 429, remain: '0', expire: '6000' });
  });

  it('counts each endpoint by itself, or all requests of an address together', async () => {
    await start({ ...STRICT, scope: 'endpoint' });
    for (const path of [TIME, TIME, CONTRACTS, CONTRACTS]) expect((await ask(path)).code).toBe(0);
    expect((await ask()).code).toBe(100410);
    await exchange.close();
    await start(STRICT);
    for (const path of [TIME, CONTRACTS]) expect((await ask(path)).code).toBe(0);
    expect((await ask()).code).toBe(100410);
  });

  it('counts without announcing it', async () => {
    await start({ ...STRICT, announces: false });
    for (const code of [0, 0, 100410])
      expect(await ask()).toMatchObject({ code, remain: null, expire: null });
  });

  it('announces nothing when it is off', async () => {
    await start(null);
    expect(await ask()).toMatchObject({ code: 0, remain: null, expire: null });
  });

  it('suspends for five minutes by default', async () => {
    await start({ ...DEFAULT_RATE_LIMITS, windows: [{ windowMs: 10_000, requests: 1 }] });
    await ask();
    expect(await ask()).toMatchObject({ code: 100410, expire: String(5 * 60_000) });
  });
});
