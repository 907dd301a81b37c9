import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * The Lambda Runtime API of one function: its process polls for the next event and posts the answer or the
 * error.
 */
export interface RuntimeApi {
  /** `127.0.0.1:<port>`, the value of `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /**
   * Gives the process an event. Resolves with its answer, rejects with the error that it posted. One at a
   * time.
   */
  offer(event: unknown, deadline: number): Promise<unknown>;
  /** Rejects the current invocation with this reason, because its process is gone. */
  fail(reason: Error): void;
  close(): void;
}

interface Invocation {
  readonly id: string;
  readonly event: unknown;
  readonly deadline: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: Error) => void;
}

const PREFIX = '/2018-06-01/runtime';

/**
 * Serves the Lambda Runtime API for one function on a free port of 127.0.0.1. Source: Lambda developer guide,
 * "Using the Lambda runtime API for custom runtimes".
 */
export async function startRuntimeApi(functionArn: string): Promise<RuntimeApi> {
  let current: Invocation | null = null;
  let waiting: ServerResponse | null = null;

  function sendEvent(): void {
    if (current === null || waiting === null) return;
    waiting.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': current.id,
      'lambda-runtime-deadline-ms': String(current.deadline),
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': `Root=1-${current.id}`,
    });
    waiting.end(JSON.stringify(current.event));
    waiting = null;
  }

  function settle(id: string | null, act: (invocation: Invocation) => void): boolean {
    if (current === null || (id !== null && current.id !== id)) return false;
    const ended = current;
    current = null;
    act(ended);
    return true;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '' } = request;
    const path = url.startsWith(PREFIX) ? url.slice(PREFIX.length) : '';
    if (request.method === 'GET' && path === '/invocation/next') {
      waiting = response;
      sendEvent();
      return;
    }
    const body = await text(request);
    const [, id = null, kind] = /^\/(?:invocation\/([\w-]+)|init)\/(response|error)$/.exec(path) ?? [];
    const isKnown =
      kind === 'response'
        ? settle(id, ({ resolve }) => resolve(body === '' ? null : JSON.parse(body)))
        : kind === 'error' && settle(id, ({ reject }) => reject(errorOf(body)));
    response.writeHead(isKnown ? 202 : 404, { 'content-type': 'application/json' });
    response.end('{}');
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  // The poll for the next event has no time limit.
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    offer: (event, deadline) =>
      new Promise((resolve, reject) => {
        current = { id: randomUUID(), event, deadline, resolve, reject };
        sendEvent();
      }),
    fail(reason) {
      waiting = null;
      settle(null, ({ reject }) => reject(reason));
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function errorOf(body: string): Error {
  const { errorType = 'Error', errorMessage = body } = JSON.parse(body || '{}') as Record<string, string>;
  return new Error(`${errorType}: ${errorMessage}`);
}
