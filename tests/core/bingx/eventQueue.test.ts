import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { marketEventKey } from '../../../packages/core/src/bingx/eventKey.ts';
import { EventQueue, type MarketStreamEvent } from '../../../packages/core/src/index.ts';

const update = (connection: number, symbol: string, openTime: number, volume: string): MarketStreamEvent => ({
  kind: 'update',
  connection,
  receivedAt: 0,
  update: { symbol, openTime, open: '1', high: '1', low: '1', close: '1', volume },
});
const heartbeat = (connection: number, receivedAt: number): MarketStreamEvent => ({
  kind: 'heartbeat',
  connection,
  receivedAt,
});
const disconnected = (connection: number): MarketStreamEvent => ({
  kind: 'disconnected',
  connection,
  symbols: [],
  reason: '',
  retryInMs: 0,
});

async function drain(queue: EventQueue<MarketStreamEvent>): Promise<MarketStreamEvent[]> {
  const events: MarketStreamEvent[] = [];
  while (queue.size > 0) {
    const { value } = await queue.next();
    if (value) events.push(value);
  }
  return events;
}

describe('while the reader is slow', () => {
  test('an hour of pushes and pings for 300 symbols holds one update per candle and one ping', async () => {
    const queue = new EventQueue(marketEventKey);
    for (let push = 0; push < 200; push++) {
      for (let symbol = 0; symbol < 300; symbol++) {
        queue.push(update(1, `COIN${symbol}`, Math.floor(push / 100), `${push}`));
      }
      queue.push(heartbeat(1, push));
    }
    expect(queue.size).toBe(300 * 2 + 1);
    const events = await drain(queue);
    const volumes = events.map((event) => (event.kind === 'update' ? event.update.volume : ''));
    expect(new Set(volumes)).toEqual(new Set(['99', '199', '']));
    expect(events.find(({ kind }) => kind === 'heartbeat')).toEqual(heartbeat(1, 199));
  });

  test('an update never moves past the end of its connection', async () => {
    const queue = new EventQueue(marketEventKey);
    const events = [update(1, 'A', 0, '1'), disconnected(1), update(2, 'A', 0, '2')];
    for (const event of events) queue.push(event);
    queue.push(update(2, 'A', 0, '3'));
    expect(await drain(queue)).toEqual([events[0], events[1], update(2, 'A', 0, '3')]);
  });

  test('whatever is pushed, the last update of each candle arrives and connections keep their order', async () => {
    const event = fc.oneof(
      fc
        .record({ connection: fc.nat(2), symbol: fc.constantFrom('A', 'B'), openTime: fc.nat(2) })
        .map(({ connection, symbol, openTime }) => ({ connection, symbol, openTime })),
      fc.record({ connection: fc.nat(2) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (pushes) => {
        const queue = new EventQueue(marketEventKey);
        const pushed = pushes.map((one, index) =>
          'symbol' in one
            ? update(one.connection, one.symbol, one.openTime, `${index}`)
            : disconnected(one.connection),
        );
        for (const one of pushed) queue.push(one);
        const read = await drain(queue);
        expect(newest(read)).toEqual(newest(pushed));
        const ends = (events: readonly MarketStreamEvent[]) =>
          events.filter(({ kind }) => kind === 'disconnected');
        expect(ends(read)).toEqual(ends(pushed));
      }),
    );
  });
});

describe('the end', () => {
  test('reaches a reader who waits', async () => {
    const queue = new EventQueue(marketEventKey);
    const waiting = queue.next();
    queue.end();
    expect(await waiting).toEqual({ done: true, value: undefined });
    queue.push(heartbeat(1, 1));
    expect(queue.size).toBe(0);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  test('drops what is queued', async () => {
    const queue = new EventQueue(marketEventKey);
    queue.push(heartbeat(1, 1));
    queue.end();
    expect(queue.size).toBe(0);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  test('with an error reaches exactly one read', async () => {
    for (const early of [true, false]) {
      const queue = new EventQueue(marketEventKey);
      const waiting = early ? queue.next() : null;
      queue.end(new Error('broken'));
      await expect(waiting ?? queue.next()).rejects.toThrow('broken');
      expect(await queue.next()).toEqual({ done: true, value: undefined });
    }
  });
});

/** The last volume of each candle and connection. */
function newest(events: readonly MarketStreamEvent[]): Map<string, string> {
  const volumes = new Map<string, string>();
  for (const event of events) {
    if (event.kind !== 'update') continue;
    const { symbol, openTime, volume } = event.update;
    volumes.set(`${event.connection} ${symbol} ${openTime}`, volume);
  }
  return new Map([...volumes].sort());
}
