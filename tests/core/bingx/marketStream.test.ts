import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type ClosedCandle,
  Closer,
  createMarketStream,
  type MarketStreamEvent,
  MINUTE_MS,
  type ReportedEvent,
} from '../../../packages/core/src/index.ts';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { readEvents } from '../../support/readEvents.ts';
import { boundedGunzip, createScriptedSockets, type ScriptedSocket } from '../../support/scriptedSockets.ts';

const START = 1761327444000;
const OPEN = 1761327420000;
const SILENCE_LIMIT_MS = 40_000;

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

/** A stream of `symbols`, read in the background. `random` is a constant: 1 is the longest wait, 0 the shortest. */
function streaming(symbols: readonly string[] = ['BTC-USDT'], { random = 1 - Number.EPSILON } = {}) {
  const clock = createManualClock(START);
  const { openSocket, sockets } = createScriptedSockets(clock);
  const reported: ReportedEvent[] = [];
  const stop = new AbortController();
  stops.push(stop);
  const marketStream = createMarketStream({
    market: 'swap',
    openSocket,
    inflate: boundedGunzip,
    clock,
    exchangeClock: exchangeClockOf(clock),
    random: () => random,
    wsUrl: 'ws://exchange.test/swap-market',
    report: (event) => void reported.push(event),
    silenceLimitMs: SILENCE_LIMIT_MS,
  });
  const { events, ended } = readEvents(marketStream.events(symbols, '1m', stop.signal));
  return { clock, sockets, events, reported, stop, ended, marketStream };
}

const push = (symbol: string, T: number, v = '1') => ({
  code: 0,
  dataType: `${symbol}@kline_1m`,
  s: symbol,
  data: [{ c: '10', o: '10', h: '10', l: '10', v, T }],
});

function subscriptionsOf(
  socket: ScriptedSocket,
): { id: string; reqType: string; dataType: string; at: number }[] {
  return socket.sent
    .filter(({ text }) => text.includes('reqType'))
    .map(({ text, at }) => ({ ...JSON.parse(text), at }));
}

function last(events: readonly MarketStreamEvent[]): MarketStreamEvent | undefined {
  return events.at(-1);
}

/** Opens the newest socket and answers all its subscriptions with a yes. */
async function accept({ clock, sockets }: ReturnType<typeof streaming>): Promise<ScriptedSocket> {
  const socket = sockets.at(-1)!;
  socket.open();
  await clock.advance(0);
  for (const { id } of subscriptionsOf(socket))
    socket.say({ id, code: 0, msg: '', dataType: '', data: null });
  await clock.settle();
  return socket;
}

describe('a recorded minute', () => {
  test('closes the candle of 17:37 with its last frame, 2.56 s after its end (trap 11) (trap 12)', async () => {
    const { frames } = JSON.parse(
      readFileSync(new URL('../../fixtures/bingx/ws-swap-capture-2025-10-24.json', import.meta.url), 'utf8'),
    ) as { frames: { recv_ms: number; text: string }[] };
    const stream = streaming();
    const { clock, sockets, events } = stream;
    await clock.settle();
    sockets[0]!.open();
    await clock.settle();
    sockets[0]!.say({ id: subscriptionsOf(sockets[0]!)[0]!.id, code: 0, msg: '', dataType: '', data: null });
    for (const { recv_ms, text } of frames) {
      await clock.advance(Math.max(0, Math.floor(recv_ms) - clock.now()));
      sockets[0]!.say(text);
    }
    await clock.settle();

    const closer = new Closer('1m');
    const closed: (ClosedCandle & { readonly at: number })[] = [];
    for (const event of events) {
      if (event.kind !== 'update' && event.kind !== 'heartbeat') continue;
      const candles =
        event.kind === 'update'
          ? closer.update(event.update, event.connection, event.receivedAt)
          : closer.heartbeat(event.connection, event.receivedAt);
      closed.push(...candles.map((candle) => ({ ...candle, at: event.receivedAt })));
    }
    // Read off the recording by eye: the last frame with T=1761327420000 came at …480309, the first with the next T at …482564.
    expect(closed).toEqual([
      {
        symbol: 'BTC-USDT',
        at: 1761327482564,
        candle: {
          openTime: 1761327420000,
          open: '110298.6',
          high: '110298.6',
          low: '110263.7',
          close: '110269.5',
          volume: '9.9689',
          status: 'provisional',
          source: 'stream',
          observed: 0,
        },
      },
    ]);
    // Counted in the file with grep: 94 kline frames and 12 pings; the 5 answers are heartbeats too, as is ours.
    expect(events.filter(({ kind }) => kind === 'update')).toHaveLength(94);
    expect(sockets[0]!.sent.filter(({ text }) => text === 'Pong')).toHaveLength(12);
    expect(closer.tick(1761327540000 + 5_000)).toEqual([]);
  });
});

describe('subscribing', () => {
  test('250 symbols go on two connections of at most 200 topics, started apart (trap 23)', async () => {
    const symbols = Array.from({ length: 250 }, (_, index) => `COIN${index}-USDT`);
    const { clock, sockets } = streaming([...symbols, 'COIN0-USDT']);
    await clock.advance(0);
    expect(sockets).toHaveLength(1);
    await clock.advance(1_000);
    expect(sockets).toHaveLength(2);
    for (const socket of sockets) socket.open();
    await clock.advance(30_000);
    const asked = sockets.map((socket) => new Set(subscriptionsOf(socket).map(({ dataType }) => dataType)));
    expect(asked.map(({ size }) => size)).toEqual([200, 50]);
    expect([...asked[0]!, ...asked[1]!]).toEqual(symbols.map((symbol) => `${symbol}@kline_1m`));
  });

  test('sends one topic per message, at most ten a second, each with an id of its own (trap 36)', async () => {
    const symbols = Array.from({ length: 35 }, (_, index) => `COIN${index}-USDT`);
    const { clock, sockets } = streaming(symbols);
    await clock.settle();
    sockets[0]!.open();
    await clock.advance(30_000);
    const asked = subscriptionsOf(sockets[0]!);
    expect(asked.length).toBeGreaterThan(70);
    expect(new Set(asked.map(({ id }) => id)).size).toBe(asked.length);
    for (const { at } of asked) {
      expect(asked.filter((other) => other.at >= at && other.at < at + 1_000).length).toBeLessThanOrEqual(10);
    }
  });

  test('an ignored subscription is asked again, also if it delivers; an answered one is not (trap 21)', async () => {
    const { clock, sockets, reported } = streaming(['A-USDT', 'B-USDT', 'C-USDT']);
    await clock.settle();
    sockets[0]!.open();
    await clock.advance(1_000);
    const [first] = subscriptionsOf(sockets[0]!);
    sockets[0]!.say({ id: first!.id, code: 0, msg: 'SUCCESS', timestamp: 1 });
    sockets[0]!.say(push('B-USDT', OPEN));
    await clock.advance(12_000);
    expect(subscriptionsOf(sockets[0]!).map(({ dataType }) => dataType[0])).toEqual([
      'A',
      'B',
      'C',
      'B',
      'C',
    ]);
    expect(reported).toMatchObject([{ kind: 'subscribed-again', fields: { symbols: 2 } }]);
  });

  test('a rejected symbol is an event the user sees, once, and the others stream on (trap 22) (trap 35) (predecessor fault 28)', async () => {
    const { clock, sockets, events } = streaming(['NOPE-USDT', 'BTC-USDT']);
    await clock.settle();
    sockets[0]!.open();
    await clock.advance(1_000);
    const [nope, btc] = subscriptionsOf(sockets[0]!);
    const answer = { id: nope!.id, code: 80015, msg: 'dataType NOPE-USDT@kline_1m is not supported' };
    sockets[0]!.say(answer);
    sockets[0]!.say(answer);
    sockets[0]!.say({ id: btc!.id, code: 0, msg: '' });
    sockets[0]!.say(push('BTC-USDT', OPEN));
    await clock.advance(30_000);
    expect(events.filter(({ kind }) => kind === 'rejected')).toEqual([
      { kind: 'rejected', symbol: 'NOPE-USDT', code: 80015, message: answer.msg },
    ]);
    expect(events.filter(({ kind }) => kind === 'update')).toHaveLength(1);
    expect(subscriptionsOf(sockets[0]!)).toHaveLength(2);
  });

  test.each([
    ['after', 80015, 'dataType not support', ['refusal', 'frame']],
    ['before', 80403, 'your topic num over max 200', ['frame', 'refusal']],
  ])('a frame %s the refusal of its topic is never used (trap 40)', async (_, code, msg, order) => {
    const { clock, sockets, events } = streaming(['LEAK-USDT']);
    await clock.settle();
    sockets[0]!.open();
    await clock.advance(1_000);
    const { id } = subscriptionsOf(sockets[0]!)[0]!;
    for (const step of order) sockets[0]!.say(step === 'frame' ? push('LEAK-USDT', OPEN) : { id, code, msg });
    await clock.settle();
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['connected', 'heartbeat', 'rejected']));
  });

  test('a refused topic is requested again after growing pauses of at most ten minutes', async () => {
    const stream = streaming(['NOPE-USDT', 'BTC-USDT']);
    const { clock, sockets, events } = stream;
    await clock.settle();
    const socket = sockets[0]!;
    socket.open();
    const started = clock.now();
    let answered = 0;
    for (let second = 0; second < 3_600; second++) {
      await clock.advance(1_000);
      if (second % 5 === 0) socket.say('Ping');
      for (; answered < subscriptionsOf(socket).length; answered++) {
        const { id, dataType } = subscriptionsOf(socket)[answered]!;
        socket.say({ id, code: dataType.startsWith('NOPE') ? 80015 : 0, msg: '' });
      }
    }
    const tries = subscriptionsOf(socket).filter(({ dataType }) => dataType.startsWith('NOPE'));
    const gaps = tries.slice(1).map(({ at }, index) => Math.round((at - tries[index]!.at) / 10_000) * 10);
    // The longest waits: a minute, then doubled up to ten minutes; each is seen up to a second and an answer late.
    expect(gaps.slice(0, 6)).toEqual([60, 120, 240, 480, 600, 600]);
    expect(tries[0]!.at - started).toBeLessThan(1_000);
    expect(subscriptionsOf(socket).filter(({ dataType }) => dataType.startsWith('BTC'))).toHaveLength(1);
    expect(events.filter(({ kind }) => kind === 'rejected')).toHaveLength(1);
  });

  test('a topic that was refused streams again once it is acknowledged, and says so (trap 41)', async () => {
    const { clock, sockets, events } = streaming();
    await clock.settle();
    const socket = sockets[0]!;
    socket.open();
    await clock.advance(1_000);
    socket.say({ id: subscriptionsOf(socket)[0]!.id, code: 80015, msg: 'dataType not support' });
    for (let second = 0; second < 70; second += 10) {
      socket.say('Ping');
      await clock.advance(10_000);
    }
    socket.say(push('BTC-USDT', OPEN));
    await clock.settle();
    expect(events.some(({ kind }) => kind === 'update')).toBe(false);
    socket.say({ id: subscriptionsOf(socket)[1]!.id, code: 0, msg: '' });
    socket.say(push('BTC-USDT', OPEN));
    await clock.settle();
    expect(events.filter(({ kind }) => kind === 'update')).toHaveLength(1);
    expect(events.filter(({ kind }) => /ed$/.test(kind)).slice(1)).toEqual([
      { kind: 'rejected', symbol: 'BTC-USDT', code: 80015, message: 'dataType not support' },
      { kind: 'accepted', symbol: 'BTC-USDT' },
    ]);
  });

  test('a topic that was refused before a reconnect and is acknowledged after it says so', async () => {
    const stream = streaming();
    const { clock, sockets, events } = stream;
    await clock.settle();
    sockets[0]!.open();
    await clock.advance(1_000);
    sockets[0]!.say({ id: subscriptionsOf(sockets[0]!)[0]!.id, code: 80015, msg: 'no' });
    sockets[0]!.end('gone');
    await clock.advance(2_000);
    sockets[1]!.open();
    await clock.advance(1_000);
    sockets[1]!.say({ id: subscriptionsOf(sockets[1]!)[0]!.id, code: 0, msg: '' });
    await clock.settle();
    expect(events.filter(({ kind }) => kind === 'accepted')).toEqual([
      { kind: 'accepted', symbol: 'BTC-USDT' },
    ]);
  });

  test.each([
    ['too fast', 100410],
    ['busy', 100500],
  ])('an answer that says %s is no rejection: the symbol is asked again', async (_, code) => {
    const { clock, sockets, events } = streaming();
    await clock.settle();
    sockets[0]!.open();
    await clock.advance(1_000);
    sockets[0]!.say({ id: subscriptionsOf(sockets[0]!)[0]!.id, code, msg: 'later' });
    await clock.advance(12_000);
    expect(subscriptionsOf(sockets[0]!)).toHaveLength(2);
    expect(events.some(({ kind }) => kind === 'rejected')).toBe(false);
  });

  test('a repeated request is a subscription that stands (trap 36)', async () => {
    const { clock, sockets, events } = streaming();
    await clock.settle();
    sockets[0]!.open();
    await clock.advance(1_000);
    sockets[0]!.say({ id: subscriptionsOf(sockets[0]!)[0]!.id, code: 100205, msg: 'REPEAT_REQUEST' });
    await clock.advance(30_000);
    expect(subscriptionsOf(sockets[0]!)).toHaveLength(1);
    expect(events.some(({ kind }) => kind === 'rejected')).toBe(false);
  });

  test('answers to other ids, and odd ids, change nothing', async () => {
    const { clock, sockets, events } = streaming();
    await clock.settle();
    sockets[0]!.open();
    await clock.advance(1_000);
    for (const id of ['2-0-1', '1-7-1', '1', '', 'x-y-z', '__proto__', 17]) {
      sockets[0]!.say({ id, code: 80015, msg: 'no' });
    }
    await clock.settle();
    expect(events.some(({ kind }) => kind === 'rejected')).toBe(false);
  });
});

describe('a link', () => {
  test('without data lives while pings come, and without any frame it is dead (trap 16) (trap 18) (trap 20) (predecessor fault 31)', async () => {
    const stream = streaming();
    const { clock, sockets, events } = stream;
    await clock.settle();
    const socket = await accept(stream);
    for (let ping = 0; ping < 20; ping++) {
      await clock.advance(30_000);
      socket.say('Ping');
    }
    expect(socket.closedByClient).toBe(false);
    await clock.advance(SILENCE_LIMIT_MS - 1);
    expect(socket.closedByClient).toBe(false);
    await clock.advance(1);
    expect(socket.closedByClient).toBe(true);
    expect(last(events)).toMatchObject({ kind: 'disconnected', connection: 1, reason: 'silent for 40 s' });
    await clock.advance(1_000);
    expect(sockets).toHaveLength(2);
  });

  test('that only talks garbage is dead too', async () => {
    const stream = streaming();
    await stream.clock.settle();
    const socket = await accept(stream);
    for (let frame = 0; frame < 5; frame++) {
      await stream.clock.advance(10_000);
      socket.say('<html>');
    }
    expect(socket.closedByClient).toBe(true);
  });

  test('that never opens is given up after the same silence', async () => {
    const { clock, sockets, events } = streaming();
    await clock.advance(SILENCE_LIMIT_MS);
    expect(sockets[0]!.closedByClient).toBe(true);
    expect(events).toMatchObject([{ kind: 'disconnected', connection: 1, symbols: ['BTC-USDT'] }]);
  });

  test('that was dropped comes back with a new number and subscribes anew (trap 34)', async () => {
    const stream = streaming();
    const { clock, sockets, events } = stream;
    await clock.settle();
    (await accept(stream)).end('ECONNRESET');
    await clock.advance(1_000);
    sockets[1]!.open();
    await clock.advance(0);
    expect(subscriptionsOf(sockets[1]!)).toMatchObject([{ reqType: 'sub', dataType: 'BTC-USDT@kline_1m' }]);
    expect(events.filter(({ kind }) => kind !== 'heartbeat')).toEqual([
      { kind: 'connected', connection: 1, symbols: ['BTC-USDT'] },
      { kind: 'disconnected', connection: 1, symbols: ['BTC-USDT'], reason: 'ECONNRESET', retryInMs: 1_000 },
      { kind: 'connected', connection: 2, symbols: ['BTC-USDT'] },
    ]);
  });

  test('that is dead says nothing more: late events of its socket are ignored', async () => {
    const stream = streaming();
    const { clock, sockets, events } = stream;
    await clock.settle();
    const socket = await accept(stream);
    socket.end('gone');
    await clock.settle();
    const before = events.length;
    const sent = socket.sent.length;
    socket.open();
    socket.say(push('BTC-USDT', OPEN));
    socket.say('Ping');
    socket.end('again');
    await clock.settle();
    expect(events).toHaveLength(before);
    expect(socket.sent).toHaveLength(sent);
    await clock.advance(1_000);
    expect(sockets).toHaveLength(2);
  });

  test('that cannot even be made is a disconnection, not a crash', async () => {
    const clock = createManualClock(START);
    const stop = new AbortController();
    stops.push(stop);
    const stream = createMarketStream({
      market: 'swap',
      openSocket: () => {
        throw new Error('Invalid URL');
      },
      inflate: boundedGunzip,
      clock,
      exchangeClock: exchangeClockOf(clock),
      random: () => 0.5,
      wsUrl: 'nonsense',
      report: () => {},
      silenceLimitMs: SILENCE_LIMIT_MS,
    });
    const { events } = readEvents(stream.events(['BTC-USDT'], '1m', stop.signal));
    await clock.settle();
    expect(events).toMatchObject([{ kind: 'disconnected', reason: 'Invalid URL' }]);
  });
});

describe('reconnecting', () => {
  /** Ends each new socket at once, `times` times, and returns the waits that were announced. */
  async function waits(
    stream: ReturnType<typeof streaming>,
    times: number,
    end: (socket: ScriptedSocket) => void,
  ) {
    for (let round = 0; round < times; round++) {
      await stream.clock.settle();
      end(stream.sockets.at(-1)!);
      await stream.clock.settle();
      const event = last(stream.events);
      await stream.clock.advance(event?.kind === 'disconnected' ? event.retryInMs : 0);
    }
    return stream.events.flatMap((event) => (event.kind === 'disconnected' ? [event.retryInMs] : []));
  }

  test('waits twice as long at most after each failure, up to a minute (trap 24)', async () => {
    expect(await waits(streaming(), 9, (socket) => socket.end('refused'))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  test('waits a random part of that, never less than a quarter of a second', async () => {
    expect(await waits(streaming(['BTC-USDT'], { random: 0 }), 3, (socket) => socket.end('x'))).toEqual([
      250, 250, 250,
    ]);
    expect(await waits(streaming(['BTC-USDT'], { random: 0.5 }), 3, (socket) => socket.end('x'))).toEqual([
      625, 1_125, 2_125,
    ]);
  });

  test('backs off after clean closes as well: no hot loop (trap 24) (predecessor fault 29)', async () => {
    const stream = streaming();
    await waits(stream, 5, (socket) => {
      socket.open();
      socket.end('closed with 1000');
    });
    const asked = stream.sockets.length;
    await stream.clock.advance(2_000);
    expect(stream.sockets.length - asked).toBeLessThanOrEqual(1);
  });

  test('starts with short waits again after a minute of health, not before (predecessor fault 30)', async () => {
    const stream = streaming();
    await waits(stream, 5, (socket) => socket.end('refused'));
    const live = async (ms: number) => {
      const socket = await accept(stream);
      await stream.clock.advance(ms / 2);
      socket.say('Ping');
      await stream.clock.advance(ms / 2);
      socket.say('Ping');
      socket.end('gone');
      await stream.clock.settle();
      const event = last(stream.events) as Extract<MarketStreamEvent, { kind: 'disconnected' }>;
      await stream.clock.advance(event.retryInMs);
      return event.retryInMs;
    };
    expect(await live(59_000)).toBe(32_000);
    expect(await live(60_000)).toBe(1_000);
  });

  test('is no ban when a link that was open ends with such a number', async () => {
    const stream = streaming();
    await stream.clock.settle();
    stream.sockets[0]!.open();
    stream.sockets[0]!.end('closed with 1011 "upstream 403"');
    await stream.clock.settle();
    expect(last(stream.events)).toMatchObject({ retryInMs: 1_000 });
  });

  test('waits out the ban when the handshake is refused with 403 (trap 24)', async () => {
    const refused = await waits(streaming(), 2, (socket) =>
      socket.end('Unexpected server response: 403', 403),
    );
    for (const wait of refused) {
      expect(wait).toBeGreaterThanOrEqual(5 * MINUTE_MS);
      expect(wait).toBeLessThanOrEqual(6 * MINUTE_MS);
    }
  });
});

describe('the end', () => {
  test('comes at once on abort, on a silent socket, with all sockets closed first', async () => {
    const symbols = Array.from({ length: 201 }, (_, index) => `COIN${index}-USDT`);
    const { clock, sockets, stop, ended } = streaming(symbols);
    await clock.advance(1_000);
    for (const socket of sockets) socket.open();
    stop.abort();
    expect(sockets.map(({ closedByClient }) => closedByClient)).toEqual([true, true]);
    await ended;
    await clock.settle();
    expect(clock.sleeping()).toBe(0);
  });

  test('comes at once on abort while a reconnection waits', async () => {
    const { clock, sockets, stop, ended } = streaming();
    await clock.settle();
    sockets[0]!.end('gone');
    await clock.settle();
    stop.abort();
    await ended;
    await clock.settle();
    expect(clock.sleeping()).toBe(0);
    expect(sockets).toHaveLength(1);
  });

  test('comes at once when the reader stops, even in the middle of a wait for an event', async () => {
    const { clock, sockets, marketStream, stop } = streaming();
    stop.abort();
    const other = new AbortController();
    const iterator = marketStream.events(['BTC-USDT'], '1m', other.signal)[Symbol.asyncIterator]();
    await clock.settle();
    sockets.at(-1)!.open();
    expect(await iterator.next()).toMatchObject({ value: { kind: 'connected' } });
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(sockets.at(-1)!.closedByClient).toBe(true);
  });

  test('was there before the beginning when the signal had aborted already', async () => {
    const clock = createManualClock(START);
    const { openSocket, sockets } = createScriptedSockets(clock);
    const stream = createMarketStream({
      market: 'swap',
      openSocket,
      inflate: boundedGunzip,
      clock,
      exchangeClock: exchangeClockOf(clock),
      random: () => 0,
      wsUrl: 'ws://exchange.test',
      report: () => {},
      silenceLimitMs: SILENCE_LIMIT_MS,
    });
    await readEvents(stream.events(['BTC-USDT'], '1m', AbortSignal.abort())).ended;
    await clock.settle();
    expect(sockets).toHaveLength(0);
  });
});
