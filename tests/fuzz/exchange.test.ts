import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { BadDataError, HOUR_MS, RetryableError, SECOND_MS } from '@candlelake/core';
import { createHttpGet, createOpenSocket, inflate } from '@candlelake/node';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { exhaustedMs, readAnswer } from '../../packages/core/src/bingx/answer.ts';
import { parseContracts, parseServerTime } from '../../packages/core/src/bingx/contracts.ts';
import { runs } from './runs.ts';

const NOW = Date.UTC(2026, 10, 22);
const MEBIBYTE = 2 ** 20;
const NEVER = new AbortController().signal;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that talks to each client over a raw socket. */
async function serveRaw(talk: (client: Socket) => void): Promise<string> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on('error', () => {});
    talk(client);
  }).listen(0, '127.0.0.1');
  closers.push(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

/** JSON as deep as 100 kB of a hostile body can be. */
const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

describe('REST answers', () => {
  const integer = fc.oneof(fc.constantFrom(0, 100410, 109429, 109425, 100400, -1, 1e300), fc.integer());
  const code = fc.oneof(integer, integer.map(String), fc.jsonValue());
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.nat().map((end) => `can retry after time: ${end}`),
  );
  const envelope = fc.record(
    { code, msg: fc.oneof(text, fc.jsonValue()), data: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    envelope.map((value) => JSON.stringify(value)),
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(deep, `{"code":0,"data":${deep}}`, `{"code":${deep}}`, '', 'null', '{"code":1e999}'),
  );
  const number = fc.oneof(
    fc.integer().map(String),
    fc.constantFrom('1e9', '-0', '9'.repeat(400), '1764086400'),
    text,
  );
  const headers = fc.record(
    {
      'retry-after': number,
      'x-ratelimit-requests-remain': number,
      'x-ratelimit-requests-expire': number,
    },
    { requiredKeys: [] },
  );
  const status = fc.oneof(fc.constantFrom(200, 403, 418, 429, 500, 502), fc.integer({ min: 0, max: 999 }));
  const response = fc.record({ status, headers, body });

  it('are data, a pause of a second to an hour, a broken answer or a refusal', () => {
    const about = fc.boolean().map((aboutSymbol) => ({ subject: 'candles', aboutSymbol, now: NOW }));
    fc.assert(
      fc.property(response, about, (one, context) => {
        const answer = readAnswer(one, context);
        expect(['data', 'limited', 'broken', 'refused']).toContain(answer.kind);
        if (answer.kind === 'limited') {
          expect(answer.pauseMs).toBeGreaterThanOrEqual(SECOND_MS);
          expect(answer.pauseMs).toBeLessThanOrEqual(HOUR_MS);
        }
        const words =
          answer.kind === 'refused' ? answer.error.message : 'reason' in answer ? answer.reason : '';
        expect(words.length).toBeLessThan(400);
      }),
      runs(1_000),
    );
  });

  it('pause the budget for at most five minutes by their headers', () => {
    fc.assert(
      fc.property(response, (one) => {
        const pauseMs = exhaustedMs(one, NOW, 5);
        expect(pauseMs).toBeGreaterThanOrEqual(0);
        expect(pauseMs).toBeLessThanOrEqual(300_000);
      }),
      runs(1_000),
    );
  });

  it('about contracts hold legal symbols, precisions and times, or are refused', () => {
    const field = fc.oneof(
      fc.jsonValue(),
      integer,
      fc.constantFrom('BTC-USDT', '1', 'a\u202Eb-USDT', '\x1b[2J-X'),
    );
    const contract = fc.dictionary(
      fc.constantFrom('symbol', 'pricePrecision', 'launchTime', '__proto__'),
      field,
    );
    const list = fc.oneof(fc.array(fc.oneof(contract, field), { maxLength: 20 }), field);
    fc.assert(
      fc.property(list, (data) => {
        let contracts: ReturnType<typeof parseContracts> = [];
        try {
          contracts = parseContracts(data, () => {});
        } catch (error) {
          expect(error).toBeInstanceOf(RetryableError);
        }
        for (const { symbol, pricePrecision, launchTime } of contracts) {
          expect(symbol).toMatch(/^[^\s\p{C}]{1,40}-[^\s\p{C}]{1,20}$/u);
          expect(pricePrecision ?? 0).toBeLessThanOrEqual(20);
          expect(launchTime === null || (Number.isSafeInteger(launchTime) && launchTime > 0)).toBe(true);
        }
      }),
      runs(2_000),
    );
  });

  it('about the time hold an instant before 2100, or are refused', () => {
    const data = fc.oneof(
      fc.jsonValue(),
      fc.record({ serverTime: fc.oneof(integer, number, fc.jsonValue()) }),
    );
    fc.assert(
      fc.property(data, (raw) => {
        try {
          const time = parseServerTime(raw);
          expect(time).toBeGreaterThan(0);
          expect(time).toBeLessThan(Date.UTC(2100));
        } catch (error) {
          expect(error).toBeInstanceOf(RetryableError);
        }
      }),
      runs(1_000),
    );
  });
});

describe('bytes of a server', () => {
  const line = fc.constantFrom(
    'HTTP/1.1 200 OK',
    'HTTP/1.1 999 X',
    'HTTP/1.0 200',
    'HTTP/1.1 100 Continue',
    'ICY 200',
  );
  const header = fc.oneof(
    fc.constantFrom(
      'Content-Length: 3',
      'Content-Length: 99999999',
      'Transfer-Encoding: chunked',
      'Connection: close',
    ),
    fc.constantFrom(
      'Content-Encoding: gzip',
      'Content-Encoding: br',
      'Set-Cookie: a',
      'Location: http://other/',
    ),
    fc.integer({ min: 1, max: 30_000 }).map((length) => `X-Long: ${'h'.repeat(length)}`),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const content = fc.oneof(
    fc.constantFrom('abc', '3\r\nabc\r\n0\r\n\r\n', 'ffffffff\r\n', '', gzipSync('{}').toString('latin1')),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  const answer = fc
    .record({ line, headers: fc.array(header, { maxLength: 4 }), content })
    .map((one) =>
      Buffer.from(
        `${one.line}\r\n${one.headers.map((text) => `${text}\r\n`).join('')}\r\n${one.content}`,
        'latin1',
      ),
    );
  const noise = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));

  it('of REST are an answer or a failure that may be tried again', async () => {
    let bytes = Buffer.alloc(0);
    const address = await serveRaw((client) => void client.once('data', () => client.end(bytes)));
    const httpGet = createHttpGet({ timeoutMs: 2_000 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(answer, noise), async (next) => {
        bytes = next;
        const failure = await failureOf(httpGet(`http://${address}/x`, NEVER));
        if (failure !== null) expect(failure).toBeInstanceOf(RetryableError);
      }),
      runs(300),
    );
  });

  it('of the WebSocket end in one report that it is closed, also after the handshake', async () => {
    let bytes = Buffer.alloc(0);
    const { createHash } = await import('node:crypto');
    const address = await serveRaw((client) => {
      client.once('data', (request) => {
        const key = /sec-websocket-key: (\S+)/i.exec(request.toString())?.[1];
        // The magic text of RFC 6455, section 1.3.
        const accept = createHash('sha1')
          .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
          .digest('base64');
        client.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
        );
        client.end(bytes);
      });
    });
    const openSocket = createOpenSocket();
    const header = fc.constantFrom(
      [0x82, 3],
      [0x82, 0x7f, 0, 0, 0, 0, 0xff],
      [0xc2, 1],
      [0x88, 2],
      [0x01, 5],
      [0x89, 0x7e],
    );
    const frame = fc.tuple(header, noise).map(([head, tail]) => Buffer.concat([Buffer.from(head), tail]));
    await fc.assert(
      fc.asyncProperty(fc.oneof(frame, noise, answer), async (next) => {
        bytes = next;
        const { promise, resolve } = Promise.withResolvers<string>();
        let reports = 0;
        openSocket(`ws://${address}`, {
          opened: () => {},
          frame: (data) => expect(data.length).toBeLessThanOrEqual(MEBIBYTE),
          closed(reason) {
            reports++;
            resolve(reason);
          },
        });
        expect(await promise).not.toBe('');
        expect(reports).toBe(1);
      }),
      runs(200),
    );
  });
});

describe('gzip bombs', () => {
  /** 64 MiB of zeros in 64 kB. */
  const bomb = gzipSync(Buffer.alloc(64 * MEBIBYTE));

  it('in frames end at a mebibyte, whatever they are made of', () => {
    const layers = gzipSync(bomb);
    const members = Buffer.concat(Array.from({ length: 2_000 }, () => gzipSync(Buffer.alloc(1_024))));
    expect(() => inflate(bomb, MEBIBYTE)).toThrow(BadDataError);
    expect(() => inflate(members, MEBIBYTE)).toThrow(BadDataError);
    expect(inflate(layers, MEBIBYTE).length).toBe(bomb.length);
  });

  it('in a REST answer end at 8 MiB', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n';
    const address = await serveRaw((client) => {
      client.once('data', () => {
        client.write(head);
        client.end(bomb);
      });
    });
    const failure = await failureOf(createHttpGet()(`http://${address}/`, NEVER));
    expect(failure).toBeInstanceOf(RetryableError);
    expect((failure as Error).message).toBe('an answer of more than 8388608 bytes');
  });

  it('in layers are inflated once: an answer that is gzip within gzip is no JSON', async () => {
    const twice = gzipSync(bomb);
    const head = 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nConnection: close\r\n\r\n';
    const address = await serveRaw((client) => {
      client.once('data', () => {
        client.write(head);
        client.end(twice);
      });
    });
    const failure = await failureOf(createHttpGet()(`http://${address}/`, NEVER));
    expect((failure as Error).message).toContain('content-encoding "gzip, gzip", expected gzip');
  });

  it('that are an answer without end are given up at the same size, and the connection with them', async () => {
    let sent = 0;
    const gone = Promise.withResolvers<void>();
    const address = await serveRaw((client) => {
      client.once('data', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        const block = Buffer.alloc(65_536, 'x');
        const fill = () => {
          while (!client.destroyed && client.write(block)) sent += block.length;
        };
        client.on('drain', fill);
        fill();
      });
      client.once('close', () => gone.resolve());
    });
    const failure = await failureOf(createHttpGet()(`http://${address}/`, NEVER));
    expect((failure as Error).message).toBe('an answer of more than 8388608 bytes');
    await gone.promise;
    // What is in the buffers of the two sockets comes on top.
    expect(sent).toBeLessThan(32 * MEBIBYTE);
  });
});
