import { MINUTE_MS, SECOND_MS } from '../time/time.ts';

/** The number of requests that may start within any window of the given length, the shortest window first. */
export type PaceLimits = readonly { readonly windowMs: number; readonly requests: number }[];

/** From this rate on several requests start together, so that waits of a few ms do not lower the rate. */
const TOGETHER_PER_SECOND = 4;

/**
 * The limits at a part or a multiple of their rate. A window that would hold a broken number of requests is
 * lengthened until it holds the next whole one: who keeps to a part of the rate keeps to all of it as well.
 */
export function scaleLimits(limits: PaceLimits, factor: number): PaceLimits {
  if (factor === 1) return limits;
  return limits.map(({ windowMs, requests: full }) => {
    const allowed = full * factor;
    // The last bits of a product are not meant.
    const requests = Math.ceil(allowed - 1e-9);
    return { windowMs: Math.ceil((windowMs * requests) / allowed), requests };
  });
}

/** The limits of a rate: evenly spread, at high rates in groups of up to a quarter of a second's requests. */
export function limitsOfRate(perSecond: number): PaceLimits {
  const requests = Math.max(1, Math.floor(perSecond / TOGETHER_PER_SECOND));
  return [{ windowMs: Math.ceil((requests * SECOND_MS) / perSecond), requests }];
}

/** Requests a second within the shortest window. */
export function ratePerSecond([shortest]: PaceLimits): number {
  return shortest ? (shortest.requests * SECOND_MS) / shortest.windowMs : Number.POSITIVE_INFINITY;
}

/** How many minutes a number of requests takes at this pace, at least; a whole number. */
export function minutesOfRequests(requests: number, limits: PaceLimits): number {
  const perMinute = Math.min(...limits.map((limit) => (limit.requests / limit.windowMs) * MINUTE_MS));
  return Math.ceil(requests / perMinute);
}
