import { type HttpGet, type HttpResponse, RetryableError } from '@candlelake/core';

export interface HttpLimits {
  /** From the start of the request to the last byte of the answer, in real time. */
  readonly timeoutMs?: number;
  /** The longest body after decompression. */
  readonly maxBodyBytes?: number;
}

/** The documentation calls a request failed after this time. Source: BingX API docs, base URLs. */
const TIMEOUT_MS = 10_000;
/** The longest answer, the list of contracts, has about 0.6 MB. */
const MAX_BODY_BYTES = 8 * 2 ** 20;

/**
 * GET over the network. Time-outs are real time also in a simulation, because a network does not run faster
 * with the clock. A redirect is returned, not followed.
 */
export function createHttpGet(limits: HttpLimits = {}): HttpGet {
  const { timeoutMs = TIMEOUT_MS, maxBodyBytes = MAX_BODY_BYTES } = limits;
  return async (url, signal) => {
    signal.throwIfAborted();
    const request = new AbortController();
    const abort = () => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(abort, timeoutMs);
    try {
      const response = await fetch(url, { signal: request.signal, redirect: 'manual' });
      const body = await readBody(response, maxBodyBytes);
      return { status: response.status, headers: headersOf(response), body };
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof RetryableError) throw cause;
      const isLate = request.signal.aborted;
      const reason = isLate
        ? `nothing for ${timeoutMs / 1000} s`
        : `connection failed (${networkReason(cause)})`;
      throw new RetryableError(reason, { cause });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  };
}

async function readBody(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) {
      throw new RetryableError(`an answer of more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function headersOf(response: Response): HttpResponse['headers'] {
  return Object.fromEntries(response.headers);
}

/** The system's error code (`ECONNREFUSED`), which fetch hides in the cause. */
function networkReason(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at instanceof AggregateError && at.errors.length > 0) return networkReason(at.errors[0]);
    if (at.cause === undefined) return at.message;
  }
  return String(error);
}
