import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
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

/**
 * GET over the network. Time-outs are real time also in a simulation, because a network does not run faster
 * with the clock. A redirect is returned, not followed.
 */
export function createHttpGet(options: HttpOptions = {}): HttpGet {
  const { timeoutMs = TIMEOUT_MS, maxBodyBytes = MAX_BODY_BYTES, network = createNetwork() } = options;
  return async (address, signal) => {
    signal.throwIfAborted();
    const url = new URL(address);
    const request = new AbortController();
    const abort = () => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(abort, timeoutMs);
    try {
      const response = await send(url, network, request.signal);
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

function send(url: URL, network: Network, signal: AbortSignal): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? httpsGet : httpGet;
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: network.agentFor(url), headers: HEADERS, signal }, resolve);
    request.on('error', reject);
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
