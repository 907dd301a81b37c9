import { MINUTE_MS } from '../../domain/time/time.ts';

/**
 * A limit of the exchange halves the rate, down to this many requests a second: enough to notice that the
 * limit has ended.
 */
const SLOWEST_PER_SECOND = 1 / 8;

/** Requests a second that the rate regains in each minute without a limit. */
const RECOVERY_PER_MINUTE = 1 / 8;

/**
 * The rate after limits as a part of the full one, and the instant from which it recovers, by the monotonic
 * clock: a wall clock that is set back must not keep it low.
 */
export interface LimitedRate {
  readonly part: number;
  readonly since: number;
}

export const FULL_RATE: LimitedRate = { part: 1, since: 0 };

/** The part of the full rate that is in force. */
export function partAt({ part, since }: LimitedRate, now: number, fullPerSecond: number): number {
  const minutes = Math.max(0, now - since) / MINUTE_MS;
  return Math.min(1, part + (minutes * RECOVERY_PER_MINUTE) / fullPerSecond);
}

/**
 * The rate after a limit that pauses requests for `pauseMs`. Requests that were sent together meet one limit
 * together: the rate is halved once for them.
 */
export function lowered(
  rate: LimitedRate,
  { now, pauseMs, fullPerSecond }: { now: number; pauseMs: number; fullPerSecond: number },
): LimitedRate {
  const slowest = Math.min(1, SLOWEST_PER_SECOND / fullPerSecond);
  const part = now >= rate.since ? Math.max(slowest, partAt(rate, now, fullPerSecond) / 2) : rate.part;
  return { part, since: Math.max(rate.since, now + pauseMs) };
}
