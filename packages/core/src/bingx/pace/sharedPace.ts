import type { Announcement } from '../../domain/pace/allowance.ts';
import { ratePerSecond } from '../../domain/pace/limits.ts';
import {
  newestStart,
  noteAnswer,
  noteLimit,
  orderPause,
  type PaceState,
  type PlaceRequest,
  reservePlace,
} from '../../domain/pace/pace.ts';
import { type EpochMs, MINUTE_MS } from '../../domain/time/time.ts';
import type { ExchangeClock, PaceLimits, PaceStore, Report } from '../../ports.ts';

export interface SharedPaceOptions {
  readonly pace: PaceStore;
  /**
   * The pace is kept in exchange time: the clocks of processes on one store may differ. Synced when it does
   * not tell.
   */
  readonly exchangeClock: ExchangeClock & { isSynced?(): boolean };
  /** The base pace: that of routes whose answers announce no window. */
  readonly limits: PaceLimits;
  /** The highest rate of a route, whatever is announced; that of the base pace when left out. */
  readonly mostPerSecond?: number | undefined;
  readonly report: Report;
}

/** The headers of one answer that is no limit. */
export interface NotedAnswer {
  /** The path of the request: the exchange counts each one apart. */
  readonly route: string;
  /** Exchange time. */
  readonly sentAt: EpochMs;
  /** Null without headers. */
  readonly announcement: Announcement | null;
}

/** The pace that all processes on one store share, as one of them sees it. */
export interface SharedPace {
  /** Takes a place of a route. Returns 0, or the ms to wait before the next try. */
  reserve(route: string, place: Pick<PlaceRequest, 'part' | 'isBackground'>): Promise<number>;
  /** The rate of the route follows what its answers announce. */
  note(answer: NotedAnswer): Promise<void>;
  /** No request of any process for `pauseMs`. */
  pause(pauseMs: number): Promise<void>;
  /** The same, and every route goes back to the base pace. */
  limit(pauseMs: number): Promise<void>;
  /** Requests a second to a route as last known, of all processes. */
  perSecond(route: string): number;
}

/** A start that is further ahead was recorded by a clock that was wrong. */
const LARGEST_SKEW_MS = MINUTE_MS;

export function createSharedPace(options: SharedPaceOptions): SharedPace {
  const { pace, exchangeClock, limits, report } = options;
  const basePerSecond = ratePerSecond(limits);
  const { mostPerSecond = basePerSecond } = options;
  const rates = new Map<string, number>();
  const perSecond = (route: string) => rates.get(route) ?? basePerSecond;
  /** How far this machine's clock is behind the newest start, while the exchange's time is not known. */
  let behindMs = 0;
  function paceTime(state: PaceState, route: string): EpochMs {
    const now = exchangeClock.now();
    if (exchangeClock.isSynced?.() ?? true) {
      // A later time without sync goes on from this one: what was missing before it no longer is.
      behindMs = 0;
      return now;
    }
    const missingMs = newestStart(state, route) - now;
    if (missingMs <= LARGEST_SKEW_MS) behindMs = Math.max(behindMs, missingMs);
    return now + behindMs;
  }
  return {
    perSecond,
    async reserve(route, place) {
      const reserved = await pace.changePace((before) => {
        const now = paceTime(before, route);
        const { state, ...result } = reservePlace(before, { now, route, limits, ...place });
        return { state, result };
      });
      rates.set(route, reserved.perSecond);
      return reserved.waitMs;
    },
    async note(answer) {
      const { route } = answer;
      const before = perSecond(route);
      const seen = { ...answer, now: exchangeClock.now(), limits, mostPerSecond };
      const after = await pace.changePace((state) => {
        const next = noteAnswer(state, seen);
        return { state: next, result: next.routes[route]?.allowance?.perSecond ?? basePerSecond };
      });
      rates.set(route, after);
      if (after !== before) report(paceEvent(route, after));
    },
    pause(pauseMs) {
      const now = exchangeClock.now();
      const pause = { now, until: now + pauseMs };
      return pace.changePace((state) => ({ state: orderPause(state, pause), result: undefined }));
    },
    limit(pauseMs) {
      rates.clear();
      const now = exchangeClock.now();
      const limit = { now, until: now + pauseMs, limits };
      return pace.changePace((state) => ({ state: noteLimit(state, limit), result: undefined }));
    },
  };
}

function paceEvent(route: string, rate: number): Parameters<Report>[0] {
  const perSecond = Number(rate.toFixed(2));
  const message = `at most ${perSecond} requests a second to ${route}, by what its answers announce`;
  return { level: 'debug', kind: 'pace', message, fields: { route, perSecond } };
}
