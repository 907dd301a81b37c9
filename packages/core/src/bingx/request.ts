import { type BackoffLimits, backoffMs } from '../domain/backoff.ts';
import type { EpochMs } from '../domain/time/time.ts';
import { RetryableError } from '../errors.ts';
import type { Clock, ExchangeClock, HttpGet, HttpResponse, Random, RequestPriority } from '../ports.ts';
import { exhaustedMs, readAnswer } from './answer.ts';
import type { Budget } from './budget.ts';
import type { Hosts } from './hosts.ts';

/** One request and what became of it. Instants are of the process clock. */
export interface Answered<T> {
  readonly value: T;
  readonly sentAt: EpochMs;
  readonly answeredAt: EpochMs;
}

interface Ask<T> {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** Names in errors what was asked for. */
  readonly subject: string;
  readonly priority: RequestPriority;
  /** Reads `data` of the envelope; may throw RetryableError when it makes no sense. */
  readonly parse: (data: unknown, sentAt: EpochMs) => T;
}

export interface RequesterOptions {
  readonly httpGet: HttpGet;
  readonly clock: Clock;
  readonly exchangeClock: ExchangeClock;
  readonly random: Random;
  readonly budget: Budget;
  readonly hosts: Hosts;
}

export type Requester = <T>(ask: Ask<T>, signal: AbortSignal) => Promise<Answered<T>>;

/** Tries for one request when no answer, or no sense, comes back. Then the caller decides. */
const TRIES = 3;
const RETRY_BACKOFF: BackoffLimits = { floorMs: 200, baseMs: 1_000, capMs: 10_000 };

/**
 * The one place where requests are made and made again. Every try passes the budget. What has no answer or no sense in it is tried again after a random
 * wait; a limit or a business error never is. The function throws RetryableError, BadDataError or the signal's reason.
 */
export function createRequester(options: RequesterOptions): Requester {
  const { clock, random, budget } = options;
  return async (ask, signal) => {
    for (let failures = 0; ; failures++) {
      await budget.take(ask.priority, signal);
      try {
        return await tryOnce(options, ask, signal);
      } catch (error) {
        if (!(error instanceof NoSense)) throw error;
        if (failures + 1 >= TRIES) throw new RetryableError(error.message, { cause: error.cause });
        await clock.sleep(backoffMs(failures, RETRY_BACKOFF, random), signal);
      }
    }
  };
}

async function tryOnce<T>(options: RequesterOptions, ask: Ask<T>, signal: AbortSignal): Promise<Answered<T>> {
  const { clock, exchangeClock, budget } = options;
  const sentAt = clock.now();
  const response = await send(options, ask, signal);
  const answeredAt = clock.now();
  const answer = readAnswer(response, ask.subject, exchangeClock.now());
  if (answer.kind === 'limited') {
    await budget.slowDown(answer.pauseMs, answer.reason);
    const message = `${ask.subject}: the exchange limits our requests with ${answer.reason}`;
    throw new RetryableError(message, { retryAfterMs: answer.pauseMs });
  }
  const pauseMs = exhaustedMs(response, exchangeClock.now());
  if (pauseMs > 0) await budget.pause(pauseMs);
  if (answer.kind === 'broken') throw new NoSense(answer.reason, { cause: answer.cause });
  if (answer.kind === 'refused') throw answer.error;
  try {
    return { value: ask.parse(answer.data, sentAt), sentAt, answeredAt };
  } catch (error) {
    throw new NoSense(`${ask.subject}: ${(error as Error).message}`, { cause: error });
  }
}

async function send<T>(
  { httpGet, hosts }: RequesterOptions,
  ask: Ask<T>,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const host = hosts.current();
  try {
    return await httpGet(requestUrl(host, ask), signal);
  } catch (error) {
    signal.throwIfAborted();
    hosts.failed(host);
    throw new NoSense(`${ask.subject}: no answer from ${host}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function requestUrl(host: string, { path, query }: Pick<Ask<unknown>, 'path' | 'query'>): string {
  const pairs = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return host.replace(/\/+$/, '') + path + (pairs.length > 0 ? `?${pairs.join('&')}` : '');
}

/** No answer, or none that can be read: worth another try. Never leaves this file. */
class NoSense extends Error {
  override readonly name = 'NoSense';
}
