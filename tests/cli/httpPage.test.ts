import { get } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp } from '../../packages/cli/src/http/app.ts';
import { pageRoutes } from '../../packages/cli/src/http/page.ts';
import { type HttpServer, startHttpServer } from '../../packages/cli/src/http/server.ts';

const started: HttpServer[] = [];

afterEach(() => {
  for (const server of started.splice(0)) server.close();
});

const SCRIPT = `console.log("${'x'.repeat(5_000)}");`;
const FILES = new Map([
  ['/', { body: '<!doctype html><title>page</title>', type: 'text/html; charset=utf-8' }],
  ['/page.js', { body: new TextEncoder().encode(SCRIPT), type: 'text/javascript; charset=utf-8' }],
]);

async function serve() {
  const app = createApp({
    health: () => ({ status: 'unhealthy', reason: 'starting' }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    parts: [pageRoutes(FILES)],
  });
  const server = await startHttpServer(app, { host: '127.0.0.1', port: 0 });
  started.push(server);
  return server.url;
}

interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** `fetch` sets its own Host and unpacks the body. */
function request(url: string, headers: Readonly<Record<string, string>>): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, async (response) => {
      const body = Buffer.concat(await response.toArray());
      resolve({ status: response.statusCode, headers: response.headers, body });
    }).on('error', reject);
  });
}

describe('the files of the page', () => {
  it('are served with their type', async () => {
    const url = await serve();
    const answer = await fetch(`${url}/`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await answer.text()).toBe('<!doctype html><title>page</title>');
    expect((await fetch(`${url}/other.js`)).status).toBe(404);
    expect((await fetch(`${url}/page.js`, { method: 'POST' })).status).toBe(404);
  });

  it('allow nothing of another origin, and nothing inline', async () => {
    const { headers } = await fetch(`${await serve()}/page.js`);
    const policy = headers.get('content-security-policy')?.split('; ') ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(policy.join()).not.toMatch(/unsafe|http|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('are sent compressed to a client that takes gzip', async () => {
    const url = await serve();
    const zipped = await request(`${url}/page.js`, { 'accept-encoding': 'gzip, br' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(zipped.body.length).toBeLessThan(SCRIPT.length / 10);
    expect(gunzipSync(zipped.body).toString()).toBe(SCRIPT);
    const plain = await request(`${url}/page.js`, {});
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.body.toString()).toBe(SCRIPT);
  });

  it('are not sent again to a client that has them', async () => {
    const url = `${await serve()}/page.js`;
    const { headers } = await request(url, {});
    const etag = String(headers.etag);
    const again = await request(url, { 'if-none-match': `"other", ${etag}` });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await request(url, { 'if-none-match': '"other"' })).status).toBe(200);
    const other = await request(url.replace('page.js', ''), { 'if-none-match': etag });
    expect(other.status).toBe(200);
  });
});
