import type { Announcement } from '../domain/pace/allowance.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import { BadDataError, RetryableError, SymbolRefusedError } from '../errors.ts';
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

/**
 * Codes about the symbol of the request; requests for other symbols work. Source: docs/bingx.md, "Errors".
 */
const SYMBOL_CODES: ReadonlySet<number> = new Set([
  80015, // no such topic
  100204, // no such symbol
  100490, // offline
  101415, // suspended
  109415, // paused
  109425, // no such pair
]);

/** Codes about the request; about its symbol if the text names it. */
const PARAMETER_CODES: ReadonlySet<number> = new Set([
  80014, // invalid parameter
  100400, // bad parameter, or no such path
  109400, // invalid parameters
]);
const NAMES_SYMBOL = /\b(?:symbol|pair|contract)\b/i;

/** 100421 means a wrong clock or a restricted pair. */
const CLOCK_OR_RESTRICTED = 100421;
const NAMES_RESTRICTION = /restrict/i;

/** Failures of the service, whatever the symbol. */
const SERVICE_CODES: ReadonlySet<number> = new Set([80012, 100500, 100503, 101500, 109500]);

/** 100410: rate limit; 109429: too many bad requests. */
const LIMIT_CODES: ReadonlySet<number> = new Set([100410, 109429]);

/** 403 is the firewall, 418 the ban after ignored 429s: about 5 minutes each. Source: BingX FAQ. */
const BAN_STATUSES: ReadonlySet<number> = new Set([403, 418]);
const BAN_MS = 5 * MINUTE_MS;

/** The pause after a rate limit that does not name its end; the exchange's windows are 10 s to a minute. */
const LIMIT_MS = MINUTE_MS;

/**
 * The longest pause that is obeyed when a text or `Retry-After` names the end: an hour is the longest known
 * ban.
 */
const LONGEST_PAUSE_MS = HOUR_MS;

/** "… can retry after time: 1764086400000". Source: docs/bingx.md, "Errors". */
const RETRY_AFTER_TIME = /retry after time\D{0,5}(\d{13})\b/i;
/** The part of a body in which the end of a ban is looked for. */
const TEXT_CHARACTERS = 2_000;

/** From these sizes on a number is an instant in epoch seconds or epoch ms; a smaller one is a duration. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e12;

export interface AnswerContext {
  /** Names the request in error messages. */
  readonly subject: string;
  /** Whether the request is about one symbol. */
  readonly aboutSymbol: boolean;
  /** Exchange time. */
  readonly now: EpochMs;
}

/** Reads the envelope `{code, msg, data}`; business errors come with HTTP 200 too. */
export function readAnswer(response: HttpResponse, context: AnswerContext): Answer {
  const { status } = response;
  const { subject } = context;
  const envelope = parseEnvelope(response.body);
  const code = isObject(envelope) ? readInteger((envelope as WireEnvelope).code) : null;
  const text = isObject(envelope) && typeof envelope.msg === 'string' ? envelope.msg.slice(0, 200) : '';
  const isLimit = status === 429 || (code !== null && LIMIT_CODES.has(code));
  if (isLimit || BAN_STATUSES.has(status) || /system is busy/i.test(text)) {
    const reason = code === null || code === 0 ? `HTTP ${status}` : `code ${code} "${text}"`;
    return { kind: 'limited', reason, pauseMs: limitMs(response, context.now) };
  }
  if (code === null) {
    const cause = envelope instanceof Error ? envelope : undefined;
    return { kind: 'broken', reason: `${subject}: HTTP ${status} without an envelope`, cause };
  }
  if (code !== 0) return { kind: 'refused', error: refusal(code, { text, status }, context) };
  const { data } = envelope as WireEnvelope;
  if (status < 400 && data !== undefined) return { kind: 'data', data };
  return { kind: 'broken', reason: `${subject}: HTTP ${status}, code 0 without data` };
}

/**
 * The error of a code that is neither success nor a limit. Codes that are in no table are taken to be about
 * the symbol.
 */
function refusal(
  code: number,
  { text, status }: { readonly text: string; readonly status: number },
  { subject, aboutSymbol }: AnswerContext,
): BadDataError | RetryableError {
  const message = `${subject}: the exchange refused with code ${code} "${text}"`;
  if (aboutSymbol && isAboutSymbol(code, text))
    return new SymbolRefusedError(message, { code, certain: true });
  if (PARAMETER_CODES.has(code)) return new BadDataError(message);
  const isKnown = SYMBOL_CODES.has(code) || SERVICE_CODES.has(code) || code === CLOCK_OR_RESTRICTED;
  if (isKnown || status >= 500 || !aboutSymbol) return new RetryableError(message);
  return new SymbolRefusedError(message, { code, certain: false });
}

function isAboutSymbol(code: number, text: string): boolean {
  if (code === CLOCK_OR_RESTRICTED) return NAMES_RESTRICTION.test(text);
  return SYMBOL_CODES.has(code) || (PARAMETER_CODES.has(code) && NAMES_SYMBOL.test(text));
}

/** What the headers announce of the window of the request's route; null without them. */
export function announcementOf({ headers }: HttpResponse, now: EpochMs): Announcement | null {
  const remaining = readInteger(headers['x-ratelimit-requests-remain']);
  const value = readInteger(headers['x-ratelimit-requests-expire']);
  if (remaining === null || remaining < 0 || value === null || value < 0) return null;
  return { remaining, expiresInMs: Math.max(1, msUntilExpiry(value, now)) };
}

/**
 * How long to send no request because the headers leave fewer than `least` in the window, in ms; else 0.
 */
export function exhaustedMs({ headers }: HttpResponse, now: EpochMs, least: number): number {
  const remaining = readInteger(headers['x-ratelimit-requests-remain']);
  if (remaining === null || remaining >= least) return 0;
  return untilExpiry(headers['x-ratelimit-requests-expire'], now) ?? SECOND_MS;
}

/**
 * The pause after a limit or a ban: to the end that the text names, by `Retry-After`, by the window's expiry,
 * or the usual length.
 */
function limitMs({ status, headers, body }: HttpResponse, now: EpochMs): number {
  const named = RETRY_AFTER_TIME.exec(body.slice(0, TEXT_CHARACTERS));
  if (named) return clamp(Number(named[1]) - now, LONGEST_PAUSE_MS);
  const retryAfter = readInteger(headers['retry-after']);
  if (retryAfter !== null && retryAfter >= 0) return clamp(retryAfter * SECOND_MS, LONGEST_PAUSE_MS);
  if (BAN_STATUSES.has(status)) return BAN_MS;
  return untilExpiry(headers['x-ratelimit-requests-expire'], now) ?? LIMIT_MS;
}

/**
 * The header is an instant in epoch ms or epoch seconds, or, as recorded, a duration in ms. At most the usual
 * ban.
 */
function untilExpiry(header: string | undefined, now: EpochMs): number | null {
  const value = readInteger(header);
  if (value === null || value < 0) return null;
  return clamp(msUntilExpiry(value, now), BAN_MS);
}

function msUntilExpiry(value: number, now: EpochMs): number {
  if (value < EPOCH_SECONDS) return value;
  return (value >= EPOCH_MS ? value : value * SECOND_MS) - now;
}

function clamp(ms: number, longestMs: number): number {
  return Math.min(Math.max(ms, SECOND_MS), longestMs);
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
