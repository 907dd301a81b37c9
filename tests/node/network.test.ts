import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  getDefaultAutoSelectFamilyAttemptTimeout,
  Socket as NetSocket,
  setDefaultAutoSelectFamilyAttemptTimeout,
} from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ConfigError, RetryableError } from '@candlelake/core';
import { createHttpGet, createNetwork, createOpenSocket } from '@candlelake/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { startTunnelProxy, type TunnelProxy } from '../support/tunnelProxy.ts';

type Variables = Readonly<Record<string, string>>;

const NEVER = new AbortController().signal;
const HOST = 'exchange.test';
const read = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
const TLS = { key: read('exchange.test.key.pem'), cert: read('exchange.test.cert.pem') };

const trusted = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...trusted, TLS.cert]));
afterAll(() => setDefaultCACertificates(trusted));

let secure: Server;
let plain: Server;
let proxy: TunnelProxy;

beforeEach(async () => {
  secure = await exchange(createHttpsServer(TLS));
  plain = await exchange(createHttpServer());
  proxy = await startTunnelProxy(portOf(secure));
});
afterEach(() => {
  vi.restoreAllMocks();
  proxy.close();
  for (const server of [secure, plain]) {
    server.closeAllConnections();
    server.close();
  }
});

/** An exchange that answers every GET with its path and every WebSocket with "hello". */
async function exchange(server: Server): Promise<Server> {
  server.on('request', (request, response) => response.end(request.url));
  new WebSocketServer({ server }).on('connection', (client) => client.send('hello'));
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** The body, or the message of the error. */
async function get(url: string, variables: Variables): Promise<string> {
  const httpGet = createHttpGet({ network: createNetwork(variables) });
  try {
    return (await httpGet(url, NEVER)).body;
  } catch (error) {
    expect(error).toBeInstanceOf(RetryableError);
    return (error as Error).message;
  }
}

/** The first frame, or why there was no connection. */
function listen(url: string, variables: Variables) {
  const end = Promise.withResolvers<{ said: string; status: number | undefined }>();
  const socket = createOpenSocket({ network: createNetwork(variables) })(url, {
    opened: () => {},
    frame: (data) => {
      end.resolve({ said: String(data), status: undefined });
      socket.close();
    },
    closed: (said, status) => end.resolve({ said, status }),
  });
  return end.promise;
}

describe('a proxy of the environment', () => {
  const throughProxy = (): Variables => ({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });

  it.each(['HTTPS_PROXY', 'https_proxy'])('%s carries REST and WebSocket by tunnels alone', async (name) => {
    const variables = { [name]: `http://127.0.0.1:${proxy.port}` };
    expect(await get(`https://${HOST}/time`, variables)).toBe('/time');
    expect(await listen(`wss://${HOST}/swap-market`, variables)).toMatchObject({ said: 'hello' });
    expect(proxy.tunnels.map(({ target }) => target)).toEqual([`${HOST}:443`, `${HOST}:443`]);
    expect(proxy.others).toEqual([]);
  });

  it('HTTP_PROXY is for http and not for https', async () => {
    const variables = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
    await get(`http://${HOST}/time`, variables);
    expect(proxy.others).toEqual([`http://${HOST}/time`]);
    expect(await get(`https://${HOST}/time`, variables)).toBe('connection failed (ENOTFOUND)');
    expect(proxy.tunnels).toEqual([]);
  });

  it('may be written without a scheme, and with credentials, which no message shows', async () => {
    const variables = { HTTPS_PROXY: `ann:s3cret@127.0.0.1:${proxy.port}` };
    expect(await get(`https://${HOST}/time`, variables)).toBe('/time');
    expect(proxy.tunnels[0]?.authorization).toBe(`Basic ${btoa('ann:s3cret')}`);
    proxy.refusal = '407 Proxy Authentication Required';
    expect(await get(`https://${HOST}/time`, variables)).not.toContain('s3cret');
    expect((await listen(`wss://${HOST}/`, variables)).said).not.toContain('s3cret');
  });

  it('in lower case wins, and an empty variable is an unset one', async () => {
    const variables = { HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: `http://127.0.0.1:${proxy.port}` };
    expect(await get(`https://${HOST}/time`, variables)).toBe('/time');
    expect(await get(`https://${HOST}/time`, { ...throughProxy(), https_proxy: '' })).toBe('/time');
    expect(await get(`https://${HOST}/time`, { HTTPS_PROXY: '' })).toBe('connection failed (ENOTFOUND)');
  });

  it.each(['NO_PROXY', 'no_proxy'])('is not used for the hosts of %s', async (name) => {
    for (const hosts of [HOST, `other.test, .${HOST.split('.')[1]}`, '*']) {
      const variables = { ...throughProxy(), [name]: hosts };
      expect(await get(`https://${HOST}/time`, variables)).toContain('ENOTFOUND');
      expect((await listen(`wss://${HOST}/`, variables)).said).toContain('ENOTFOUND');
    }
    expect(proxy.tunnels).toEqual([]);
  });

  it('is never used for loopback', async () => {
    const variables = { ...throughProxy(), HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
    for (const host of ['127.0.0.1', 'localhost']) {
      expect(await get(`http://${host}:${portOf(plain)}/time`, variables)).toBe('/time');
      expect(await listen(`ws://${host}:${portOf(plain)}/`, variables)).toMatchObject({ said: 'hello' });
    }
    for (const host of ['[::1]', '127.8.9.10', 'exchange.localhost'])
      expect(createNetwork(variables).proxyNote(new URL(`https://${host}`))).toBe('');
    expect(createNetwork(variables).proxyNote(new URL('https://127.0.0.1.exchange.test'))).not.toBe('');
    expect([proxy.tunnels, proxy.others]).toEqual([[], []]);
  });

  it.each(['407 Proxy Authentication Required', '403 Forbidden', '502 Bad Gateway'])(
    'that refuses with %s is named as the one that refused, and is no ban by the exchange',
    async (refusal) => {
      proxy.refusal = refusal;
      const said = `the proxy refused with "${refusal}"`;
      const note = `; HTTPS_PROXY is http://127.0.0.1:${proxy.port}`;
      expect(await get(`https://${HOST}/time`, throughProxy())).toBe(`connection failed (${said})${note}`);
      const end = await listen(`wss://${HOST}/`, throughProxy());
      expect(end).toEqual({ said: said + note, status: undefined });
    },
  );

  it('that is down is named', async () => {
    proxy.close();
    const note = `; HTTPS_PROXY is http://127.0.0.1:${proxy.port}`;
    expect(await get(`https://${HOST}/time`, throughProxy())).toBe(`connection failed (ECONNREFUSED)${note}`);
    expect((await listen(`wss://${HOST}/`, throughProxy())).said).toBe(`ECONNREFUSED${note}`);
  });

  it.each([
    ['socks5://10.0.0.1:1080', 'socks5://10.0.0.1:1080'],
    ['http://', 'http://'],
    ['socks5://ann:s3cret@10.0.0.1:1080', 'socks5://***@10.0.0.1:1080'],
  ])('%s is refused at once', (value, shown) => {
    const make = () => createNetwork({ https_proxy: value });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(`HTTPS_PROXY "${shown}": expected http://host:port`);
  });
});

it('a handshake that the exchange refuses ends with its status', async () => {
  plain.removeAllListeners('upgrade');
  plain.on('upgrade', (_, client) => client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
  const end = await listen(`ws://127.0.0.1:${portOf(plain)}/`, {});
  expect(end).toEqual({ said: 'Unexpected server response: 403', status: 403 });
});

it.each(['direct', 'through a proxy'])(
  'each address of a host gets 2.5 s for its handshake, %s',
  async (way) => {
    const isDirect = way === 'direct';
    setDefaultAutoSelectFamilyAttemptTimeout(250);
    const connect = vi.spyOn(NetSocket.prototype, 'connect');
    const variables: Variables = isDirect ? {} : { https_proxy: `http://localhost:${proxy.port}` };
    const end = isDirect ? `://localhost:${portOf(plain)}/time` : `s://${HOST}/time`;
    expect(await get(`http${end}`, variables)).toBe('/time');
    expect(await listen(`ws${end}`, variables)).toMatchObject({ said: 'hello' });
    const options = connect.mock.calls.flat(3) as {
      host?: string;
      autoSelectFamilyAttemptTimeout?: number;
    }[];
    const attempts = options.filter((one) => one?.host === 'localhost');
    expect(attempts).toHaveLength(2);
    const timeouts = attempts.map(
      (one) => one.autoSelectFamilyAttemptTimeout ?? getDefaultAutoSelectFamilyAttemptTimeout(),
    );
    expect(timeouts).toEqual([2_500, 2_500]);
  },
);
