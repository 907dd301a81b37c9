import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Plays all that the functions talk to, on one address. */
export interface EmptyCloud {
  /** DynamoDB, SQS, SNS and S3 without a thing in them: writes are taken and forgotten. */
  readonly endpoint: string;
  /** An exchange that knows BTC-USDT. */
  readonly restUrl: string;
  /** An exchange that refuses every request because there are too many. */
  readonly limitedUrl: string;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const NOT_FOUND: Answer = { status: 404, body: '' };
/** What all calls of the JSON protocols take for an empty result. */
const NOTHING: Answer = { status: 200, body: '{}' };
const CONTRACT = { symbol: 'BTC-USDT', pricePrecision: 1, launchTime: 1_586_275_200_000 };

/** Listens on a free port of this machine. */
export async function startEmptyCloud(): Promise<EmptyCloud> {
  function answerGet(path: string): Answer {
    if (path.startsWith('/limited/')) return { status: 429, body: '' };
    if (path === '/openApi/swap/v2/server/time') return envelope({ serverTime: Date.now() });
    if (path === '/openApi/swap/v2/quote/contracts') return envelope([CONTRACT]);
    return NOT_FOUND;
  }

  const server = createServer((request, response) => {
    request.resume();
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const { status, body } = isRead ? answerGet(request.url ?? '') : NOTHING;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    restUrl: endpoint,
    limitedUrl: `${endpoint}/limited`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function envelope(data: unknown): Answer {
  return { status: 200, body: JSON.stringify({ code: 0, msg: '', data }) };
}
