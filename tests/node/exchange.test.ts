import { createMemoryStore, type MarketStreamEvent, type Report, SymbolRefusedError } from '@candlelake/core';
import { connectExchange, createClock } from '@candlelake/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSyntheticInstrument,
  type Faults,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { swapSeries } from '../support/swapSeries.ts';

const MINUTE = 60_000;
/** A minute takes half a second of real time. */
const SPEED = 120;
const SYMBOLS = ['BTC-USDT', 'ETH-USDT'];

let exchange: RunningExchange;
let stop: AbortController;

beforeEach(() => {
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await exchange.close();
});

async function connect(faults: Partial<Faults>) {
  const setting = { real: Date.now(), simulated: Date.UTC(2026, 10, 22, 12), speed: SPEED };
  const clock = createClock(setting);
  const instruments = SYMBOLS.map((symbol) => createSyntheticInstrument({ symbol }));
  exchange = await startExchange({ instruments, clock });
  exchange.setFaults(faults);
  const { restUrl, wsUrl } = exchange;
  const report: Report = () => {};
  const pace = createMemoryStore({ now: clock.now });
  const connected = connectExchange({
    settings: { market: 'swap', restUrl, wsUrl, clock: setting, requestsPerSecond: 1 },
    ...{ clock, pace, report },
  });
  return { ...connected, clock };
}

describe('the exchange over the network', () => {
  it.each(['before', 'after'] as const)(
    'uses no frame %s the refusal of a topic, and streams it once it is accepted (trap 40) (trap 41)',
    async (refusedTopicFrame) => {
      const { marketStream } = await connect({ refusedTopics: ['ETH-USDT'], refusedTopicFrame });
      const seen: string[] = [];
      for await (const event of marketStream.events(SYMBOLS, '1m', stop.signal)) {
        const word = wordOf(event);
        if (word === null || seen.includes(word)) continue;
        seen.push(word);
        if (seen.includes('rejected ETH-USDT') && seen.includes('update BTC-USDT'))
          exchange.setFaults({ refusedTopics: [] });
        if (word === 'update ETH-USDT') break;
      }
      expect(seen.toSorted()).toEqual([
        'accepted ETH-USDT',
        'rejected ETH-USDT',
        'update BTC-USDT',
        'update ETH-USDT',
      ]);
      expect(seen.slice(-2)).toEqual(['accepted ETH-USDT', 'update ETH-USDT']);
    },
    20_000,
  );

  it('tells the refusal of one symbol from the answer to another (trap 41)', async () => {
    const { history, clock } = await connect({ paused: ['ETH-USDT'] });
    const to = Math.floor(clock.now() / MINUTE) * MINUTE;
    const read = (symbol: string) => {
      const series = swapSeries(symbol, '1m');
      return history.read({ series, from: to - 5 * MINUTE, to, priority: 'live' }, stop.signal);
    };
    const refused = await read('ETH-USDT').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SymbolRefusedError);
    expect(refused).toMatchObject({ code: 109415, certain: true });
    expect((await read('BTC-USDT')).rows).toHaveLength(5);
  });

  it('waits as long as a ban says, to the end that its text names (trap 25)', async () => {
    const { history, clock } = await connect({});
    const until = clock.now() + 3 * MINUTE;
    exchange.setFaults({ ban: { until, code: 109429 } });
    await expect(history.contracts(stop.signal)).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
    const asked = exchange.stats().requests;
    await history.contracts(stop.signal);
    expect(clock.now()).toBeGreaterThanOrEqual(until);
    expect(exchange.stats().requests).toBe(asked + 1);
  });
});

function wordOf(event: MarketStreamEvent): string | null {
  if (event.kind === 'update') return `update ${event.update.symbol}`;
  return event.kind === 'rejected' || event.kind === 'accepted' ? `${event.kind} ${event.symbol}` : null;
}
