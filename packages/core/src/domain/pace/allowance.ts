import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time/time.ts';
import type { PaceLimits } from './limits.ts';
import { limitsOfRate } from './limits.ts';

/** What the headers of one answer announce: how many requests are left, and when the window ends. */
export interface Announcement {
  readonly remaining: number;
  readonly expiresInMs: number;
}

/** The rate of a route whose answers announce a window. Instants are exchange time. */
export interface Allowance {
  /** Requests a second, of all processes together. */
  readonly perSecond: number;
  /** Requests of the present window that are left or were ours, without those of others. */
  readonly available: number;
  /** Length of the window: the longer one of the last two that were seen. */
  readonly windowMs: number;
  /** Length of the newest window, as its first answer announced it. */
  readonly newestMs: number;
  /** When the request was sent whose answer showed the present window first. */
  readonly openedAt: EpochMs;
  readonly endsAt: EpochMs;
  readonly raisedAt: EpochMs;
}

/** After a limit a route is not asked faster than this. */
export interface Ceiling {
  readonly perSecond: number;
  readonly until: EpochMs;
}

/** One answer, and the rates between which its announcement counts. */
export interface SeenAnswer {
  readonly announcement: Announcement;
  readonly sentAt: EpochMs;
  readonly now: EpochMs;
  /**
   * Requests that were sent to the route since `openedAt` of the allowance. Those under way count as well:
   * one that overtook the request of this answer is counted in `remaining` already.
   */
  readonly own: number;
  /** The rate without an announcement, in requests a second. */
  readonly basePerSecond: number;
  /** The highest rate, whatever is announced. */
  readonly mostPerSecond: number;
}

/** Requests keep to this part of what the exchange announces: others may be on the same address. */
const ANNOUNCED_SHARE = 0.4;
/** The lowest rate that an announcement causes: enough to notice that it has changed. */
const LEAST_PER_SECOND = 1 / 8;
/** A rate is kept for this long before it is doubled, so that a limit has time to show. */
const STEP_MS = 5 * SECOND_MS;
/** An announcement that is older than its window by this much counts no more. */
const LIFE_MS = 10 * MINUTE_MS;
/** An allowance from further in the future was noted before the clock stepped back. */
const CLOCK_STEP_MS = MINUTE_MS;
/** For this long after a limit the route keeps to half the rate at which the limit came. */
const CEILING_LIFE_MS = 6 * HOUR_MS;

/** The allowance if it counts at `now`, else null. */
export function allowanceAt(allowance: Allowance | null, now: EpochMs): Allowance | null {
  if (allowance === null || now > allowance.endsAt + LIFE_MS) return null;
  return now < allowance.openedAt - CLOCK_STEP_MS ? null : allowance;
}

/**
 * The allowance after one answer: lower at once when less is announced; higher only when a new window has
 * begun and {@link STEP_MS} have passed, and then at most twice as high. The same object when nothing has
 * changed.
 */
export function allowanceAfter(
  allowance: Allowance | null,
  answer: SeenAnswer,
  ceiling: Ceiling | null,
): Allowance {
  const window = windowAfter(allowance, answer);
  const { now, basePerSecond, mostPerSecond } = answer;
  const announced = (ANNOUNCED_SHARE * window.available * SECOND_MS) / window.windowMs;
  const most = ceiling && now < ceiling.until ? Math.min(mostPerSecond, ceiling.perSecond) : mostPerSecond;
  const target = Math.min(most, Math.max(announced, LEAST_PER_SECOND));
  if (allowance === null) return { ...window, perSecond: Math.min(basePerSecond, target), raisedAt: now };
  const isNew = window.openedAt !== allowance.openedAt;
  const { perSecond, raisedAt } = allowance;
  if (target < perSecond) return { ...window, perSecond: target, raisedAt: now };
  if (!isNew && window.available === allowance.available) return allowance;
  if (!isNew || target === perSecond) return { ...window, perSecond, raisedAt };
  if (perSecond < basePerSecond)
    return { ...window, perSecond: Math.min(basePerSecond, target), raisedAt: now };
  if (now - raisedAt < STEP_MS) return { ...window, perSecond, raisedAt };
  return { ...window, perSecond: Math.min(target, 2 * perSecond), raisedAt: now };
}

type Window = Omit<Allowance, 'perSecond' | 'raisedAt'>;

/** The present window: another one when the announced end has moved, else what is left of the known one. */
function windowAfter(
  known: Allowance | null,
  { announcement: { remaining, expiresInMs }, sentAt, now, own }: SeenAnswer,
): Window {
  const endsAt = now + expiresInMs;
  const movedMs = known ? endsAt - known.endsAt : 0;
  if (known && Math.abs(movedMs) <= known.windowMs / 2)
    return { ...windowOf(known), available: Math.min(known.available, remaining + own) };
  // The answer was overtaken by one of the next window.
  if (known && movedMs < 0 && expiresInMs <= now - sentAt) return windowOf(known);
  const windowMs = Math.max(expiresInMs, known?.newestMs ?? 0);
  return { available: remaining + 1, windowMs, newestMs: expiresInMs, openedAt: sentAt, endsAt };
}

function windowOf({ available, windowMs, newestMs, openedAt, endsAt }: Allowance): Window {
  return { available, windowMs, newestMs, openedAt, endsAt };
}

/** The limits of an allowance: its rate, and its part of the whole window. */
export function limitsOfAllowance({ perSecond, available, windowMs }: Allowance): PaceLimits {
  const requests = Math.max(1, Math.floor(ANNOUNCED_SHARE * available));
  return [...limitsOfRate(perSecond), { windowMs, requests }];
}

/** The ceiling after a limit that came at this rate. */
export function ceilingAfterLimit(perSecond: number, basePerSecond: number, now: EpochMs): Ceiling {
  return { perSecond: Math.max(basePerSecond, perSecond / 2), until: now + CEILING_LIFE_MS };
}
