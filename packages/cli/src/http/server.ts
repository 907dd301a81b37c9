import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '@candlelake/core';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';

export interface HttpServer {
  readonly url: string;
  /** Stops listening and closes all connections at once. */
  close(): void;
}

/**
 * Listens on an address; port 0 picks a free one. Throws ConfigError when that address or port can't be used.
 */
export async function startHttpServer(app: Hono, host: string, port: number): Promise<HttpServer> {
  const server = createServer(getRequestListener(app.fetch));
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
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
