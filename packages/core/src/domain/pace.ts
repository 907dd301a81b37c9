import { type EpochMs, MINUTE_MS } from './time/time.ts';

/** The number of requests that may start within any window of the given length, the shortest window first. */
export type PaceLimits = readonly { readonly windowMs: number; readonly requests: number }[];

/**
 * A pause of all requests. `from` is when it was ordered. A clock that shows an earlier time was set back
 * since.
 */
export interface Pause {
  readonly from: EpochMs;
  readonly until: EpochMs;
}

/** What a store keeps of the requests of all its processes. */
export interface PaceState {
  /** When the latest requests started, ascending. */
  readonly starts: readonly EpochMs[];
  readonly pause: Pause;
}

/** The answer to one request for a start, and what the store keeps afterwards. */
export interface Reservation {
  /** 0 when the request may start now, else the time to wait before the next try. */
  readonly waitMs: number;
  /** The same object as before when there is nothing to write. */
  readonly state: PaceState;
}

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

export const NO_PACE: PaceState = { starts: [], pause: { from: 0, until: 0 } };

/** How long the starts of requests are kept at least: longer than any window in use. */
const KEEP_STARTS_MS = 2 * MINUTE_MS;

/** Takes a place for one request at `now`, or returns how long to wait for one. */
export function reservePlace(state: PaceState, now: EpochMs, limits: PaceLimits): Reservation {
  const pause = pauseAt(state.pause, now);
  const isPauseMoved = pause !== state.pause;
  if (pause.until > now) {
    return { waitMs: pause.until - now, state: isPauseMoved ? { ...state, pause } : state };
  }
  const starts = startsAt(state.starts, now, limits);
  const waitMs = placeWaitMs(starts, now, limits);
  if (waitMs === 0) return { waitMs, state: { starts: [...starts, now], pause } };
  const isSteppedBack = state.starts.some((start) => start > now);
  return { waitMs, state: isPauseMoved || isSteppedBack ? { starts, pause } : state };
}

/** The pause in force after another one was ordered at `now`: the one that ends later. */
export function orderPause(pause: Pause, now: EpochMs, until: EpochMs): Pause {
  const current = pauseAt(pause, now);
  return until > current.until ? { from: now, until } : current;
}

/**
 * The starts that count at `now`. A start after `now` was recorded before the clock stepped back: it counts
 * as one at `now`.
 */
function startsAt(starts: readonly EpochMs[], now: EpochMs, limits: PaceLimits): readonly EpochMs[] {
  const horizon = now - Math.max(KEEP_STARTS_MS, ...limits.map(({ windowMs }) => windowMs));
  return starts.map((start) => Math.min(start, now)).filter((start) => start > horizon);
}

/** Milliseconds until one more request may start. `starts` are ascending and not after `now`. */
function placeWaitMs(starts: readonly EpochMs[], now: EpochMs, limits: PaceLimits): number {
  let wait = 0;
  for (const { windowMs, requests } of limits) {
    if (requests < 1) return windowMs;
    // The window is full while the start that is `requests` places back is still inside it.
    const blocking = starts.at(-requests);
    if (blocking !== undefined) wait = Math.max(wait, blocking + windowMs - now);
  }
  return wait;
}

/** A pause ordered after `now`, before the clock stepped back, begins at `now` and keeps its length. */
function pauseAt(pause: Pause, now: EpochMs): Pause {
  return now < pause.from ? { from: now, until: now + pause.until - pause.from } : pause;
}

/** How many minutes a number of requests takes at this pace, at least; a whole number. */
export function minutesOfRequests(requests: number, limits: PaceLimits): number {
  const perMinute = Math.min(...limits.map((limit) => (limit.requests / limit.windowMs) * MINUTE_MS));
  return Math.ceil(requests / perMinute);
}
