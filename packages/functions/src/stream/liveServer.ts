import { createServer, type Server } from 'node:http';
import { STREAM } from '../names.ts';

/**
 * Answers the container's health check on 127.0.0.1 as long as the process runs. It says nothing of the
 * exchange, whose outage must not restart the task in a loop.
 */
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
