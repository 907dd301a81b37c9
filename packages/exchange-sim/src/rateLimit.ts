import type { Clock, EpochMs } from '@candlelake/core';

export interface RateLimits {
  /** Requests that are answered within each window. */
  readonly windows: readonly { readonly windowMs: number; readonly requests: number }[];
  /** How long everything is refused once a window was full. */
  readonly penaltyMs: number;
  /** So many refused requests within a penalty turn 429 into 403. */
  readonly patience: number;
}

/** 100 in 10 s and 500 a minute are what BingX's support names; 5 minutes of suspension is the old FAQ's (dossier 1.4). */
export const DEFAULT_RATE_LIMITS: RateLimits = {
  windows: [
    { windowMs: 10_000, requests: 100 },
    { windowMs: 60_000, requests: 500 },
  ],
  penaltyMs: 300_000,
  patience: 20,
};

export interface RateLimitAnswer {
  /** `limited` is the first refusal (HTTP 200 with code 100410); then 429; then, when it goes on, 403. */
  readonly verdict: 'ok' | 'limited' | 'tooMany' | 'forbidden';
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts requests of one client in fixed windows, and punishes. Null for an exchange without limits. */
export function createRateLimit(limits: RateLimits | null, clock: Clock): () => RateLimitAnswer {
  const windows = (limits?.windows ?? []).map((window) => ({ ...window, start: 0, count: 0 }));
  let penaltyEnd: EpochMs = 0;
  let refused = 0;
  return () => {
    if (!limits) return { verdict: 'ok', headers: {} };
    const now = clock.now();
    if (now < penaltyEnd) {
      refused += 1;
      return {
        verdict: refused > limits.patience ? 'forbidden' : 'tooMany',
        headers: headers(0, penaltyEnd),
      };
    }
    for (const window of windows) {
      if (now >= window.start + window.windowMs) Object.assign(window, { start: now, count: 0 });
      window.count += 1;
    }
    const tightest = windows.toSorted((a, b) => a.requests - a.count - (b.requests - b.count))[0]!;
    const remain = tightest.requests - tightest.count;
    if (remain >= 0) return { verdict: 'ok', headers: headers(remain, tightest.start + tightest.windowMs) };
    penaltyEnd = now + limits.penaltyMs;
    refused = 0;
    return { verdict: 'limited', headers: headers(0, penaltyEnd) };
  };
}

function headers(remain: number, expire: EpochMs): Readonly<Record<string, string>> {
  return { 'X-RateLimit-Requests-Remain': String(remain), 'X-RateLimit-Requests-Expire': String(expire) };
}
