import type { EpochMs } from './time/time.ts';

/** Requests that may start within each window, by the window's length in ms. */
export type PaceLimits = readonly { readonly windowMs: number; readonly requests: number }[];

/** A pause as it was ordered: the instant of the order tells a clock that stepped back since. */
export interface Pause {
  readonly from: EpochMs;
  readonly until: EpochMs;
}

/** How long the starts of requests are kept at least: longer than any window in use. */
const KEEP_STARTS_MS = 600_000;

/** Milliseconds until one more request may start, 0 for now. `starts` ascend and are not after `now`. */
export function paceWait(starts: readonly EpochMs[], now: EpochMs, limits: PaceLimits): number {
  let wait = 0;
  for (const { windowMs, requests } of limits) {
    if (requests < 1) return windowMs;
    // The window is full while the start that is `requests` places back is still inside it.
    const blocking = starts.at(-requests);
    if (blocking !== undefined) wait = Math.max(wait, blocking + windowMs - now);
  }
  return wait;
}

/** The instant before which starts no longer count. */
export function paceHorizon(now: EpochMs, limits: PaceLimits): EpochMs {
  return now - Math.max(KEEP_STARTS_MS, ...limits.map(({ windowMs }) => windowMs));
}

/** A pause as it stands at `now`: ordered in the future, by a clock that has stepped back since, it begins anew and keeps its length. */
export function pauseAt(pause: Pause, now: EpochMs): Pause {
  return now < pause.from ? { from: now, until: now + pause.until - pause.from } : pause;
}

/** Two orders as one: the later end stands. */
export function mergePauses(one: Pause, other: Pause): Pause {
  return other.until > one.until ? other : one;
}
