import { MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import { BadDataError, RetryableError } from '../errors.ts';
import type { HttpResponse } from '../ports.ts';
import { isObject, readInteger } from './numbers.ts';

/** What an answer of the REST interface means for the one who asked. */
export type Answer =
  | { readonly kind: 'data'; readonly data: unknown }
  /** Too many requests: nobody asks again for `pauseMs`. */
  | { readonly kind: 'limited'; readonly reason: string; readonly pauseMs: number }
  /** No sense in it, or a failure on the other side: the same request may work soon. */
  | { readonly kind: 'broken'; readonly reason: string; readonly cause?: unknown }
  | { readonly kind: 'refused'; readonly error: BadDataError | RetryableError };

/** Codes that say that this request can never work. Source: BingX error codes of swap market data. */
const HOPELESS_CODES: ReadonlySet<number> = new Set([
  80014, // invalid parameter
  100400, // bad parameter, or no such path
  109400, // invalid parameters
  109425, // unknown pair
]);

/** 100410: rate limit; 109429: too many bad requests. */
const LIMIT_CODES: ReadonlySet<number> = new Set([100410, 109429]);

/** 403 is the firewall, 418 the ban that follows ignored 429s: about 5 minutes each by the exchange's FAQ. */
const BAN_STATUSES: ReadonlySet<number> = new Set([403, 418]);
const BAN_MS = 5 * MINUTE_MS;

/** Nothing says how long a rate limit lasts when no header does; its windows are of 10 s to a minute. */
const LIMIT_MS = MINUTE_MS;

/** Epoch seconds and epoch ms are told apart from durations, and from each other, by their size. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e12;

/**
 * Reads the envelope `{code, msg, data}`; HTTP 200 comes with business errors too. `subject` names in errors what was asked for; `now` is exchange time.
 */
export function readAnswer(response: HttpResponse, subject: string, now: number): Answer {
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

/** How long to ask for nothing because the headers say that the window is used up; 0 when they do not. */
export function exhaustedMs({ headers }: HttpResponse, now: number): number {
  if (readInteger(headers['x-ratelimit-requests-remain']) !== 0) return 0;
  return untilExpiry(headers['x-ratelimit-requests-expire'], now) ?? SECOND_MS;
}

function limitMs({ headers }: HttpResponse, now: number): number {
  const retryAfter = readInteger(headers['retry-after']);
  if (retryAfter !== null && retryAfter >= 0) return Math.min(retryAfter * SECOND_MS, BAN_MS);
  return untilExpiry(headers['x-ratelimit-requests-expire'], now) ?? LIMIT_MS;
}

/** Nobody documents the unit of the header: an instant (s or ms) or seconds to go. Never longer than the longest penalty. */
function untilExpiry(header: string | undefined, now: number): number | null {
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

// ---- the wire -------------------------------------------------------------------------------------------------------------

interface WireEnvelope {
  /** 0 for success: 100410. */
  readonly code?: unknown;
  /** "" or the reason: "Request rate limit exceeded...". */
  readonly msg?: unknown;
  readonly data?: unknown;
}
