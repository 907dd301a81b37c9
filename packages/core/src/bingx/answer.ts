import { type EpochMs, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import { BadDataError, RetryableError } from '../errors.ts';
import type { HttpResponse } from '../ports.ts';
import { isObject, readInteger } from './jsonValues.ts';

/** The meaning of one answer of the REST interface. */
export type Answer =
  | { readonly kind: 'data'; readonly data: unknown }
  /** Too many requests: send none for `pauseMs`. */
  | { readonly kind: 'limited'; readonly reason: string; readonly pauseMs: number }
  /** Unreadable, or a failure of the service: the same request may work soon. */
  | { readonly kind: 'broken'; readonly reason: string; readonly cause?: unknown }
  | { readonly kind: 'refused'; readonly error: BadDataError | RetryableError };

/** Codes of requests that can never work. Source: BingX error codes of swap market data. */
const HOPELESS_CODES: ReadonlySet<number> = new Set([
  80014, // invalid parameter
  100400, // bad parameter, or no such path
  109400, // invalid parameters
  109425, // unknown pair
]);

/** 100410: rate limit; 109429: too many bad requests. */
const LIMIT_CODES: ReadonlySet<number> = new Set([100410, 109429]);

/** 403 is the firewall, 418 the ban after ignored 429s: about 5 minutes each. Source: BingX FAQ. */
const BAN_STATUSES: ReadonlySet<number> = new Set([403, 418]);
const BAN_MS = 5 * MINUTE_MS;

/** The pause after a rate limit without a header; the exchange's windows are 10 s to a minute. */
const LIMIT_MS = MINUTE_MS;

/** From these sizes on a number is an instant in epoch seconds or epoch ms; a smaller one is a duration. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e12;

/**
 * Reads the envelope `{code, msg, data}`; business errors come with HTTP 200 too. `subject` names the request
 * in error messages; `now` is exchange time.
 */
export function readAnswer(response: HttpResponse, subject: string, now: EpochMs): Answer {
  const { status } = response;
  const envelope = parseEnvelope(response.body);
  const code = isObject(envelope) ? readInteger((envelope as WireEnvelope).code) : null;
  const text = isObject(envelope) && typeof envelope.msg === 'string' ? envelope.msg.slice(0, 200) : '';
  const said = code === null ? `HTTP ${status}` : `code ${code} "${text}"`;
  if (BAN_STATUSES.has(status)) return { kind: 'limited', reason: `HTTP ${status}`, pauseMs: BAN_MS };
  if (status === 429 || (code !== null && LIMIT_CODES.has(code)) || /system is busy/i.test(text)) {
    return { kind: 'limited', reason: said, pauseMs: limitMs(response, now) };
  }
  if (code === null) {
    const cause = envelope instanceof Error ? envelope : undefined;
    return { kind: 'broken', reason: `${subject}: HTTP ${status} without an envelope`, cause };
  }
  if (code === 0 && status < 400 && (envelope as WireEnvelope).data !== undefined) {
    return { kind: 'data', data: (envelope as WireEnvelope).data };
  }
  if (code === 0) return { kind: 'broken', reason: `${subject}: HTTP ${status}, code 0 without data` };
  const message = `${subject}: the exchange refused with ${said}`;
  const error = HOPELESS_CODES.has(code) ? new BadDataError(message) : new RetryableError(message);
  return { kind: 'refused', error };
}

/** How long to send no request because the headers say that the window is used up, in ms; else 0. */
export function exhaustedMs({ headers }: HttpResponse, now: EpochMs): number {
  if (readInteger(headers['x-ratelimit-requests-remain']) !== 0) return 0;
  return untilExpiry(headers['x-ratelimit-requests-expire'], now) ?? SECOND_MS;
}

function limitMs({ headers }: HttpResponse, now: EpochMs): number {
  const retryAfter = readInteger(headers['retry-after']);
  if (retryAfter !== null && retryAfter >= 0) return Math.min(retryAfter * SECOND_MS, BAN_MS);
  return untilExpiry(headers['x-ratelimit-requests-expire'], now) ?? LIMIT_MS;
}

/**
 * The unit of the header is not documented: an instant (s or ms) or seconds from now. At most the longest
 * ban.
 */
function untilExpiry(header: string | undefined, now: EpochMs): number | null {
  const value = readInteger(header);
  if (value === null || value < 0) return null;
  const until = value >= EPOCH_MS ? value : value * SECOND_MS;
  const wait = value >= EPOCH_SECONDS ? until - now : until;
  return Math.min(Math.max(wait, SECOND_MS), BAN_MS);
}

function parseEnvelope(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    return error;
  }
}

// ---- the wire --------------------------------------------------------------------------------------------

interface WireEnvelope {
  /** 0 for success: 100410. */
  readonly code?: unknown;
  /** "" or the reason: "Request rate limit exceeded...". */
  readonly msg?: unknown;
  readonly data?: unknown;
}
