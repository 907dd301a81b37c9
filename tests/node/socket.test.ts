import { type AddressInfo, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { BadDataError, type SocketHandlers } from '@candlelake/core';
import { createOpenSocket, inflate } from '@candlelake/node';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(onClient: (client: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  closers.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', onClient);
  await new Promise((resolve) => server.once('listening', resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Opens a socket and keeps what it hears; `closed` resolves with the reasons once no more can come. */
function open(url: string, handlers: Partial<SocketHandlers> = {}) {
  const frames: (Uint8Array | string)[] = [];
  const reasons: string[] = [];
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const socket = createOpenSocket({ maxFrameBytes: 1_000, handshakeTimeoutMs: 100 })(url, {
    opened: opened.resolve,
    frame: (data) => frames.push(data),
    closed(reason) {
      reasons.push(reason);
      closed.resolve();
    },
    ...handlers,
  });
  closers.push(socket.close);
  return { socket, frames, reasons, opened: opened.promise, closed: closed.promise };
}

describe('a socket', () => {
  it('hands over binary frames as bytes and text frames as text', async () => {
    const url = await serve((client) => {
      client.send(Buffer.from([1, 2, 3]));
      client.send('Ping');
      client.close(1000, 'bye');
    });
    const { frames, reasons, closed } = open(url);
    await closed;
    expect(frames.map((frame) => (typeof frame === 'string' ? frame : [...frame]))).toEqual([
      [1, 2, 3],
      'Ping',
    ]);
    expect(reasons).toEqual(['closed with 1000 "bye"']);
  });

  it('sends text as a text frame', async () => {
    const heard = Promise.withResolvers<unknown>();
    const url = await serve((client) => {
      client.once('message', (data, isBinary) => heard.resolve([String(data), isBinary]));
    });
    const { socket, opened } = open(url);
    await opened;
    socket.send('Pong');
    expect(await heard.promise).toEqual(['Pong', false]);
  });

  it('ends at once when it is closed, though the other side never agrees', async () => {
    const url = await serve((client) => {
      client.pause();
    });
    const { socket, opened, closed, reasons } = open(url);
    await opened;
    socket.close();
    await closed;
    socket.close();
    socket.send('too late');
    expect(reasons).toEqual(['closed with 1006']);
  }, 10_000);

  it('refuses a frame past its bound', async () => {
    const url = await serve((client) => client.send(Buffer.alloc(1_001)));
    const { frames, reasons, closed } = open(url);
    await closed;
    expect(frames).toEqual([]);
    expect(reasons).toEqual(['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH']);
  });

  it('says once why it never opened', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    closers.push(() => silent.close());
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    const { reasons, closed } = open(`ws://127.0.0.1:${port}`);
    await closed;
    expect(reasons).toEqual(['Opening handshake has timed out']);
  });

  it('can be closed before it is open', async () => {
    const url = await serve(() => {});
    const { socket, reasons, closed } = open(url);
    socket.send('too early');
    socket.close();
    await closed;
    expect(reasons).toHaveLength(1);
  });

  it('gives up a peer that reads nothing instead of keeping everything for it', async () => {
    const url = await serve((client) => client.pause());
    const { socket, opened, closed } = open(url);
    await opened;
    const text = 'x'.repeat(100_000);
    const sending = setInterval(() => socket.send(text), 0);
    await closed;
    clearInterval(sending);
  });
});

describe('inflate', () => {
  it('returns the text of a gzip frame', () => {
    expect(Buffer.from(inflate(gzipSync('Ping'), 100)).toString()).toBe('Ping');
    const long = JSON.stringify(Array.from({ length: 5_000 }, (_, index) => index));
    expect(Buffer.from(inflate(gzipSync(long), 100_000)).toString()).toBe(long);
  });

  it('refuses a bomb, and bytes that are no gzip', () => {
    expect(() => inflate(gzipSync(Buffer.alloc(1_000_000)), 100_000)).toThrow(BadDataError);
    expect(() => inflate(Buffer.from('Ping'), 100)).toThrow(BadDataError);
    expect(() => inflate(gzipSync('Ping').subarray(0, 12), 100)).toThrow(BadDataError);
  });
});
