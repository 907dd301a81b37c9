import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { HEALTH_ROUTE } from '../names.ts';
import type { Invoke } from './triggers.ts';

/** Serves the one route of the HTTP API on loopback, through the function. 500 when it fails, as API Gateway answers. */
export async function startApi(
  port: number,
  invoke: Invoke,
): Promise<{ readonly server: Server; readonly url: string }> {
  const [method, path] = HEALTH_ROUTE.split(' ') as [string, string];
  const server = createServer((request, response) => {
    if (request.method !== method || request.url !== path) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Not Found"}');
      return;
    }
    invoke({ version: '2.0', routeKey: HEALTH_ROUTE, rawPath: path }).then(
      (answer) => {
        const {
          statusCode = 200,
          headers = {},
          body = '',
        } = (answer ?? {
          statusCode: 500,
        }) as APIGatewayProxyStructuredResultV2;
        response.writeHead(statusCode, headers as Record<string, string>).end(body);
      },
      () =>
        response
          .writeHead(500, { 'content-type': 'application/json' })
          .end('{"message":"Internal Server Error"}'),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}` };
}
