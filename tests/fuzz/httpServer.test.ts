import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Health, startingStatus } from '@candlelake/core';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { apiRoutes } from '../../packages/cli/src/http/api.ts';
import { createApp } from '../../packages/cli/src/http/app.ts';
import { createMetrics } from '../../packages/cli/src/http/metrics.ts';
import { pageRoutes } from '../../packages/cli/src/http/page.ts';
import { type HttpServer, startHttpServer } from '../../packages/cli/src/http/server.ts';
import { sendRaw, statusesOf } from './rawClient.ts';
import { runs } from './runs.ts';

const PAGE = new Map([
  ['/', { body: '<!doctype html>', type: 'text/html; charset=UTF-8' }],
  ['/page.js', { body: 'export {};', type: 'text/javascript' }],
]);

/** The API before the store is open; what it reads of the lake is asked in apiQuery.test.ts. */
const API: Parameters<typeof apiRoutes>[0] = {
  reading: () => null,
  status: () => startingStatus(0, '0.1.0'),
  version: '0.1.0',
  onFailure: (error) => {
    throw error;
  },
};

/** The server with all routes of the program, and the sockets that it has accepted. */
let app: ReturnType<typeof createApp>;
let server: HttpServer;
const accepted = new Set<Socket>();
const onSocket = (message: unknown) => accepted.add((message as { socket: Socket }).socket);

beforeAll(() => subscribe('net.server.socket', onSocket));
afterAll(() => unsubscribe('net.server.socket', onSocket));

beforeEach(async () => {
  const metrics = createMetrics({ monotonic: () => 0 });
  app = createApp({
    health: () => ({ status: 'unhealthy', reason: 'starting' }) as Health,
    metrics: () => metrics.render(null),
    parts: [pageRoutes(PAGE), apiRoutes(API)],
  });
  server = await startHttpServer(app, { host: '127.0.0.1', port: 0 });
});

afterEach(() => {
  server.close();
  accepted.clear();
});

/** The paths of all routes. */
function routes(): readonly string[] {
  const paths = app.routes.filter(({ method, path }) => method === 'GET' && !path.includes('*'));
  return [...new Set(paths.map(({ path }) => path))];
}

const get = (target: string, headers = '') =>
  `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}Connection: close\r\n\r\n`;

/** Answers that a client's mistakes may get. 500 is not among them. */
const ALLOWED = [100, 200, 304, 400, 404, 405, 408, 411, 413, 414, 417, 421, 426, 431, 501, 503, 505];

/** Whatever the requests were, the server answers the next one, and no connection of them is left. */
async function expectUnharmed(): Promise<void> {
  expect(statusesOf(await sendRaw(server.url, { chunks: [get('/live')] }))).toEqual([200]);
  await Promise.all([...accepted].map((socket) => socket.closed || once(socket, 'close')));
}

describe('requests of any form', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('', ' ', '\t', '\0'),
  );
  const method = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE') },
    { weight: 1, arbitrary: fc.constantFrom('CONNECT', 'get', 'PRI', 'BREW', 'G\tET', 'M'.repeat(9_000)) },
    { weight: 1, arbitrary: anyText },
  );
  const prefix = fc.constantFrom(
    '',
    '/',
    '//',
    '/..',
    '/%2e%2e',
    '/.%00',
    'http://localhost',
    'file://',
    '\\',
  );
  const suffix = fc.oneof(
    fc.constantFrom('', '/', '/..', '/../../../package.json', '/..%2f..%2fpackage.json', '?a=%', '?'),
    fc.constantFrom(`?${'a=1&'.repeat(4_000)}`, `/${'x'.repeat(20_000)}`, '#', '%', '%zz', '%c0%af', '*'),
    anyText,
  );
  const path = fc.nat().map((index) => routes()[index % routes().length]!);
  const target = fc.tuple(prefix, path, suffix).map((parts) => parts.join(''));
  const version = fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', 'SIP/2.0', '');
  const header = fc.oneof(
    fc.constantFrom(
      ...['Host: localhost', 'Host: ', 'Host: a b', 'Host: [::1', 'Content-Length: 5', 'Content-Length: -1'],
      ...['Content-Length: 99999999999999999999', 'Transfer-Encoding: chunked', 'Transfer-Encoding: gzip'],
      ...[
        'Expect: 100-continue',
        'Expect: cheese',
        'Upgrade: websocket\r\nConnection: Upgrade',
        'Upgrade: h2c',
      ],
      ...['Range: bytes=0-18446744073709551615', 'If-None-Match: *', 'Last-Event-ID: -1', ' folded: line'],
      ...[
        'Accept: */*',
        'Connection: close',
        'Connection: keep-alive',
        'Content-Encoding: gzip',
        ': no name',
      ],
    ),
    fc.integer({ min: 1, max: 40_000 }).map((length) => `X-Long: ${'h'.repeat(length)}`),
    fc.integer({ min: 1, max: 3_000 }).map((count) => Array(count).fill('X-Many: 1').join('\r\n')),
    fc.tuple(anyText, anyText).map(([name, value]) => `${name}:${value}`),
  );
  const headers = fc.array(header, { maxLength: 5 }).map((lines) => ['Host: localhost', ...lines]);
  const body = fc.oneof(fc.constantFrom('', '5\r\nhello\r\n0\r\n\r\n', 'ffffffffff\r\n', '-1\r\n'), anyText);
  const request = fc
    .record({ method, target, version, headers, body })
    .map(
      (one) => `${one.method} ${one.target} ${one.version}\r\n${one.headers.join('\r\n')}\r\n\r\n${one.body}`,
    );

  it('get an answer or the end of the connection, and never a failure of the server', async () => {
    const sent = fc.record({
      chunks: fc.array(request, { minLength: 1, maxLength: 12 }),
      resets: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(sent, async (raw) => {
        const statuses = statusesOf(await sendRaw(server.url, raw));
        for (const status of statuses) expect(ALLOWED).toContain(status);
      }),
      runs(300),
    );
    await expectUnharmed();
  });

  it('that are cut anywhere are the same', async () => {
    const cut = fc.tuple(request, fc.nat()).map(([text, at]) => text.slice(0, at % text.length));
    const chunks = fc.array(cut, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.record({ chunks, resets: fc.boolean() }), async (raw) => {
        for (const status of statusesOf(await sendRaw(server.url, raw))) expect(ALLOWED).toContain(status);
      }),
      runs(200),
    );
    await expectUnharmed();
  });

  it('that are no HTTP at all are the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), async (chunks) => {
        for (const status of statusesOf(await sendRaw(server.url, { chunks })))
          expect(status).toBeGreaterThanOrEqual(400);
      }),
      runs(200),
    );
    await expectUnharmed();
  });
});

describe('files of the machine', () => {
  it('are served under no path', async () => {
    const step = fc.constantFrom(
      '..',
      '%2e%2e',
      '%2E.',
      '..%2f',
      '..%5c',
      '..\\',
      '.',
      '',
      '%00',
      '....//',
      '~',
    );
    const file = fc.constantFrom('package.json', 'etc/passwd', 'candles.sqlite', 'README.md', '.git/config');
    const start = fc.nat().map((index) => ['', ...routes()][index % (routes().length + 1)]!);
    const target = fc
      .tuple(start, fc.array(step, { maxLength: 8 }), file)
      .map(([route, steps, name]) => [route === '/' ? '' : route, ...steps, name].join('/'));
    await fc.assert(
      fc.asyncProperty(target, async (path) => {
        const answer = await sendRaw(server.url, { chunks: [get(path)] });
        for (const status of statusesOf(answer)) expect([400, 404]).toContain(status);
        expect(answer).not.toMatch(/"private"|root:|SQLite format|# candlelake|\[core\]/);
      }),
      runs(300),
    );
    await expectUnharmed();
  });
});

describe('every route', () => {
  it('forbids scripts of others, frames, sniffing and reading from other origins', async () => {
    for (const path of [...routes(), '/nowhere']) {
      const answer = await fetch(server.url + path);
      await answer.body?.cancel();
      const { headers } = answer;
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy, path).toMatch(/default-src 'none'/);
      expect(policy, path).toMatch(/frame-ancestors 'none'/);
      expect(policy, path).not.toMatch(/unsafe-inline|unsafe-eval|https?:|\*/);
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.get('x-frame-options'), path).toBe('DENY');
      expect(headers.get('referrer-policy'), path).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy'), path).toBe('same-origin');
      expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin');
      expect(headers.get('access-control-allow-origin'), path).toBeNull();
      expect(headers.get('x-powered-by'), path).toBeNull();
      expect(headers.get('server'), path).toBeNull();
    }
  });

  it('answers to no other method than GET, HEAD and OPTIONS', async () => {
    for (const path of routes()) {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        const answer = await fetch(server.url + path, { method });
        expect([404, 405], `${method} ${path}`).toContain(answer.status);
      }
    }
  });

  it('reads no body: an endless one ends with the connection, and takes no memory', async () => {
    for (const path of routes()) {
      const headers = 'Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
      const chunk = `10000\r\n${'b'.repeat(0x10000)}\r\n`;
      const client = connect(Number(new URL(server.url).port), '127.0.0.1');
      client.on('error', () => {});
      client.write(`POST ${path} HTTP/1.1\r\n${headers}`);
      let sent = 0;
      const fill = () => {
        while (!client.destroyed && sent < 64 && client.write(chunk)) sent++;
        if (sent >= 64) client.end();
      };
      client.on('drain', fill);
      client.resume();
      fill();
      await once(client, 'close');
    }
    await expectUnharmed();
  });

  it('that fails says nothing of the reason', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const failing = createApp({
      health: () => {
        throw new Error('secret of /home/user');
      },
      metrics: async () => ({ contentType: 'text/plain', body: '' }),
    });
    const answer = await failing.request('/health');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toMatch(/secret|home/);
    expect(logged).toHaveBeenCalled();
  });
});

describe('connections', () => {
  it('beyond 256 are closed at once, and there is room again when the others are gone', async () => {
    server.close();
    // So long that no connection is closed for its silence.
    server = await startHttpServer(app, { host: '127.0.0.1', port: 0, idleMs: 600_000 });
    const port = Number(new URL(server.url).port);
    const open = () => {
      const client = connect(port, '127.0.0.1');
      client.on('error', () => {});
      return client;
    };
    const first = Array.from({ length: 256 }, open);
    await Promise.all(first.map((client) => once(client, 'connect')));
    const late = open();
    late.resume();
    await once(late, 'close');
    for (const client of first) client.destroy();
    await Promise.all(first.map((client) => once(client, 'close')));
    await Promise.all([...accepted].map((socket) => socket.closed || once(socket, 'close')));
    await expectUnharmed();
  });
});
