import { type PaceLimits, scaleLimits } from '../../domain/pace/limits.ts';

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

/** The base pace and the highest rate for a setting of requests a second. */
export function paceOf(requestsPerSecond: number): {
  readonly limits: PaceLimits;
  readonly mostPerSecond: number;
} {
  const limits = scaleLimits(DEFAULT_PACE_LIMITS, Math.min(1, requestsPerSecond));
  return { limits, mostPerSecond: requestsPerSecond };
}
