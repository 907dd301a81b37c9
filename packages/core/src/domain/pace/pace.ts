import { type EpochMs, MINUTE_MS, SECOND_MS } from '../time/time.ts';
import {
  type Allowance,
  type Announcement,
  allowanceAfter,
  allowanceAt,
  type Ceiling,
  ceilingAfterLimit,
  limitsOfAllowance,
} from './allowance.ts';
import { type PaceLimits, ratePerSecond, scaleLimits } from './limits.ts';

/**
 * A pause of all requests. `from` is when it was ordered. A clock that shows an earlier time was set back
 * since.
 */
export interface Pause {
  readonly from: EpochMs;
  readonly until: EpochMs;
}

/** What is known of one route of the exchange. */
export interface RoutePace {
  /** Starts of the requests that were sent at a rate above the base pace, ascending. */
  readonly starts: readonly EpochMs[];
  readonly allowance: Allowance | null;
  readonly ceiling: Ceiling | null;
  /** Until then background requests above the base pace give way: a live one waits for a place. */
  readonly liveUntil: EpochMs;
}

/**
 * What a store keeps of the requests of all its processes. Instants are exchange time: the clocks of two
 * processes may differ.
 */
export interface PaceState {
  /** When the latest requests at the base pace started, to any route, ascending. */
  readonly starts: readonly EpochMs[];
  readonly pause: Pause;
  readonly routes: Readonly<Record<string, RoutePace>>;
}

export interface PlaceRequest {
  readonly now: EpochMs;
  readonly route: string;
  /** The base pace: that of all routes together whose answers announce no higher one. */
  readonly limits: PaceLimits;
  /** The part of the pace that is in force; 1 when left out. */
  readonly part?: number;
  /** Gives way to live requests, which are all others. */
  readonly isBackground?: boolean;
}

/** The answer to one request for a start, and what the store keeps afterwards. */
export interface Reservation {
  /** 0 when the request may start now, else the time to wait before the next try. */
  readonly waitMs: number;
  /** The rate of the route in requests a second, without the share. */
  readonly perSecond: number;
  /** The same object as before when there is nothing to write. */
  readonly state: PaceState;
}

export const NO_PACE: PaceState = { starts: [], pause: { from: 0, until: 0 }, routes: {} };
const NEW_ROUTE: RoutePace = { starts: [], allowance: null, ceiling: null, liveUntil: 0 };

/** How long the starts of requests are kept at least: longer than any window of the base pace. */
const KEEP_STARTS_MS = 2 * MINUTE_MS;

/**
 * A background request keeps to this part of the base pace: a live request of another process on the store
 * then finds a place within a second or two.
 */
const BACKGROUND_SHARE = 0.9;

/**
 * Above the base pace the processes' ideas of the time differ by more than the time between two places, so
 * that a live request could lose every race. It says that it waits, and gets this long to take its place.
 */
const LIVE_GRACE_MS = 600;

/** A live request that waits for longer is held up by more than the rate. */
const LONGEST_WAY_MS = 5 * SECOND_MS;

/**
 * Takes a place for one request, or returns how long to wait for one. A route whose allowance is above the
 * base pace has places of its own; all others share those of the base pace, as long as the exchange has not
 * said that it counts each route apart.
 */
export function reservePlace(before: PaceState, request: PlaceRequest): Reservation {
  const { now, route, limits, part = 1, isBackground = false } = request;
  const pause = pauseAt(before.pause, now);
  const state = pause === before.pause ? before : { ...before, pause };
  const known = state.routes[route] ?? NEW_ROUTE;
  const allowance = allowanceAt(known.allowance, now);
  const basePerSecond = ratePerSecond(limits);
  const perSecond = allowance?.perSecond ?? basePerSecond;
  if (pause.until > now) return { waitMs: pause.until - now, perSecond, state };
  const announced = allowance ? limitsOfAllowance(allowance) : [];
  if (perSecond > basePerSecond) {
    const place = takePlace(known.starts, { now, limits: scaleLimits(announced, part) });
    return { perSecond, ...raisedPlace(state, { known, place, ...request }) };
  }
  const kept = scaleLimits([...limits, ...announced], isBackground ? part * BACKGROUND_SHARE : part);
  const { waitMs, starts } = takePlace(state.starts, { now, limits: kept, keepMs: KEEP_STARTS_MS });
  return { waitMs, perSecond, state: starts === state.starts ? state : { ...state, starts } };
}

/** A place of a route above the base pace: a background request gives way to a live one that waits. */
function raisedPlace(
  state: PaceState,
  { known, place, now, route, isBackground = false }: PlaceRequest & { known: RoutePace; place: Place },
): Pick<Reservation, 'waitMs' | 'state'> {
  const { waitMs, starts } = place;
  const wayMs = Math.min(known.liveUntil - now, LONGEST_WAY_MS);
  if (isBackground && wayMs > 0) return { waitMs: Math.max(waitMs, wayMs), state };
  const liveUntil = isBackground || waitMs === 0 ? 0 : now + waitMs + LIVE_GRACE_MS;
  if (starts === known.starts && liveUntil <= known.liveUntil) return { waitMs, state };
  return { waitMs, state: withRoute(state, route, { ...known, starts, liveUntil }) };
}

interface Place {
  readonly waitMs: number;
  /** The same list when there is nothing to write. */
  readonly starts: readonly EpochMs[];
}

/** Takes a place in a list of starts, or returns how long to wait for one. */
function takePlace(
  recorded: readonly EpochMs[],
  { now, limits, keepMs = 0 }: { now: EpochMs; limits: PaceLimits; keepMs?: number },
): Place {
  const longestMs = Math.max(keepMs, ...limits.map(({ windowMs }) => windowMs));
  const starts = startsAt(recorded, now, longestMs);
  const waitMs = placeWaitMs(starts, now, limits);
  if (waitMs === 0) return { waitMs, starts: [...starts, now] };
  return { waitMs, starts: recorded.some((start) => start > now) ? starts : recorded };
}

/** The newest start of the base pace or of a route; 0 without one. */
export function newestStart({ starts, routes }: PaceState, route: string): EpochMs {
  return Math.max(starts.at(-1) ?? 0, routes[route]?.starts.at(-1) ?? 0);
}

export interface RouteAnswer {
  readonly now: EpochMs;
  readonly sentAt: EpochMs;
  readonly route: string;
  /** What the headers announce; null without them. */
  readonly announcement: Announcement | null;
  readonly limits: PaceLimits;
  readonly mostPerSecond: number;
}

/** The state after an answer that is no limit: without an announcement the route is back at the base pace. */
export function noteAnswer(
  state: PaceState,
  { route, announcement, limits, ...answer }: RouteAnswer,
): PaceState {
  const known = state.routes[route] ?? NEW_ROUTE;
  const current = allowanceAt(known.allowance, answer.now);
  const basePerSecond = ratePerSecond(limits);
  if (announcement === null)
    return known.allowance === null
      ? state
      : withRoute(state, route, { ...known, starts: [], allowance: null });
  const starts = current && current.perSecond > basePerSecond ? known.starts : state.starts;
  const openedAt = current?.openedAt ?? answer.sentAt;
  const own = starts.filter((start) => start >= openedAt).length;
  const seen = { ...answer, announcement, own, basePerSecond };
  const allowance = allowanceAfter(current, seen, known.ceiling);
  return allowance === known.allowance ? state : withRoute(state, route, { ...known, allowance });
}

/** The state after a limit: a pause, and every route is back at the base pace with a lower ceiling. */
export function noteLimit(
  state: PaceState,
  { now, until, limits }: { readonly now: EpochMs; readonly until: EpochMs; readonly limits: PaceLimits },
): PaceState {
  const basePerSecond = ratePerSecond(limits);
  const routes = Object.entries(state.routes).map(([route, { allowance, ceiling }]) => {
    const lower = allowance ? ceilingAfterLimit(allowance.perSecond, basePerSecond, now) : ceiling;
    return [route, { ...NEW_ROUTE, ceiling: lower }] as const;
  });
  return { ...orderPause(state, { now, until }), routes: Object.fromEntries(routes) };
}

/** The state after another pause was ordered at `now`: the one that ends later is in force. */
export function orderPause(
  state: PaceState,
  { now, until }: { readonly now: EpochMs; readonly until: EpochMs },
): PaceState {
  const current = pauseAt(state.pause, now);
  const pause = until > current.until ? { from: now, until } : current;
  return pause === state.pause ? state : { ...state, pause };
}

function withRoute(state: PaceState, route: string, pace: RoutePace): PaceState {
  return { ...state, routes: { ...state.routes, [route]: pace } };
}

/**
 * The starts that count at `now`. A start after `now` was recorded before the clock was set back, or by a
 * process that did not know the exchange's time yet: it counts as one at `now`.
 */
function startsAt(starts: readonly EpochMs[], now: EpochMs, keepMs: number): readonly EpochMs[] {
  return starts.map((start) => Math.min(start, now)).filter((start) => start > now - keepMs);
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
