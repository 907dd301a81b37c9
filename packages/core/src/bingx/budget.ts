import { scaleLimits } from '../domain/pace.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import type { Clock, PaceLimits, PaceStore, Random, Report, RequestPriority } from '../ports.ts';

/**
 * One request a second is what the documentation allows per address. The longer windows stay a little below
 * it, far from the rate that used to cause a suspension (500 a minute). Source: docs/bingx.md, "Rate limits".
 * The window of half a minute has the rate of the minute: without it a busy minute would be used up early,
 * and the next request, which may be a live one, would wait for up to seven seconds.
 */
export const DEFAULT_PACE_LIMITS: PaceLimits = [
  { windowMs: 1_000, requests: 1 },
  { windowMs: 10_000, requests: 9 },
  { windowMs: 30_000, requests: 25 },
  { windowMs: 60_000, requests: 50 },
];

/**
 * A limit of the exchange halves the rate, down to this many requests a second: enough to notice that the
 * limit has ended.
 */
const SLOWEST_PER_SECOND = 1 / 8;

/**
 * A wait of this length is reported: the program would seem to hang. It is longer than the windows of any
 * rate make a request wait.
 */
const LONG_WAIT_MS = 15 * SECOND_MS;

/** Requests a second that the rate regains in each minute without a limit. */
const RECOVERY_PER_MINUTE = 1 / 8;

/**
 * Of this many requests in a row at least one is a background request, if one waits: with 60 symbols at 1m
 * the live requests alone take more than the whole pace, and a backfill would never end.
 */
const BACKGROUND_EVERY = 4;

/**
 * A background request keeps to this part of the pace while no live one waits in its process: a live request
 * of another process on the store then finds a place within a second or two.
 */
const BACKGROUND_SHARE = 0.9;

/**
 * After this wait a background request takes part in the whole pace: the live requests of another process may
 * use up its part for ever. Its part alone makes it wait about ten seconds.
 */
const BACKGROUND_PATIENCE_MS = 15 * SECOND_MS;

export interface BudgetOptions {
  readonly pace: PaceStore;
  readonly clock: Clock;
  readonly random: Random;
  /** At the full rate. */
  readonly limits: PaceLimits;
  readonly report: Report;
}

interface Waiter {
  readonly priority: RequestPriority;
  readonly since: EpochMs;
  readonly start: () => void;
  readonly fail: (error: unknown) => void;
}

/** The rate as a part of the full one, and the instant from which it recovers. */
interface Rate {
  readonly value: number;
  readonly since: EpochMs;
}

/** Permission to send a request, shared by all processes on one store. Durations are in ms of the clock. */
export class RequestBudget {
  readonly #options: BudgetOptions;
  readonly #waiters: Waiter[] = [];
  /** Requests a second without a limit of the exchange. */
  readonly #fullPerSecond: number;
  /** Live requests since the last background request. */
  #liveInARow = 0;
  #rate: Rate = { value: 1, since: 0 };
  /** The end of the last wait that was reported. */
  #reportedUntil: EpochMs = Number.NEGATIVE_INFINITY;
  #isServing = false;
  /** Ends the sleep of the loop early. */
  #wake = new AbortController();

  constructor(options: BudgetOptions) {
    this.#options = options;
    const { limits } = options;
    this.#fullPerSecond = Math.max(...limits.map((limit) => (limit.requests * SECOND_MS) / limit.windowMs));
  }

  /**
   * The most requests within the shortest window. As many may be on their way, from all processes, when an
   * answer says how many the exchange still allows.
   */
  get burst(): number {
    return this.#options.limits[0]?.requests ?? 1;
  }

  /**
   * Resolves when one request may start: live requests first, except that every {@link BACKGROUND_EVERY}th
   * request is a background one; requests of one priority in their order. Rejects with the signal's reason,
   * or with the error of the pace store.
   */
  take(priority: RequestPriority, signal: AbortSignal): Promise<void> {
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
      const waiter: Waiter = { priority, since: this.#options.clock.now(), start, fail };
      const abort = () => fail(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      this.#waiters.push(waiter);
      if (priority === 'live') this.#wake.abort();
      if (!this.#isServing) void this.#run();
    });
  }

  /**
   * The exchange limits our requests: no request of any process for `pauseMs` and a random part of the time
   * between two requests, so that stores on one address do not start again together; then a slower rate in
   * this process.
   */
  async slowDown(pauseMs: number, reason: string): Promise<void> {
    const { clock, random, pace, report } = this.#options;
    const now = clock.now();
    // Requests that were sent together meet one limit together: the rate is halved once for them.
    const slowest = Math.min(1, SLOWEST_PER_SECOND / this.#fullPerSecond);
    const value = now >= this.#rate.since ? Math.max(slowest, this.#rateAt(now) / 2) : this.#rate.value;
    const until = now + pauseMs + Math.floor((random() * SECOND_MS) / (value * this.#fullPerSecond));
    this.#rate = { value, since: Math.max(this.#rate.since, now + pauseMs) };
    this.#reportedUntil = until;
    report({
      level: 'warn',
      kind: 'rate-limited',
      message: `the exchange limits our requests (${reason}): none for ${Math.ceil(pauseMs / 1_000)} s, then at ${Math.round(value * 100)} % of the pace`,
      fields: { reason, pauseMs, rate: value },
    });
    await pace.pause(until);
  }

  /** The window is used up: no request of any process for `pauseMs`. Does not lower the rate. */
  pause(pauseMs: number): Promise<void> {
    const { pace, clock } = this.#options;
    return pace.pause(clock.now() + pauseMs);
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
    const { pace, clock, limits } = this.#options;
    for (let next = this.#next(); next; next = this.#next()) {
      const now = clock.now();
      const patienceMs = this.#patienceMs(next, now);
      const share = patienceMs > 0 ? BACKGROUND_SHARE : 1;
      const waitMs = await pace.reserve(now, scaleLimits(limits, share * this.#rateAt(now)));
      this.#reportWait(now, waitMs);
      if (waitMs === 0) this.#startNext();
      else if (this.#next() === next)
        await this.#sleep(patienceMs > 0 ? Math.min(waitMs, patienceMs) : waitMs);
    }
  }

  /** For how much longer a waiter keeps to the background's part of the pace; 0: it does not. */
  #patienceMs({ priority, since }: Waiter, now: EpochMs): number {
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

  /** The rate in force, as a part of the full one. */
  #rateAt(now: EpochMs): number {
    const { value, since } = this.#rate;
    const minutes = Math.max(0, now - since) / MINUTE_MS;
    return Math.min(1, value + (minutes * RECOVERY_PER_MINUTE) / this.#fullPerSecond);
  }

  /** Reports a long wait once. The pause may be one that an earlier process has put into the store. */
  #reportWait(now: EpochMs, waitMs: number): void {
    if (waitMs < LONG_WAIT_MS || now + waitMs <= this.#reportedUntil + SECOND_MS) return;
    this.#reportedUntil = now + waitMs;
    const message = `the next request waits ${Math.ceil(waitMs / SECOND_MS)} s, because the exchange limits our requests`;
    this.#options.report({ level: 'info', kind: 'paused', message, fields: { waitMs } });
  }

  #next(): Waiter | undefined {
    const first: RequestPriority = this.#liveInARow >= BACKGROUND_EVERY - 1 ? 'background' : 'live';
    return this.#waiters.find(({ priority }) => priority === first) ?? this.#waiters[0];
  }

  #startNext(): void {
    const next = this.#next();
    if (!next) return;
    this.#liveInARow = next.priority === 'live' ? this.#liveInARow + 1 : 0;
    next.start();
  }

  #remove(waiter: Waiter): void {
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    if (this.#waiters.length === 0) this.#wake.abort();
  }
}
