import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { get, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { type Health, parseSettings, type StreamStatus } from '@candlelake/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp } from '../../packages/cli/src/http/app.ts';
import { createMetrics, type Metrics } from '../../packages/cli/src/http/metrics.ts';
import { type HttpServer, startHttpServer } from '../../packages/cli/src/http/server.ts';

const started: HttpServer[] = [];

afterEach(() => {
  for (const server of started.splice(0)) server.close();
});

interface Served {
  readonly health?: Pick<Health, 'status' | 'reason'>;
  readonly metrics?: Metrics;
  readonly status?: StreamStatus;
  readonly idleMs?: number;
  readonly host?: string;
}

async function serve({
  health,
  metrics = createMetrics({ monotonic: () => 0 }),
  status,
  idleMs,
  host = parseSettings({}).host,
}: Served = {}) {
  const app = createApp({
    health: () => (health ?? { status: 'unhealthy', reason: 'starting' }) as Health,
    metrics: () => metrics.render(status ?? null),
  });
  const server = await startHttpServer(app, { host, port: 0, ...(idleMs && { idleMs }) });
  started.push(server);
  return server.url;
}

/** Metrics whose text has `bytes`, and how often it was rendered. */
function largeMetrics(bytes: number) {
  const body = 'x'.repeat(bytes);
  let renders = 0;
  const metrics: Metrics = {
    ...createMetrics({ monotonic: () => 0 }),
    async render() {
      renders += 1;
      return { contentType: 'text/plain', body: `${body}${renders}` };
    },
  };
  return { metrics, renders: () => renders };
}

/** A client that sends `text` and reads nothing. Resolves when the server has closed the connection. */
async function sendWithoutReading(url: string, text: string): Promise<void> {
  const client = connect(Number(new URL(url).port), '127.0.0.1');
  client.on('error', () => {});
  await once(client, 'connect');
  client.pause();
  const closed = new Promise((resolve) => client.once('close', resolve));
  // A paused client notices the end of its connection only when it writes.
  const writing = setInterval(() => client.write(text), 20);
  client.write(text);
  await closed;
  clearInterval(writing);
}

const STATUS: StreamStatus = {
  startedAt: 0,
  link: { connected: true, connections: 2, since: 0, lastFrameAt: 0, lagMs: 250, reconnects: 3 },
  reachable: true,
  unansweredSince: null,
  symbols: [
    {
      symbol: 'A-USDT',
      lastClose: 0,
      oldestUnresolvedLive: 0,
      missing: 4,
      provisional: 5,
      quiet: false,
      exception: { state: 'closed', reason: 'no candle since 1970-01-01T00:00Z' },
      unreadable: { slots: 11, first: 0 },
    },
  ],
  backfill: { running: true, remainingSlots: 6, totalSlots: 60, requestsDone: 1, requestsTotal: 2 },
  lastRepair: null,
  lake: { dirtyDays: 7, oldestDirtySince: 1_000, lastDerivedAt: 0, lastAsOf: 0, lastError: null },
  counters: { updates: 8, candlesStored: 9, slotsRepaired: 10 },
};

describe('/health', () => {
  it('is 200 when the stream is healthy, else 503 with the reason', async () => {
    const healthy = await fetch(`${await serve({ health: { status: 'ok' } })}/health`);
    expect([healthy.status, await healthy.json()]).toEqual([200, { status: 'ok' }]);
    const unhealthy = await fetch(
      `${await serve({ health: { status: 'unhealthy', reason: 'no link' } })}/health`,
    );
    expect([unhealthy.status, await unhealthy.json()]).toEqual([
      503,
      { status: 'unhealthy', reason: 'no link' },
    ]);
    expect(unhealthy.headers.get('content-type')).toBe('application/json');
  });

  it('is 503 before there is a stream, not OK before the first candle (predecessor fault 49)', async () => {
    const answer = await fetch(`${await serve()}/health`);
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'unhealthy', reason: 'starting' }]);
  });
});

describe('the server', () => {
  it('listens on 127.0.0.1 and nowhere else, unless told otherwise (predecessor fault 49)', async () => {
    expect(await serve()).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('answers /live whatever the health', async () => {
    const answer = await fetch(`${await serve()}/live`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'alive' }]);
  });

  it.each(['/', '/health/', '/../package.json', '/%2e%2e/package.json', '/metrics/x', '/favicon.ico'])(
    'has nothing at %s',
    async (path) => {
      expect((await fetch((await serve()) + path)).status).toBe(404);
    },
  );

  it('answers only GET', async () => {
    const url = await serve();
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect((await fetch(`${url}/health`, { method })).status).toBe(404);
    }
  });

  it('closes although a client never finishes its request', async () => {
    const url = await serve();
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    await once(client, 'connect');
    client.write('GET /live HTTP/1.1\r\n');
    expect((await fetch(`${url}/live`)).status).toBe(200);
    for (const server of started.splice(0)) server.close();
    await Promise.race([once(client, 'close'), once(client, 'error')]);
    await expect(fetch(`${url}/live`)).rejects.toThrow();
  }, 10_000);
});

describe('the names under which it answers', () => {
  /** The status for a request with a Host header; fetch would not send another one. */
  async function statusFor(url: string, host: string): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    get(`${url}/live`, { headers: { host } }, (answer) => resolve(answer.resume().statusCode!));
    return promise;
  }

  it.each(['127.0.0.1', '127.0.0.1:8080', 'localhost:1', 'LOCALHOST', 'chart.localhost', '[::1]:9'])(
    'on loopback include %s',
    async (host) => {
      expect(await statusFor(await serve(), host)).toBe(200);
    },
  );

  it.each(['attacker.example', 'localhost.attacker.example', '127.0.0.1.attacker.example', '8.8.8.8', '0'])(
    'on loopback leave out %s: a page can give a name of its own our address',
    async (host) => {
      expect(await statusFor(await serve(), host)).toBe(421);
    },
  );

  it('are any when it listens on all addresses, as in a container', async () => {
    const { port } = new URL(await serve({ host: '0.0.0.0' }));
    expect(await statusFor(`http://127.0.0.1:${port}`, 'candlelake.internal')).toBe(200);
  });
});

describe('a client that reads nothing', () => {
  const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';

  it('is disconnected when it pipelines requests; few of them are answered', async () => {
    const { metrics, renders } = largeMetrics(100_000);
    const url = await serve({ metrics });
    await sendWithoutReading(url, REQUEST.repeat(2_000));
    expect(renders()).toBeLessThanOrEqual(8);
    expect((await fetch(`${url}/live`)).status).toBe(200);
  });

  it('is disconnected when it leaves an answer unread', async () => {
    const response = Promise.withResolvers<ServerResponse>();
    const onRequest = (message: unknown) =>
      response.resolve((message as { response: ServerResponse }).response);
    subscribe('http.server.request.start', onRequest);
    const { metrics } = largeMetrics(20_000_000);
    const client = connect(Number(new URL(await serve({ metrics, idleMs: 300 })).port), '127.0.0.1');
    client.pause();
    client.write(REQUEST);
    const answer = await response.promise;
    unsubscribe('http.server.request.start', onRequest);
    await once(answer, 'close');
    expect(answer.writableFinished, 'the answer was sent in full').toBe(false);
    client.destroy();
  });

  it('is disconnected when it never finishes a request', async () => {
    const url = await serve({ idleMs: 300 });
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    client.write('GET /live HTTP/1.1\r\nX: ');
    client.resume();
    await Promise.race([once(client, 'close'), once(client, 'error')]);
  });
});

it('answers a client that sends a few requests before it reads, in order', async () => {
  const client = connect(Number(new URL(await serve()).port), '127.0.0.1');
  const path = (one: string) => `GET ${one} HTTP/1.1\r\nHost: localhost\r\n`;
  client.write(`${path('/live')}\r\n${path('/none')}\r\n${path('/live')}Connection: close\r\n\r\n`);
  let text = '';
  for await (const data of client) text += data;
  expect([...text.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, code]) => code)).toEqual(['200', '404', '200']);
});

describe('/metrics', () => {
  /** Samples of the Prometheus text, by name with labels. */
  async function samples(served: Served): Promise<Record<string, number>> {
    const answer = await fetch(`${await serve(served)}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  }

  it('hold the numbers of the status', async () => {
    expect(
      await samples({ status: STATUS, metrics: createMetrics({ monotonic: () => 31_000 }) }),
    ).toMatchObject({
      candlelake_candles_stored_total: 9,
      candlelake_updates_total: 8,
      candlelake_slots_repaired_total: 10,
      candlelake_reconnects_total: 3,
      candlelake_connected: 2,
      candlelake_frame_lag_seconds: 0.25,
      'candlelake_unresolved_slots{symbol="A-USDT",state="missing"}': 4,
      'candlelake_unresolved_slots{symbol="A-USDT",state="provisional"}': 5,
      'candlelake_unreadable_slots{symbol="A-USDT"}': 11,
      'candlelake_symbol_exceptions{state="closed"}': 1,
      'candlelake_symbol_exceptions{state="delisted"}': 0,
      candlelake_backfill_remaining_slots: 6,
      candlelake_lake_lag_seconds: 30,
      candlelake_lake_dirty_days: 7,
    });
  });

  it('do not add up over several requests', async () => {
    const metrics = createMetrics({ monotonic: () => 0 });
    await metrics.render(STATUS);
    expect((await samples({ status: STATUS, metrics })).candlelake_updates_total).toBe(8);
  });

  it('count the irregular candles that were stored', async () => {
    const metrics = createMetrics({ monotonic: () => 0 });
    metrics.irregular(2);
    metrics.irregular(1);
    expect(await samples({ metrics })).toMatchObject({ candlelake_irregular_candles_total: 3 });
  });

  it('record close-to-durable times per candle, in seconds', async () => {
    const metrics = createMetrics({ monotonic: () => 0 });
    metrics.stored(3, 20);
    metrics.stored(1, 700);
    expect(await samples({ metrics })).toMatchObject({
      'candlelake_close_to_durable_seconds_bucket{le="0.01"}': 0,
      'candlelake_close_to_durable_seconds_bucket{le="0.025"}': 3,
      'candlelake_close_to_durable_seconds_bucket{le="0.5"}': 3,
      'candlelake_close_to_durable_seconds_bucket{le="1"}': 4,
      candlelake_close_to_durable_seconds_count: 4,
    });
  });

  it('count requests by their outcome, and pass the answers on', async () => {
    const metrics = createMetrics({ monotonic: () => 0 });
    const answer = { status: 429, headers: {}, body: '' };
    const get = metrics.counted(async (url) => {
      if (url === 'down') throw new Error('no answer');
      return answer;
    });
    const { signal } = new AbortController();
    expect(await get('up', signal)).toBe(answer);
    await get('up', signal);
    await expect(get('down', signal)).rejects.toThrow('no answer');
    expect(await samples({ metrics })).toMatchObject({
      'candlelake_requests_total{outcome="429"}': 2,
      'candlelake_requests_total{outcome="failed"}': 1,
    });
  });
});
