import { once } from 'node:events';
import { connect } from 'node:net';
import {
  type CandleUpdate,
  type LiveBar,
  type LiveEvent,
  RequestError,
  type StatusAnswer,
  startingStatus,
  type TopicLook,
} from '@candlelake/core';
import { afterEach, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../../packages/cli/src/http/api.ts';
import { createApp } from '../../../packages/cli/src/http/app.ts';
import { LiveHub } from '../../../packages/cli/src/http/liveHub.ts';
import { type HttpServer, startHttpServer } from '../../../packages/cli/src/http/server.ts';
import { openLive, type ReceivedEvent } from '../../support/liveEvents.ts';

const DAY = 86_400_000;
const NOW = 100 * DAY + 5_000;

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

type Look = (looks: readonly TopicLook[]) => readonly (readonly LiveEvent[])[];

/** A server whose reading thread is replaced by functions. Without `look`, a look finds what `tell` was given. */
async function serve({ look }: { readonly look?: Look } = {}) {
  const failures: unknown[] = [];
  let news: LiveEvent[] = [];
  const takeNews: Look = (looks) => {
    const taken = news;
    news = [];
    return looks.map(() => taken);
  };
  const state: { status: StatusAnswer } = { status: startingStatus(NOW, '1.2.3') };
  const hub = new LiveHub({
    look: async (looks) => (look ?? takeNews)(looks),
    forget: () => {},
    status: () => state.status,
    now: () => NOW,
    onFailure: (error) => failures.push(error),
    runId: 'run',
  });
  const thread = {
    call: async (name: string, asked: unknown) => {
      const [, symbol] = (asked as [string, string][])[0]!;
      if (name !== 'topic') throw new Error('not asked for in these tests');
      if (symbol === 'BAD') throw new RequestError(404, 'no such symbol');
      return { symbol, timeframeMinutes: 21 };
    },
    start: () => {},
    stop: async () => {},
  };
  const app = createApp({
    health: () => ({ status: 'unhealthy', reason: 'starting' }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    parts: [
      apiRoutes({
        reading: () => ({ thread: thread as never, hub, kept: () => ({}) }),
        status: () => state.status,
        version: '1.2.3',
        onFailure: (error) => failures.push(error),
      }),
    ],
  });
  const server: HttpServer = await startHttpServer(app, { host: '127.0.0.1', port: 0, idleMs: 60_000 });
  closers.push(
    () => server.close(),
    () => hub.close(),
  );
  const tell = (...events: LiveEvent[]) => {
    news.push(...events);
    hub.merged(['A']);
  };
  return { url: server.url, hub, failures, state, tell };
}

function bar(openTime: number, isOpen: boolean, text = 'A'): LiveEvent {
  const data = { symbol: text, timeframe: '21m', open_time: openTime, is_open: isOpen } as unknown as LiveBar;
  return { name: 'bar', data, isKept: !isOpen };
}

/** What a stream sends, up to the part that contains `wanted`. */
async function textUntil(body: ReadableStream<Uint8Array>, wanted: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of body) {
    text += decoder.decode(part, { stream: true });
    if (text.includes(wanted)) break;
  }
  return text;
}

function update(openTime: number, close = '1', symbol = 'A'): CandleUpdate {
  return { symbol, openTime, open: '1', high: '1', low: '1', close, volume: '1' };
}

describe('a client of /api/live', () => {
  it('is told the status first, with an id, and then of changes', async () => {
    const { url, hub } = await serve({ look: ([one]) => [[bar(one!.update?.openTime ?? 0, true)]] });
    const live = await openLive({ url, query: 'symbol=A' });
    expect(await live.next()).toMatchObject({ name: 'status', data: { version: '1.2.3' }, id: 'run-0' });
    expect(await live.next(({ name }) => name === 'bar')).toMatchObject({ data: { open_time: 0 } });
    hub.updated(update(7));
    expect(await live.next(({ name }) => name === 'bar')).toMatchObject({ data: { open_time: 7 } });
    await live.close();
  });

  it('that comes later is told the newest open bar and coverage at once', async () => {
    const runs = { symbol: 'A', interval: '3m', from: 0, to: 1, runs: [] } as const;
    const events: LiveEvent[] = [{ name: 'coverage', data: runs, isKept: false }, bar(7, true)];
    const { url } = await serve({ look: () => [events] });
    const first = await openLive({ url, query: 'symbol=A' });
    await first.next(({ name }) => name === 'bar');
    const second = await openLive({ url, query: 'symbol=A' });
    expect([(await second.next()).name, (await second.next()).name, (await second.next()).name]).toEqual([
      ...['status', 'coverage', 'bar'],
    ]);
    await Promise.all([first.close(), second.close()]);
  });

  it('is not told that a bar is open which has closed meanwhile', async () => {
    const { url, tell } = await serve();
    const first = await openLive({ url, query: 'symbol=A' });
    const isBar = ({ name }: ReceivedEvent) => name === 'bar';
    tell(bar(7, true));
    await first.next(isBar);
    tell(bar(7, false));
    await first.next(isBar);
    const second = await openLive({ url, query: 'symbol=A' });
    tell(bar(8, true));
    expect(await second.next(isBar)).toMatchObject({ data: { open_time: 8 } });
    await Promise.all([first.close(), second.close()]);
  });

  it('that returns with the id of its last event gets what it missed, once', async () => {
    const { url, tell } = await serve();
    const stays = await openLive({ url, query: 'symbol=A' });
    const leaves = await openLive({ url, query: 'symbol=A' });
    const closed = (openTime: number) => (event: ReceivedEvent) =>
      event.name === 'bar' && event.data.open_time === openTime && !event.data.is_open;
    tell(bar(1, false));
    await leaves.next(closed(1));
    const lastEventId = leaves.lastId()!;
    await leaves.close();
    tell(bar(2, false), bar(3, true));
    await stays.next(closed(2));
    tell(bar(3, false));
    await stays.next(closed(3));
    const back = await openLive({ url, query: 'symbol=A', lastEventId });
    expect([await back.next(), await back.next(), await back.next()]).toMatchObject([
      { name: 'bar', data: { open_time: 2, is_open: false }, id: 'run-2' },
      { name: 'bar', data: { open_time: 3, is_open: false }, id: 'run-3' },
      { name: 'status', id: 'run-3' },
    ]);
    await Promise.all([stays.close(), back.close()]);
  });

  it.each(['other-0', 'run-5', 'nonsense', '-1'])(
    'that returns with the unknown id "%s" is reset',
    async (lastEventId) => {
      const { url } = await serve();
      const live = await openLive({ url, query: 'symbol=A', lastEventId });
      expect(await live.next()).toMatchObject({ name: 'reset' });
      expect(await live.next()).toMatchObject({ name: 'status', id: 'run-0' });
      await live.close();
    },
  );

  it('is told which older days were written again, neighbours as one range', async () => {
    const { url, hub } = await serve();
    const live = await openLive({ url, query: 'symbol=A' });
    for (const day of [10, 12, 11, 20]) hub.derived(day * DAY);
    const stale = [
      await live.next(({ name }) => name === 'stale'),
      await live.next(({ name }) => name === 'stale'),
    ];
    expect(stale).toMatchObject([
      { data: { symbol: 'A', timeframe: '21m', from: 10 * DAY, to: 13 * DAY }, id: 'run-1' },
      { data: { from: 20 * DAY, to: 21 * DAY }, id: 'run-2' },
    ]);
    await live.close();
  });

  it('is told of a change of the status within seconds', async () => {
    const { url, state } = await serve();
    const live = await openLive({ url, query: 'symbol=A' });
    state.status = { ...state.status, message: 'no link since then: retrying' };
    const told = await live.next(({ name, data }) => name === 'status' && data.message.startsWith('no link'));
    expect(told.id).toBe('run-0');
    await live.close();
  });

  it('is reset after a failed look, which is reported, and told everything again', async () => {
    let looks = 0;
    const look = () => {
      looks += 1;
      if (looks === 2) throw new Error('the disk is gone');
      return [[bar(looks, true)]];
    };
    const { url, hub, failures } = await serve({ look });
    const live = await openLive({ url, query: 'symbol=A' });
    await live.next(({ name }) => name === 'bar');
    hub.merged(['A']);
    expect(await live.next(({ name }) => name !== 'status')).toMatchObject({ name: 'reset' });
    expect(await live.next()).toMatchObject({ name: 'bar', data: { open_time: 3 } });
    expect(failures).toEqual([new Error('the disk is gone')]);
    await live.close();
  });

  it('with a wrong request gets a problem', async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}/api/live?symbol=BAD`);
    expect([answer.status, await answer.json()]).toMatchObject([404, { detail: 'no such symbol' }]);
  });
});

describe('many clients', () => {
  it('cost one look for all, and beyond 200 are refused until one leaves', async () => {
    const looked: number[] = [];
    const look = (looks: readonly TopicLook[]) => {
      looked.push(looks.length);
      return looks.map(() => [bar(7, true)]);
    };
    const { hub } = await serve({ look });
    const topic = { symbol: 'A', timeframeMinutes: 21 };
    const connectOne = () => hub.connect({ topic, lastEventId: null, disconnect: () => {} });
    const clients = Array.from({ length: 200 }, connectOne);
    expect(connectOne).toThrow(
      new RequestError(503, '200 clients follow live bars, expected fewer: try again later'),
    );
    await clients[0]!.cancel();
    const late = connectOne();
    for (const body of [...clients.slice(1), late])
      expect(await textUntil(body, 'event: bar')).toContain('"open_time":7');
    expect(looked).toEqual([1]);
  });

  it('that do not read are disconnected, while the others are told everything', async () => {
    const large = 'x'.repeat(1_000_000);
    const { url, tell } = await serve();
    const slow = connect(Number(new URL(url).port), '127.0.0.1');
    slow.on('error', () => {});
    slow.write('GET /api/live?symbol=A HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(slow, 'readable');
    let isGone = false;
    slow.once('close', () => {
      isGone = true;
    });
    const reader = await openLive({ url, query: 'symbol=A' });
    // A client that does not read notices the end of its connection only when it writes.
    const writing = setInterval(() => slow.write('\r\n'), 50);
    let told = 0;
    for (; !isGone; told++) {
      tell(bar(told, false, large));
      await reader.next(({ name, data }) => name === 'bar' && data.open_time === told);
    }
    clearInterval(writing);
    // The kernel takes a few MB of what is sent; the server keeps a quarter of one.
    expect(told).toBeLessThan(60);
    await reader.close();
  }, 30_000);
});

it('an older update does not replace a newer one of the symbol', async () => {
  const { hub } = await serve();
  hub.updated(update(9, '2'));
  hub.updated(update(6, '3'));
  hub.updated(update(6, '4', 'B'));
  expect([hub.updateOf('A')?.close, hub.updateOf('B')?.close, hub.updateOf('C')]).toEqual(['2', '4', null]);
});
