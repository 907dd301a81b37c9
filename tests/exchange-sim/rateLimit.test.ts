import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningExchange, startExchange } from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';

const NOW = Date.UTC(2025, 7, 3);

describe('the rate limit', () => {
  let clock: ManualClock;
  let exchange: RunningExchange;
  const strict = { windows: [{ windowMs: 1000, requests: 2 }], penaltyMs: 10_000, patience: 2 };
  const time = async () => {
    const response = await fetch(`${exchange.restUrl}/openApi/swap/v2/server/time`);
    const body = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      code: body.startsWith('{') ? JSON.parse(body).code : null,
    };
  };

  beforeEach(async () => {
    clock = createManualClock(NOW);
    exchange = await startExchange({ instruments: [], clock, rateLimits: strict });
  });

  afterEach(() => exchange.close());

  it('answers 100410 with HTTP 200, then 429, then 403 to one who goes on', async () => {
    const answers = [];
    for (let i = 0; i < 6; i += 1) answers.push(await time());
    expect(answers.map(({ status, code }) => [status, code])).toEqual([
      [200, 0],
      [200, 0],
      [200, 100410],
      [429, null],
      [429, null],
      [403, null],
    ]);
    expect(exchange.stats().limited).toBe(4);
  });

  it('forgives after the penalty, and lets the window pass without one', async () => {
    await time();
    await time();
    await clock.advance(1000);
    expect((await time()).code).toBe(0);
    await time();
    expect((await time()).code).toBe(100410);
    await clock.advance(9_999);
    expect((await time()).status).toBe(429);
    await clock.advance(1);
    expect((await time()).code).toBe(0);
  });

  it('says in its headers how many requests remain and until when', async () => {
    const { headers } = await time();
    expect(headers.get('x-ratelimit-requests-remain')).toBe('1');
    expect(headers.get('x-ratelimit-requests-expire')).toBe(String(NOW + 1000));
  });
});
