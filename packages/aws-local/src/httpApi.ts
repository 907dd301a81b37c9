import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HEALTH_ROUTE } from '@candlelake/functions/names';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { InvokeFunction } from './schedule.ts';

/**
 * Serves `GET /health` on loopback by invoking the function. A failed invocation is answered with 500, as API
 * Gateway does.
 */
export async function startHttpApi(
  port: number,
  invoke: InvokeFunction,
): Promise<{ readonly server: Server; readonly url: string }> {
  const [method, path] = HEALTH_ROUTE.split(' ') as [string, string];
  const server = createServer((request, response) => {
    if (request.method !== method || request.url !== path) {
      writeMessage(response, 404, 'Not Found');
      return;
    }
    invoke({ version: '2.0', routeKey: HEALTH_ROUTE, rawPath: path }).then(
      (answer) => writeAnswer(response, answer as APIGatewayProxyStructuredResultV2 | null),
      () => writeMessage(response, 500, 'Internal Server Error'),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}` };
}

function writeAnswer(response: ServerResponse, answer: APIGatewayProxyStructuredResultV2 | null): void {
  const { statusCode = 200, headers = {}, body = '' } = answer ?? { statusCode: 500 };
  response.writeHead(statusCode, headers as Record<string, string>).end(body);
}

function writeMessage(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
}
