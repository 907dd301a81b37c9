import { afterEach, describe, expect, it } from 'vitest';
import {
  createContractListing,
  createSyntheticInstrument,
  type Faults,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';
import { getContracts, getKlines, getTimes } from './restClient.ts';
import { connectClient } from './streamClient.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 8, 22, 12);
const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });
const eth = createSyntheticInstrument({ symbol: 'ETH-USDT' });

let clock: ManualClock;
let exchange: RunningExchange;

async function start(instruments = [btc, eth], faults: Partial<Faults> = {}): Promise<void> {
  clock = createManualClock(NOW);
  exchange = await startExchange({ instruments, clock, faults });
}

afterEach(() => exchange.close());

const listed = async () => (await getContracts(exchange)).map(({ symbol }) => symbol);

describe('the recorded contract list', () => {
  it('has 1,269 rows with the statuses, currencies and names of 2026-09-22', async () => {
    await start([...createContractListing({ now: NOW })]);
    const rows = await getContracts(exchange);
    expect(rows).toHaveLength(1269);
    expect(new Set(rows.map(({ symbol }) => symbol)).size).toBe(1269);
    const count = (status: number, currency: string, apiStateOpen = 'true') =>
      rows.filter((row) => {
        return row.status === status && row.currency === currency && row.apiStateOpen === apiStateOpen;
      }).length;
    expect([count(1, 'USDT'), count(1, 'USDC'), count(25, 'USDT'), count(25, 'USDC')]).toEqual([
      909, 49, 161, 72,
    ]);
    expect(rows.filter(({ status }) => status === 0)).toEqual([]);
    const names = rows.map(({ symbol }) => String(symbol));
    expect(names.filter((name) => name.startsWith('NC'))).toHaveLength(626);
    for (const name of ['BTC-USDT', '1000PEPE-USDT', '1000000MOG-USDT', 'NCFXEUR2USD-USDT'])
      expect(names).toContain(name);
    expect(names.filter((name) => !/^\w+-USD[TC]$/.test(name))).toEqual([]);
  });

  it('has contracts that are launched later, and contracts with an announced end', async () => {
    await start([...createContractListing({ now: NOW })]);
    const rows = await getContracts(exchange);
    const later = rows.filter(({ launchTime }) => Number(launchTime) > NOW);
    expect(later.length).toBeGreaterThan(0);
    expect(later.every(({ status }) => status === 5)).toBe(true);
    expect(await getTimes(exchange, { symbol: String(later[0]!.symbol) })).toEqual([]);
    const ending = rows.filter(({ offTime }) => Number(offTime) > 0);
    expect(ending.length).toBeGreaterThan(0);
    expect(ending.every(({ offTime, status }) => Number(offTime) > NOW && status === 25)).toBe(true);
  });
});

describe('a contract', () => {
  it('shows the state that the faults give it', async () => {
    const change = { status: 25, offTime: NOW + MINUTE, launchTime: NOW + 1, apiStateOpen: false } as const;
    await start([btc, eth], { contracts: [{ symbol: 'ETH-USDT', ...change }] });
    const [first, second] = await getContracts(exchange);
    expect(first).toMatchObject({ symbol: 'BTC-USDT', status: 1, offTime: 0, apiStateOpen: 'true' });
    expect(second).toMatchObject({ ...change, symbol: 'ETH-USDT', apiStateOpen: 'false' });
  });

  it('has no rows before a launch in the future', async () => {
    await start([btc], { contracts: [{ symbol: 'BTC-USDT', launchTime: NOW + MINUTE }] });
    expect((await getKlines(exchange)).data).toEqual([]);
    await clock.advance(2.5 * MINUTE);
    expect(await getTimes(exchange)).toEqual([NOW + 2 * MINUTE, NOW + MINUTE]);
  });

  it('that leaves the list is unknown to history and the stream until it comes back', async () => {
    await start([btc, eth], {
      phases: [
        {
          from: NOW + MINUTE,
          to: NOW + 2 * MINUTE,
          faults: { contracts: [{ symbol: 'ETH-USDT', listed: false }] },
        },
      ],
    });
    const client = await connectClient(exchange, clock);
    const subscribe = (symbol: string) => client.ask({ id: '1', dataType: `${symbol}@kline_1m` });
    expect(await subscribe('ETH-USDT')).toMatchObject({ code: 0 });
    expect(await listed()).toEqual(['BTC-USDT', 'ETH-USDT']);
    await client.advance(MINUTE);
    expect(await listed()).toEqual(['BTC-USDT']);
    const { code, msg } = await getKlines(exchange, { symbol: 'ETH-USDT' });
    expect(code).toBe(109425);
    // The text of a recorded answer, but for the symbol.
    expect(msg).toBe('ETH-USDT not exist, please verify it in api: /openApi/swap/v2/quote/contracts');
    expect(await subscribe('ETH-USDT')).toMatchObject({ code: 80015 });
    const before = client.candles().length;
    await client.advance(MINUTE - 1000, 5000);
    expect(client.candles().length).toBe(before);
    await client.advance(11_000, 1000);
    expect(client.candles().length).toBeGreaterThan(before);
    expect(await listed()).toEqual(['BTC-USDT', 'ETH-USDT']);
    client.end();
  });
});

describe('a refused topic', () => {
  const dataType = 'ETH-USDT@kline_1m';

  it.each([
    ['by a fault', { refusedTopics: ['ETH-USDT'] }],
    ['for a contract with status 25', { contracts: [{ symbol: 'ETH-USDT', status: 25 }] }],
  ] as const)('is answered with 80015, %s, while history answers', async (_, faults) => {
    await start([btc, eth], faults);
    const client = await connectClient(exchange, clock);
    const answer = await client.ask({ id: '1', dataType });
    expect(answer).toMatchObject({ id: '1', code: 80015, msg: 'dataType not support' });
    await client.advance(20_000, 5000);
    expect(client.candles()).toEqual([]);
    expect(await getTimes(exchange, { symbol: 'ETH-USDT' })).toHaveLength(10);
    client.end();
  });

  it.each(['after', 'before'] as const)(
    'can send one data frame all the same, %s the refusal',
    async (side) => {
      await start([btc, eth], { refusedTopics: ['ETH-USDT'], refusedTopicFrame: side });
      await clock.advance(20_000);
      const client = await connectClient(exchange, clock);
      client.say(JSON.stringify({ id: '1', dataType }));
      while (client.frames.length < 2) await clock.settle();
      await client.advance(10_000, 5000);
      const kinds = client.texts().map((text) => JSON.parse(text === 'Ping' ? '{}' : text));
      const expected = [{ code: 80015 }, { code: 0, s: 'ETH-USDT', dataType, data: [{ T: NOW }] }];
      expect(kinds.slice(0, 2)).toMatchObject(side === 'after' ? expected : expected.toReversed());
      expect(client.candles()).toHaveLength(1);
      client.end();
    },
  );

  it('above the limit is answered with 80403, with one data frame when the fault says so', async () => {
    await start();
    await exchange.close();
    exchange = await startExchange({
      instruments: [btc, eth],
      clock,
      socketLimits: { topics: 1 },
      faults: { refusedTopicFrame: 'after' },
    });
    await clock.advance(20_000);
    const client = await connectClient(exchange, clock);
    await client.ask({ id: '1', dataType: 'BTC-USDT@kline_1m' });
    client.say(JSON.stringify({ id: '2', dataType }));
    while (client.frames.length < 3) await clock.settle();
    await client.advance(10_000, 5000);
    const [refusal, leaked] = client
      .texts()
      .slice(1, 3)
      .map((text) => JSON.parse(text));
    expect(refusal).toMatchObject({ id: '2', code: 80403, msg: 'your topic num over max 1' });
    expect(leaked).toMatchObject({ code: 0, s: 'ETH-USDT' });
    expect(client.texts().filter((text) => text.includes('"s":"ETH-USDT"'))).toHaveLength(1);
    client.end();
  });
});
