import { ratePerSecond } from '../../domain/pace/limits.ts';
import { SECOND_MS } from '../../domain/time/time.ts';
import { RetryableError } from '../../errors.ts';
import type { Clock, Random, RequestPriority } from '../../ports.ts';
import { WOKEN } from '../../waiting/wake.ts';
import { FULL_RATE, lowered, partAt } from './limitedRate.ts';
import { createSharedPace, type NotedAnswer, type SharedPace, type SharedPaceOptions } from './sharedPace.ts';

/**
 * A wait of this length is reported: the program would seem to hang. It is longer than the windows of any
 * rate make a request wait.
 */
const LONG_WAIT_MS = 15 * SECOND_MS;

/**
 * Of this many requests in a row at least one is a background request, if one waits: with 60 symbols at 1m
 * the live requests alone take more than the whole pace, and a backfill would never end.
 */
const BACKGROUND_EVERY = 4;

/**
 * After this wait a background request gives way no more: the live requests of another process may take all
 * that it leaves, for ever. Its part of the base pace makes it wait about ten seconds.
 */
const BACKGROUND_PATIENCE_MS = 15 * SECOND_MS;

export interface BudgetOptions extends SharedPaceOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** A longer wait throws {@link PausedError}; without it every wait is sat out. */
  readonly longestWaitMs?: number | undefined;
}

/** What a request asks the budget for. */
export interface TakeOptions {
  readonly priority: RequestPriority;
  /** The path of the request: the exchange counts each one apart. */
  readonly route: string;
}

/** A request would wait for longer than its host allows. */
export class PausedError extends RetryableError {}

interface Waiter extends TakeOptions {
  readonly since: number;
  readonly start: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Permission to send a request, shared by all processes on one store. Durations are in ms of the clock;
 * instants of this process are those of its monotonic clock.
 */
export class RequestBudget {
  readonly #options: BudgetOptions;
  readonly #pace: SharedPace;
  readonly #waiters: Waiter[] = [];
  /** Requests a second without a limit of the exchange. */
  readonly #fullPerSecond: number;
  /** Live requests since the last background request. */
  #liveInARow = 0;
  #rate = FULL_RATE;
  /** The end of the last wait that was reported. */
  #reportedUntil = Number.NEGATIVE_INFINITY;
  #isServing = false;
  /** Ends the sleep of the loop early. */
  #wake = new AbortController();

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#pace = createSharedPace(options);
    this.#fullPerSecond = ratePerSecond(options.limits);
  }

  /**
   * The most requests to a route that start within a second, of all processes: as many may be on their way.
   */
  burst(route: string): number {
    return Math.max(1, Math.ceil(this.#pace.perSecond(route)));
  }

  /**
   * Resolves when one request may start: live requests first, except that every {@link BACKGROUND_EVERY}th
   * request is a background one; requests of one priority in their order. Rejects with the signal's reason,
   * or with the error of the pace store.
   */
  take({ priority, route }: TakeOptions, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const leave = () => {
        signal.removeEventListener('abort', abort);
        this.#remove(waiter);
      };
      const start = () => {
        leave();
        resolve();
      };
      const fail = (error: unknown) => {
        leave();
        reject(error);
      };
      const waiter: Waiter = { priority, route, since: this.#options.clock.monotonic(), start, fail };
      const abort = () => fail(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      this.#waiters.push(waiter);
      if (priority === 'live') this.#wake.abort(WOKEN);
      if (!this.#isServing) void this.#run();
    });
  }

  /**
   * The exchange limits our requests: no request of any process for `pauseMs` and a random part of the time
   * between two requests, so that stores on one address do not start again together; then a slower rate in
   * this process.
   */
  async slowDown(pauseMs: number, reason: string): Promise<void> {
    const { clock, random, report } = this.#options;
    const now = clock.monotonic();
    this.#rate = lowered(this.#rate, { now, pauseMs, fullPerSecond: this.#fullPerSecond });
    const { part } = this.#rate;
    const waitMs = pauseMs + Math.floor((random() * SECOND_MS) / (part * this.#fullPerSecond));
    this.#reportedUntil = now + waitMs;
    report({
      level: 'warn',
      kind: 'rate-limited',
      message: `the exchange limits our requests (${reason}): none for ${Math.ceil(pauseMs / 1_000)} s, then at ${Math.round(part * 100)} % of the pace`,
      fields: { reason, pauseMs, rate: part },
    });
    await this.#pace.limit(waitMs);
  }

  /** The window is used up: no request of any process for `pauseMs`. Does not lower the rate. */
  pause(pauseMs: number): Promise<void> {
    return this.#pace.pause(pauseMs);
  }

  /** The rate of a route follows what its answers announce. */
  note(answer: NotedAnswer): Promise<void> {
    return this.#pace.note(answer);
  }

  async #run(): Promise<void> {
    this.#isServing = true;
    try {
      await this.#serve();
    } catch (error) {
      for (const waiter of [...this.#waiters]) waiter.fail(error);
    } finally {
      this.#isServing = false;
    }
  }

  /**
   * Reserves a request first and chooses the waiter after that: a live request that came meanwhile goes
   * first.
   */
  async #serve(): Promise<void> {
    const { clock, longestWaitMs = Number.POSITIVE_INFINITY } = this.#options;
    for (let next = this.#next(); next; next = this.#next()) {
      const now = clock.monotonic();
      const patienceMs = this.#patienceMs(next, now);
      const part = partAt(this.#rate, now, this.#fullPerSecond);
      const waitMs = await this.#pace.reserve(next.route, { part, isBackground: patienceMs > 0 });
      if (waitMs > longestWaitMs) throw pausedFor(waitMs);
      this.#reportWait(now, waitMs);
      if (waitMs === 0) this.#startNext(next.route);
      else if (this.#next() === next)
        await this.#sleep(patienceMs > 0 ? Math.min(waitMs, patienceMs) : waitMs);
    }
  }

  /** For how much longer a waiter gives way to live requests; 0: it does not. */
  #patienceMs({ priority, since }: Waiter, now: number): number {
    if (priority === 'live' || this.#waiters.some((waiter) => waiter.priority === 'live')) return 0;
    return Math.max(0, since + BACKGROUND_PATIENCE_MS - now);
  }

  /** Sleeps until then, until a live request comes or until the last waiter has left. */
  async #sleep(ms: number): Promise<void> {
    this.#wake = new AbortController();
    const { signal } = this.#wake;
    await this.#options.clock.sleep(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** Reports a long wait once. The pause may be one that an earlier process has put into the store. */
  #reportWait(now: number, waitMs: number): void {
    if (waitMs < LONG_WAIT_MS || now + waitMs <= this.#reportedUntil + SECOND_MS) return;
    this.#reportedUntil = now + waitMs;
    const message = `the next request waits ${Math.ceil(waitMs / SECOND_MS)} s, because the exchange limits our requests`;
    this.#options.report({ level: 'info', kind: 'paused', message, fields: { waitMs } });
  }

  /** The waiter whose turn it is, of all or of those of one route. */
  #next(route?: string): Waiter | undefined {
    const waiters = this.#waiters.filter((waiter) => route === undefined || waiter.route === route);
    const first: RequestPriority = this.#liveInARow >= BACKGROUND_EVERY - 1 ? 'background' : 'live';
    return waiters.find(({ priority }) => priority === first) ?? waiters[0];
  }

  /** Starts the first waiter of the route: a live request may have come while the place was reserved. */
  #startNext(route: string): void {
    const next = this.#next(route);
    if (!next) return;
    this.#liveInARow = next.priority === 'live' ? this.#liveInARow + 1 : 0;
    next.start();
  }

  #remove(waiter: Waiter): void {
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    if (this.#waiters.length === 0) this.#wake.abort(WOKEN);
  }
}

function pausedFor(waitMs: number): PausedError {
  const message = `requests are paused for ${Math.ceil(waitMs / SECOND_MS)} s`;
  return new PausedError(message, { retryAfterMs: waitMs });
}
