import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ConfigError } from '@candlelake/core';
import { isLoopback } from '@candlelake/node';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';

export interface HttpServer {
  readonly url: string;
  /** Stops listening and closes all connections at once. */
  close(): void;
}

/**
 * Unanswered requests on one connection. Clients of this server send the next request after the answer; a
 * flood of pipelined ones would keep an answer for each in memory.
 */
const MAX_PIPELINED = 8;
/** Further connections are closed at once. Enough for all clients of live bars, and a few monitors. */
const MAX_CONNECTIONS = 256;
/**
 * A client that sends or reads nothing for this long is disconnected, and so is one that needs longer for a
 * request.
 */
const IDLE_MS = 10_000;

export interface HttpServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly idleMs?: number;
}

/** Listens on an address. Throws ConfigError when address or port can't be used. */
export async function startHttpServer(app: Hono, options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, idleMs = IDLE_MS } = options;
  const limits = { requestTimeout: idleMs, headersTimeout: idleMs, connectionsCheckingInterval: idleMs / 2 };
  const server = createServer(limits);
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = idleMs;
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  const url = `http://${name}:${address.port}`;
  const listener = limitPipelining(getRequestListener(app.fetch));
  server.on('request', isLoopback(new URL(url)) ? refuseForeignNames(listener) : listener);
  return {
    url,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Closes a connection with more than {@link MAX_PIPELINED} unanswered requests. */
function limitPipelining(listener: RequestListener): RequestListener {
  const unanswered = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    response.once('close', () => unanswered.set(socket, unanswered.get(socket)! - 1));
    if (count > MAX_PIPELINED) socket.destroy();
    else if (!socket.destroyed) listener(request, response);
  };
}

/**
 * A page of another site can give its own name the address 127.0.0.1 and so make a browser ask this server
 * (DNS rebinding): a server that listens on loopback alone answers to names of loopback alone.
 */
function refuseForeignNames(listener: RequestListener): RequestListener {
  return (request, response) => {
    const { host } = request.headers;
    const asked = host === undefined ? null : URL.parse(`http://${host}`);
    if (asked === null || isLoopback(asked)) return listener(request, response);
    response.writeHead(421, { 'content-type': 'text/plain; charset=UTF-8', connection: 'close' });
    response.end(
      'wrong host: this server answers as 127.0.0.1, localhost and [::1], with --host also elsewhere\n',
    );
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new ConfigError(listenProblem(host, port, cause), { cause });
  }
  server.removeListener('error', reject);
}

function listenProblem(host: string, port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : String(error);
  if (code === 'EADDRINUSE') return `--port "${port}": in use on ${host}, expected a free one; 0 picks one`;
  if (code === 'EACCES') return `--port "${port}": not allowed for this user, expected one such as 8080`;
  return `--host "${host}": can't listen there (${code}), expected an address of this machine`;
}
