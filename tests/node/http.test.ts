import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { RetryableError } from '@candlelake/core';
import { createHttpGet, createHttpPost } from '@candlelake/node';
import { afterEach, describe, expect, it } from 'vitest';

const servers: Pick<Server, 'close'>[] = [];
const NEVER = new AbortController().signal;

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it answered'),
    (error) => error,
  );
}

describe('an HTTP GET', () => {
  it('hands over status, headers in small letters and body, whatever the status', async () => {
    const url = await serve((_, response) => {
      response.writeHead(429, { 'X-RateLimit-Requests-Remain': '0' });
      response.end('{"code":100410}');
    });
    const { status, headers, body } = await createHttpGet()(url, NEVER);
    expect({ status, body }).toEqual({ status: 429, body: '{"code":100410}' });
    expect(headers['x-ratelimit-requests-remain']).toBe('0');
  });

  it('does not follow a redirect to another host', async () => {
    let hits = 0;
    const other = await serve((_, response) => {
      hits += 1;
      response.end('elsewhere');
    });
    const url = await serve((_, response) => {
      response.writeHead(302, { location: other });
      response.end();
    });
    expect((await createHttpGet()(url, NEVER)).status).toBe(302);
    expect(hits).toBe(0);
  });

  it('gives up a server that never answers, and one that never ends its answer', async () => {
    const silent = await serve(() => {});
    const endless = await serve((_, response) => {
      response.write('{');
    });
    const httpGet = createHttpGet({ timeoutMs: 50 });
    for (const url of [silent, endless]) {
      const error = await failure(httpGet(url, NEVER));
      expect(error).toBeInstanceOf(RetryableError);
      expect((error as Error).message).toBe('nothing for 0.05 s');
    }
  }, 10_000);

  it('gives up an answer that grows past its bound, also one that is small while compressed', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000));
    expect(bomb.length).toBeLessThan(2_000);
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(bomb);
    });
    const error = await failure(createHttpGet({ maxBodyBytes: 100_000 })(url, NEVER));
    expect(error).toBeInstanceOf(RetryableError);
    expect((error as Error).message).toBe('an answer of more than 100000 bytes');
  });

  it('says in a word why there was no connection', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const error = await failure(createHttpGet()(`http://127.0.0.1:${port}`, NEVER));
    expect(error).toBeInstanceOf(RetryableError);
    expect((error as Error).message).toBe('connection failed (ECONNREFUSED)');
  });

  it('ends with the reason of the signal while the answer is awaited', async () => {
    const asked = Promise.withResolvers<void>();
    const url = await serve(() => asked.resolve());
    const stop = new AbortController();
    const reason = new Error('stopped');
    const answer = failure(createHttpGet()(url, stop.signal));
    await asked.promise;
    stop.abort(reason);
    expect(await answer).toBe(reason);
    expect(await failure(createHttpGet()(url, stop.signal))).toBe(reason);
  });
});

describe('an HTTP POST', () => {
  it('sends JSON with its length in bytes, and hands over the answer', async () => {
    let received = '';
    const url = await serve(async (request, response) => {
      const { method, headers } = request;
      for await (const chunk of request) received += chunk;
      const { 'content-type': type, 'content-length': length, authorization } = headers;
      response
        .writeHead(429, { 'retry-after': '2' })
        .end(JSON.stringify([method, type, length, authorization]));
    });
    const withUser = new URL(url.replace('http://', 'http://user:word@'));
    const { status, headers, body } = await createHttpPost()(withUser, '{"a":"é"}', NEVER);
    expect([status, headers['retry-after'], received]).toEqual([429, '2', '{"a":"é"}']);
    const basic = `Basic ${Buffer.from('user:word').toString('base64')}`;
    expect(JSON.parse(body)).toEqual(['POST', 'application/json', '10', basic]);
  });

  it('fails without a response, with nothing of the URL in the message', async () => {
    const silent = await serve(() => {});
    const closed = 'http://user:s3cret@127.0.0.1:9';
    for (const origin of [silent, closed]) {
      const url = new URL('/s3cret?key=s3cret', origin);
      const error = await failure(createHttpPost({ timeoutMs: 50 })(url, '{}', NEVER));
      expect(error).toBeInstanceOf(RetryableError);
      expect((error as Error).message).not.toContain('s3cret');
    }
  });
});
