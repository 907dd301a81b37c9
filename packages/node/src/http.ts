import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { type HttpGet, type HttpResponse, RetryableError } from '@candlelake/core';
import { createNetwork, type Network } from './network.ts';
import { networkReason } from './networkError.ts';

export interface HttpOptions {
  /** From the start of the request to the last byte of the answer, in real time. */
  readonly timeoutMs?: number;
  /** The longest body, before and after decompression. */
  readonly maxBodyBytes?: number;
  readonly network?: Network;
}

/** The documentation calls a request failed after this time. Source: BingX API docs, base URLs. */
const TIMEOUT_MS = 10_000;
/** The longest answer, the list of contracts, has about 0.6 MB. */
const MAX_BODY_BYTES = 8 * 2 ** 20;

const HEADERS = { accept: '*/*', 'accept-encoding': 'gzip', 'user-agent': 'candlelake' };
const JSON_HEADERS = { 'content-type': 'application/json' };

/**
 * One POST of JSON with the host's own time-out. Throws RetryableError without a response, whose message
 * holds nothing of the URL.
 */
export type HttpPost = (url: URL, json: string, signal: AbortSignal) => Promise<HttpResponse>;

/**
 * GET over the network. Time-outs are real time also in a simulation, because a network does not run faster
 * with the clock. A redirect is returned, not followed.
 */
export function createHttpGet(options: HttpOptions = {}): HttpGet {
  const send = createRequest(options);
  return (address, signal) => send(new URL(address), null, signal);
}

/** POST over the network; time-outs and redirects as for GET. */
export function createHttpPost(options: HttpOptions = {}): HttpPost {
  return createRequest(options);
}

/** A GET without a body, else a POST of it. */
function createRequest(options: HttpOptions) {
  const { timeoutMs = TIMEOUT_MS, maxBodyBytes = MAX_BODY_BYTES, network = createNetwork() } = options;
  return async (url: URL, json: string | null, signal: AbortSignal): Promise<HttpResponse> => {
    signal.throwIfAborted();
    const request = new AbortController();
    const abort = () => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(abort, timeoutMs);
    try {
      const response = await send({ url, json, network, signal: request.signal });
      const body = await readBody(response, maxBodyBytes);
      return { status: response.statusCode ?? 0, headers: headersOf(response), body };
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof RetryableError) throw cause;
      const isLate = request.signal.aborted;
      const reason = isLate
        ? `nothing for ${timeoutMs / 1000} s`
        : `connection failed (${networkReason(cause)})`;
      throw new RetryableError(reason + network.proxyNote(url), { cause });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  };
}

interface Sending {
  readonly url: URL;
  readonly json: string | null;
  readonly network: Network;
  readonly signal: AbortSignal;
}

function send({ url, json, network, signal }: Sending): Promise<IncomingMessage> {
  const start = url.protocol === 'https:' ? requestHttps : requestHttp;
  const body = json === null ? null : Buffer.from(json);
  const headers = body ? { ...HEADERS, ...JSON_HEADERS, 'content-length': body.byteLength } : HEADERS;
  const method = body ? 'POST' : 'GET';
  return new Promise((resolve, reject) => {
    const request = start(url, { method, agent: network.agentFor(url), headers, signal }, resolve);
    request.on('error', reject);
    request.end(body ?? undefined);
  });
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLong(maxBytes);
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks), response.headers['content-encoding'], maxBytes).toString('utf8');
}

function decode(body: Buffer, encoding: string | undefined, maxBytes: number): Buffer {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip')
    throw new RetryableError(`an answer with content-encoding "${encoding}", expected gzip`);
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    const isLong = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    throw isLong ? tooLong(maxBytes) : new RetryableError('an answer that is no gzip', { cause });
  }
}

function tooLong(maxBytes: number): RetryableError {
  return new RetryableError(`an answer of more than ${maxBytes} bytes`);
}

function headersOf({ headers }: IncomingMessage): HttpResponse['headers'] {
  const pairs = Object.entries(headers);
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : `${value}`]),
  );
}
