import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import {
  createSyntheticInstrument,
  type RunningExchange,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';
import { connectClient, type StreamClient } from './streamClient.ts';

const instruments = [createSyntheticInstrument({ symbol: 'BTC-USDT' })];

let clock: ManualClock;
let exchange: RunningExchange;
let client: StreamClient;

beforeEach(async () => {
  clock = createManualClock(Date.UTC(2025, 9, 24, 17, 37, 24));
  exchange = await startExchange({ instruments, clock });
  client = await connectClient(exchange, clock);
});
afterEach(async () => {
  client.end();
  await exchange.close();
});

describe('connections with faults', () => {
  it('ends connections by itself, about as often as asked', async () => {
    exchange.setFaults({ cut: { meanMs: 20_000, how: 'clean' } });
    for (let ms = 0; ms < 600_000 && exchange.stats().openConnections > 0; ms += 5000)
      await clock.advance(5000);
    expect(await client.closed).toBe(1000);
  });

  it.each([
    ['clean', 1000],
    ['abrupt', 1006],
  ] as const)('disconnects everyone, %s, with code %d', async (how, code) => {
    const other = await connectClient(exchange, clock);
    expect(exchange.disconnect('one', how)).toBe(1);
    expect(await client.closed).toBe(code);
    expect(exchange.disconnect('all', how)).toBe(1);
    expect(await other.closed).toBe(code);
  });

  it.each([
    ['forbidden', '403'],
    ['drop', 'socket hang up'],
  ] as const)('refuses connections: %s', async (connect, message) => {
    exchange.setFaults({ connect });
    await expect(connectClient(exchange, clock)).rejects.toThrow(message);
    expect(exchange.stats().refusedConnections).toBe(1);
  });

  it('leaves a handshake without an answer, and closes all the same', async () => {
    exchange.setFaults({ connect: 'hang' });
    const waiting = new WebSocket(exchange.wsUrl);
    const failed = once(waiting, 'error');
    while (exchange.stats().refusedConnections === 0) await clock.settle();
    await exchange.close();
    expect(String((await failed.catch((error: Error) => [error]))[0])).toContain('hang up');
  });

  it('refuses more connections than its limit', async () => {
    const narrow = await startExchange({ instruments, clock, socketLimits: { connections: 1 } });
    const first = await connectClient(narrow, clock);
    await expect(connectClient(narrow, clock)).rejects.toThrow('403');
    first.end();
    await narrow.close();
  });
});
