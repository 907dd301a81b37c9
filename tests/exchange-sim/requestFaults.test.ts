import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSyntheticInstrument,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';
import { get } from './restClient.ts';

const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });

let clock: ManualClock;
let exchange: RunningExchange;

beforeEach(async () => {
  clock = createManualClock(Date.UTC(2025, 7, 3, 6, 45, 16));
  exchange = await startExchange({ instruments: [btc], clock });
});
afterEach(() => exchange.close());

const request = () => get(exchange, '/openApi/swap/v3/quote/klines', { symbol: 'BTC-USDT', interval: '1m' });

describe('a request to an exchange with faults', () => {
  it.each([
    ['http500', 500],
    ['http502', 502],
    ['http418', 418],
    ['http403', 403],
    ['http429', 429],
  ] as const)('answers %s', async (rest, status) => {
    exchange.setFaults({ rest });
    expect((await request()).status).toBe(status);
  });

  it('answers with a page of HTML, with half a body, and with "busy"', async () => {
    exchange.setFaults({ rest: 'notJson' });
    expect(await (await request()).text()).toContain('<html>');
    exchange.setFaults({ rest: 'cut' });
    await expect((await request()).json()).rejects.toThrow('JSON');
    exchange.setFaults({ rest: 'busy' });
    expect(await (await request()).json()).toMatchObject({
      code: 100410,
      msg: expect.stringContaining('busy'),
    });
  });

  it('cuts the connection of a request', async () => {
    exchange.setFaults({ rest: 'drop' });
    await expect(request()).rejects.toThrow('fetch failed');
  });

  it('hits the share of the requests that is asked for', async () => {
    exchange.setFaults({ rest: 'http500', restShare: 0.5 });
    const statuses = new Set<number>();
    for (let i = 0; i < 20; i += 1) statuses.add((await request()).status);
    expect(statuses).toEqual(new Set([200, 500]));
  });

  it('answers late by its own clock', async () => {
    exchange.setFaults({ restDelayMs: 5000 });
    let answered = false;
    const answer = request().then(() => {
      answered = true;
    });
    while (clock.sleeping() === 0) await clock.settle();
    await clock.advance(4999);
    expect(answered).toBe(false);
    await clock.advance(1);
    await answer;
  });

  it('closes at once while requests hang', async () => {
    exchange.setFaults({ rest: 'hang' });
    const hanging = request().catch((error: Error) => error.message);
    while (exchange.stats().requests === 0) await clock.settle();
    await exchange.close();
    expect(await hanging).toBe('fetch failed');
    exchange = await startExchange({ instruments: [btc], clock });
  });
});
