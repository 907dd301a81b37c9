import type { Clock, EpochMs } from '@candlelake/core';

export interface RateLimits {
  /** Requests that are answered within each window. */
  readonly windows: readonly RateWindow[];
  /** Whether each path counts by itself, or all requests together. */
  readonly scope: 'endpoint' | 'address';
  /** How long everything is refused once a window was full. */
  readonly penaltyMs: number;
  /** After this many refused requests within a penalty, 429 becomes 418. */
  readonly patience: number;
  /** Whether answers carry the headers that announce the window; true when left out. */
  readonly announces?: boolean;
}

export interface RateWindow {
  readonly windowMs: number;
  readonly requests: number;
}

/** 500 requests in 10 s for each endpoint, then 5 minutes of suspension (docs/bingx.md, "Rate limits"). */
export const DEFAULT_RATE_LIMITS: RateLimits = {
  windows: [{ windowMs: 10_000, requests: 500 }],
  scope: 'endpoint',
  penaltyMs: 300_000,
  patience: 20,
};

export interface RateLimitAnswer {
  /** `limited` is the first refusal (HTTP 200 with code 100410), `tooMany` is 429, `banned` is 418. */
  readonly verdict: 'ok' | 'limited' | 'tooMany' | 'banned';
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Counts the requests of one client in fixed windows and refuses those above the limits; null for no limits.
 */
export function createRateLimit(
  limits: RateLimits | null,
  clock: Clock,
): (endpoint: string) => RateLimitAnswer {
  if (!limits) return () => ({ verdict: 'ok', headers: {} });
  const endpoints = new Map<string, CountedWindow[]>();
  const headersOf = limits.announces === false ? () => ({}) : announcementHeaders;
  let penaltyEnd: EpochMs = 0;
  let refused = 0;
  return (path) => {
    const now = clock.now();
    if (now < penaltyEnd) {
      refused += 1;
      const verdict = refused > limits.patience ? 'banned' : 'tooMany';
      return { verdict, headers: headersOf(0, penaltyEnd - now) };
    }
    const endpoint = limits.scope === 'endpoint' ? path : '';
    const windows = endpoints.get(endpoint) ?? limits.windows.map(startWindow);
    endpoints.set(endpoint, windows);
    for (const window of windows) count(window, now);
    const tightest = windows.toSorted((a, b) => remaining(a) - remaining(b))[0]!;
    const expireMs = tightest.start + tightest.windowMs - now;
    if (remaining(tightest) >= 0) {
      return { verdict: 'ok', headers: headersOf(remaining(tightest), expireMs) };
    }
    penaltyEnd = now + limits.penaltyMs;
    refused = 0;
    return { verdict: 'limited', headers: headersOf(0, limits.penaltyMs) };
  };
}

interface CountedWindow extends RateWindow {
  start: EpochMs;
  count: number;
}

function startWindow(window: RateWindow): CountedWindow {
  return { ...window, start: 0, count: 0 };
}

function count(window: CountedWindow, now: EpochMs): void {
  if (now >= window.start + window.windowMs) Object.assign(window, { start: now, count: 0 });
  window.count += 1;
}

function remaining({ requests, count }: CountedWindow): number {
  return requests - count;
}

/** As recorded: how many requests are left in the window, and the ms until it ends. */
function announcementHeaders(remain: number, expireMs: number): Readonly<Record<string, string>> {
  return {
    'x-ratelimit-requests-remain': String(remain),
    'x-ratelimit-requests-expire': String(expireMs),
  };
}
