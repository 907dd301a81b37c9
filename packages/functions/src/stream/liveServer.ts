import { createServer, type Server } from 'node:http';
import { STREAM } from '../names.ts';

/** Answers the container's check on loopback while the process answers at all: an outage of the exchange must not restart it in a loop. */
export function startLiveServer(port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const isLive = request.method === 'GET' && request.url === STREAM.livePath;
    response.writeHead(isLive ? 200 : 404, { 'content-type': 'application/json', connection: 'close' });
    response.end(isLive ? '{"status":"live"}' : '{"status":"not found"}');
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
