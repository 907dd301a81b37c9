import { type EpochMs, MINUTE_MS } from '../domain/time/time.ts';
import type { Clock, PaceLimits, PaceStore, Report, RequestPriority } from '../ports.ts';

/**
 * One request a second is what the documentation allows per address. The longer windows keep a little below it, so that the rate that used to
 * earn a suspension (500 a minute) is never near.
 */
export const DEFAULT_PACE_LIMITS: PaceLimits = [
  { windowMs: 1_000, requests: 1 },
  { windowMs: 10_000, requests: 9 },
  { windowMs: 60_000, requests: 50 },
];

/** A limit halves the rate; down to an eighth, so that the exchange can always be asked whether it still limits us. */
const SLOWEST_RATE = 1 / 8;

/** What the rate wins back in each minute without a limit. */
const RECOVERY_PER_MINUTE = 1 / 8;

export interface BudgetOptions {
  readonly pace: PaceStore;
  readonly clock: Clock;
  readonly limits: PaceLimits;
  readonly report: Report;
}

/** Leave to send requests, shared through the pace store by all that use one store. */
export interface Budget {
  /** Resolves when one request may start. Live requests go first, equals in the order they came. Rejects with the signal's reason. */
  take(priority: RequestPriority, signal: AbortSignal): Promise<void>;
  /** The exchange said that we ask too much: nobody asks for `pauseMs`, then everybody here asks more slowly for a while. */
  slowDown(pauseMs: number, reason: string): Promise<void>;
  /** The window is used up, which is no offence: nobody asks for `pauseMs`. */
  pause(pauseMs: number): Promise<void>;
}

interface Waiter {
  readonly priority: RequestPriority;
  readonly start: () => void;
  readonly fail: (error: unknown) => void;
}

/** Creates the request budget. Durations are of the given clock. */
export function createBudget({ pace, clock, limits, report }: BudgetOptions): Budget {
  const waiters: Waiter[] = [];
  let idle: AbortController | null = null;
  let rate = 1;
  let rateSince: EpochMs = 0;

  const currentRate = () =>
    Math.min(1, rate + (Math.max(0, clock.now() - rateSince) / MINUTE_MS) * RECOVERY_PER_MINUTE);

  /** A slower rate stretches the windows: that also slows a window of one request down. */
  const currentLimits = (): PaceLimits => {
    const now = currentRate();
    if (now === 1) return limits;
    return limits.map(({ windowMs, requests }) => ({ windowMs: Math.ceil(windowMs / now), requests }));
  };

  const leave = (waiter: Waiter): void => {
    waiters.splice(waiters.indexOf(waiter), 1);
    if (waiters.length === 0) idle?.abort();
  };

  /** The place is taken before its owner is chosen: whoever is first in line at that moment gets it. */
  const serve = async (sleepSignal: AbortSignal): Promise<void> => {
    while (waiters.length > 0) {
      const waitMs = await pace.reserve(clock.now(), currentLimits());
      if (waitMs > 0) await clock.sleep(waitMs, sleepSignal);
      else (waiters.find(({ priority }) => priority === 'live') ?? waiters[0])?.start();
    }
  };

  const run = async (): Promise<void> => {
    const controller = new AbortController();
    idle = controller;
    try {
      await serve(controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) for (const waiter of [...waiters]) waiter.fail(error);
    } finally {
      idle = null;
    }
    if (waiters.length > 0) void run();
  };

  return {
    take: (priority, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const finish = (settle: () => void) => {
          signal.removeEventListener('abort', abort);
          leave(waiter);
          settle();
        };
        const waiter: Waiter = {
          priority,
          start: () => finish(resolve),
          fail: (error) => finish(() => reject(error)),
        };
        const abort = () => waiter.fail(signal.reason);
        signal.addEventListener('abort', abort, { once: true });
        waiters.push(waiter);
        if (!idle) void run();
      }),
    async slowDown(pauseMs, reason) {
      // Requests that were under way together meet one limit together.
      if (clock.now() >= rateSince) rate = Math.max(SLOWEST_RATE, currentRate() / 2);
      rateSince = Math.max(rateSince, clock.now() + pauseMs);
      report({
        level: 'warn',
        kind: 'rate-limited',
        message: `the exchange limits our requests (${reason}): none for ${Math.ceil(pauseMs / 1_000)} s, then at ${Math.round(rate * 100)} % of the pace`,
        fields: { reason, pauseMs, rate },
      });
      await pace.pause(clock.now() + pauseMs);
    },
    pause: (pauseMs) => pace.pause(clock.now() + pauseMs),
  };
}
