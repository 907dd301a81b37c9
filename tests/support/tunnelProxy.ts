import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy on loopback that tunnels every host to one port of loopback, and can do nothing else. */
export interface TunnelProxy {
  readonly port: number;
  /** The targets of the CONNECT requests, with the credentials that came along. */
  readonly tunnels: readonly { readonly target: string; readonly authorization: string | undefined }[];
  /** Other requests, which are refused with 405. */
  readonly others: readonly string[];
  /** The status line for tunnels instead of a tunnel; null to serve. */
  refusal: string | null;
  close(): void;
}

export async function startTunnelProxy(targetPort: number): Promise<TunnelProxy> {
  const tunnels: { target: string; authorization: string | undefined }[] = [];
  const others: string[] = [];
  const open = new Set<Duplex>();
  const server = createServer((request, response) => {
    others.push(request.url ?? '');
    response.writeHead(405).end();
  });
  server.on('connection', (socket) => open.add(socket));
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    tunnels.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    client.on('error', () => {});
    if (proxy.refusal !== null) {
      client.end(`HTTP/1.1 ${proxy.refusal}\r\n\r\n`);
      return;
    }
    const target = connect(targetPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    open.add(target);
    target.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const proxy: TunnelProxy = {
    port: (server.address() as AddressInfo).port,
    tunnels,
    others,
    refusal: null,
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
  return proxy;
}
