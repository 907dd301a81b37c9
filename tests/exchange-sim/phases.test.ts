import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSyntheticInstrument,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';
import { get, getBody, getKlines } from './restClient.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 8, 22, 12);
const TIME = '/openApi/swap/v2/server/time';

let clock: ManualClock;
let exchange: RunningExchange;

beforeEach(async () => {
  clock = createManualClock(NOW);
  exchange = await startExchange({ instruments: [createSyntheticInstrument({ symbol: 'BTC-USDT' })], clock });
});
afterEach(() => exchange.close());

describe('phases', () => {
  it('hold from their start until before their end, in place of the fault of the same name', async () => {
    exchange.setFaults({
      rest: 'http500',
      phases: [{ from: NOW + MINUTE, to: NOW + 2 * MINUTE, faults: { rest: 'http502' } }],
    });
    const statuses = [];
    for (const at of [0, MINUTE - 1, MINUTE, 2 * MINUTE - 1, 2 * MINUTE]) {
      await clock.advance(NOW + at - clock.now());
      statuses.push((await get(exchange, TIME)).status);
    }
    expect(statuses).toEqual([500, 500, 502, 502, 500]);
    expect(exchange.faults.rest).toBe('http500');
  });

  it('that overlap: the later one in the list wins, name by name', async () => {
    const all = { from: NOW, to: NOW + MINUTE };
    exchange.setFaults({
      phases: [
        { ...all, faults: { emptyHistory: 'all', maxRows: 3 } },
        { ...all, faults: { emptyHistory: [], restData: 'ascending' } },
      ],
    });
    const times = (await getKlines(exchange)).data.map((row) => Number(row.time));
    expect(times).toHaveLength(3);
    expect(times).toEqual(times.toSorted());
  });
});

describe('time', () => {
  const serverTime = async () => {
    const { data } = await getBody(exchange, TIME);
    return (data as unknown as { serverTime: number }).serverTime;
  };
  const date = async () => Date.parse((await get(exchange, TIME)).headers.get('date')!);

  it('of the server is off by a number of ms for a while, ahead or behind', async () => {
    const off = (serverTimeOffsetMs: number, from: number, to: number) => ({
      ...{ from: NOW + from * MINUTE, to: NOW + to * MINUTE },
      faults: { serverTimeOffsetMs },
    });
    exchange.setFaults({ phases: [off(8 * 60 * MINUTE, 1, 2), off(-1234, 2, 3)] });
    expect(await serverTime()).toBe(NOW);
    await clock.advance(MINUTE);
    expect((await serverTime()) - clock.now()).toBe(8 * 60 * MINUTE);
    expect(await date()).toBe(clock.now());
    await clock.advance(MINUTE);
    expect((await serverTime()) - clock.now()).toBe(-1234);
    await clock.advance(MINUTE);
    expect(await serverTime()).toBe(clock.now());
  });

  it('in the Date header of each answer is that of the clock, in whole seconds, or off by a fault', async () => {
    await clock.advance(1999);
    expect(await date()).toBe(NOW + 1000);
    exchange.setFaults({ dateOffsetMs: -30 * MINUTE });
    expect(await date()).toBe(NOW + 1000 - 30 * MINUTE);
    exchange.setFaults({ rest: 'http502' });
    expect(await date()).toBe(NOW + 1000 - 30 * MINUTE);
  });
});

describe('a ban', () => {
  it.each([100410, 109429] as const)(
    'with code %d names its end in the text, and ends then',
    async (code) => {
      const until = NOW + 5 * MINUTE;
      exchange.setFaults({ ban: { until, code } });
      for (const at of [0, 5 * MINUTE - 1]) {
        await clock.advance(NOW + at - clock.now());
        const body = await getKlines(exchange);
        expect(body.code).toBe(code);
        expect(/retry after time: (\d{13})$/.exec(body.msg)?.[1]).toBe(String(until));
      }
      expect(exchange.stats().limited).toBe(2);
      await clock.advance(1);
      expect((await getKlines(exchange)).code).toBe(0);
    },
  );
});
