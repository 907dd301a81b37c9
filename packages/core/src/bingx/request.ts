import type { BackoffLimits } from '../domain/backoff.ts';
import { type EpochMs, MINUTE_MS } from '../domain/time/time.ts';
import { RetryableError } from '../errors.ts';
import type { Clock, ExchangeClock, HttpGet, HttpResponse, Random, RequestPriority } from '../ports.ts';
import { retry } from '../waiting/retry.ts';
import { announcementOf, exhaustedMs, readAnswer } from './answer.ts';
import type { RequestBudget } from './pace/budget.ts';

/** One GET to the REST interface. */
export interface RestRequest<T> {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** Names the request in error messages. */
  readonly subject: string;
  /** Whether the request is about one symbol. */
  readonly aboutSymbol?: boolean;
  readonly priority: RequestPriority;
  /** Reads `data` of the envelope. Throws RetryableError when the data is not what was requested. */
  readonly parse: (data: unknown) => T;
}

/** The value of an answer, with the instants of the request by the monotonic clock. */
export interface Answered<T> {
  readonly value: T;
  readonly sentAt: number;
  readonly answeredAt: number;
  /** The `Date` header, in whole seconds; null without a readable one. */
  readonly date: EpochMs | null;
}

export interface RequesterOptions {
  readonly httpGet: HttpGet;
  readonly clock: Clock;
  readonly exchangeClock: ExchangeClock;
  readonly random: Random;
  readonly budget: RequestBudget;
  readonly hosts: Hosts;
}

export type Requester = <T>(request: RestRequest<T>, signal: AbortSignal) => Promise<Answered<T>>;

/** Attempts of one request without a usable answer; after that the caller decides. */
const ATTEMPTS = 3;
const RETRY_BACKOFF: BackoffLimits = { floorMs: 200, baseMs: 1_000, capMs: 10_000 };

/**
 * Sends requests within the budget. A request without an answer, or with an unusable one, is sent again after
 * a random wait; after a limit or a business error it is not. Throws RetryableError, BadDataError or the
 * signal's reason.
 */
export function createRequester(options: RequesterOptions): Requester {
  const { clock, random, budget } = options;
  const isPassing = (error: unknown) => error instanceof NoUsableAnswer;
  return (request, signal) => {
    const send = async () => {
      await budget.take({ priority: request.priority, route: request.path }, signal);
      return sendOnce(options, request, signal);
    };
    return retry(send, { clock, random, tries: ATTEMPTS, waits: RETRY_BACKOFF, isPassing }, signal);
  };
}

async function sendOnce<T>(
  options: RequesterOptions,
  request: RestRequest<T>,
  signal: AbortSignal,
): Promise<Answered<T>> {
  const { clock, exchangeClock, budget } = options;
  const { subject, aboutSymbol = false, path: route } = request;
  const sentAt = clock.monotonic();
  const sentTime = exchangeClock.now();
  const response = await get(options, request, signal);
  const answeredAt = clock.monotonic();
  const now = exchangeClock.now();
  const answer = readAnswer(response, { subject, aboutSymbol, now });
  if (answer.kind === 'limited') {
    await budget.slowDown(answer.pauseMs, answer.reason);
    const message = `${subject}: the exchange limits our requests with ${answer.reason}`;
    throw new RetryableError(message, { retryAfterMs: answer.pauseMs });
  }
  const announcement = announcementOf(response, now);
  // As many requests may be on their way at the rate before this answer.
  const burst = budget.burst(route);
  // An answer that can't be read may come from something before the exchange: it takes no announcement back.
  if (announcement || answer.kind !== 'broken') await budget.note({ route, sentAt: sentTime, announcement });
  const pauseMs = exhaustedMs(response, now, burst);
  if (pauseMs > 0) await budget.pause(pauseMs);
  if (answer.kind === 'broken') throw new NoUsableAnswer(answer.reason, { cause: answer.cause });
  if (answer.kind === 'refused') throw answer.error;
  try {
    return { value: request.parse(answer.data), sentAt, answeredAt, date: dateOf(response) };
  } catch (error) {
    throw new NoUsableAnswer(`${subject}: ${(error as Error).message}`, { cause: error });
  }
}

function dateOf({ headers }: HttpResponse): EpochMs | null {
  const time = Date.parse(headers.date ?? '');
  return Number.isNaN(time) ? null : time;
}

async function get(
  { httpGet, hosts }: RequesterOptions,
  request: RestRequest<unknown>,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const host = hosts.current();
  try {
    return await httpGet(urlOf(host, request), signal);
  } catch (error) {
    signal.throwIfAborted();
    hosts.failed(host);
    const message = `${request.subject}: no answer from ${host}: ${(error as Error).message}`;
    throw new NoUsableAnswer(message, { cause: error });
  }
}

function urlOf(host: string, { path, query }: RestRequest<unknown>): string {
  const pairs = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return host.replace(/\/+$/, '') + path + (pairs.length > 0 ? `?${pairs.join('&')}` : '');
}

/** No answer, or one that can't be read: the same request is sent again, at most {@link ATTEMPTS} times. */
class NoUsableAnswer extends RetryableError {}

/** How long the fallback host is used before the main one is tried again. */
const FALLBACK_MS = 5 * MINUTE_MS;

/** The choice between the main host and the fallback. */
export interface Hosts {
  /** Base URL for the next request. */
  current(): string;
  /** Notes that `host` gave no answer (network failure or time-out, never a business error). */
  failed(host: string): void;
}

/**
 * Creates the choice of the host. The exchange names a fallback for network failures. Source: BingX "Base
 * URLs".
 */
export function createHosts(main: string, fallback: string | undefined, clock: Clock): Hosts {
  // By the monotonic clock: a wall clock that is set back must not keep the fallback.
  let fallbackUntil = Number.NEGATIVE_INFINITY;
  return {
    current: () => (fallback !== undefined && clock.monotonic() < fallbackUntil ? fallback : main),
    failed(host) {
      fallbackUntil = host === main ? clock.monotonic() + FALLBACK_MS : Number.NEGATIVE_INFINITY;
    },
  };
}
