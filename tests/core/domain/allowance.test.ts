import { describe, expect, test } from 'vitest';
import {
  type Announcement,
  DEFAULT_PACE_LIMITS,
  NO_PACE,
  noteAnswer,
  noteLimit,
  type PaceState,
  paceText,
  parsePaceText,
  reservePlace,
} from '../../../packages/core/src/index.ts';

const START = Date.UTC(2026, 10, 22, 12);
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const ROUTE = '/candles';
/** As recorded: docs/bingx.md, "Rate limits". */
const WINDOW_MS = 10 * SECOND;

const note = (
  state: PaceState,
  at: number,
  announcement: Announcement | null,
  { mostPerSecond = 10, tookMs = 0, route = ROUTE } = {},
) => {
  const now = START + at;
  const limits = DEFAULT_PACE_LIMITS;
  return noteAnswer(state, { now, sentAt: now - tookMs, route, announcement, limits, mostPerSecond });
};
const rateOf = (state: PaceState, at: number, route = ROUTE) =>
  reservePlace(state, { now: START + at, route, limits: DEFAULT_PACE_LIMITS }).perSecond;
const opening = (requests: number, windowMs = WINDOW_MS): Announcement => ({
  remaining: requests - 1,
  expiresInMs: windowMs,
});

/** The rate after each of a number of windows of the same size, one after the other. */
function ratesOf(requests: number, { windowMs = WINDOW_MS, windows = 8, mostPerSecond = 10 } = {}) {
  let state: PaceState = NO_PACE;
  return Array.from({ length: windows }, (_, index) => {
    const at = index * windowMs;
    state = note(state, at, opening(requests, windowMs), { mostPerSecond });
    return rateOf(state, at);
  });
}

/** A route at ten a second, at the start of a window. */
function raised(): PaceState {
  let state: PaceState = NO_PACE;
  for (let index = -8; index <= 0; index++) state = note(state, index * WINDOW_MS, opening(500));
  expect(rateOf(state, 0)).toBe(10);
  return state;
}

describe('the rate of a route', () => {
  test('is one a second without an announcement, and with the first one', () => {
    expect(rateOf(NO_PACE, 0)).toBe(1);
    expect(rateOf(note(NO_PACE, 0, opening(500)), 0)).toBe(1);
  });

  test.each([
    // 40 % of 500 in 10 s is 20 a second.
    [500, 10, [1, 2, 4, 8, 10, 10, 10, 10]],
    [500, 25, [1, 2, 4, 8, 16, 20, 20, 20]],
    [100, 10, [1, 2, 4, 4, 4, 4, 4, 4]],
    [30, 10, [1, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2]],
    [20, 10, [0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]],
    [500, 0.5, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]],
  ])(
    'with %d in 10 s and a most of %d doubles from window to window up to 40 %%: %j',
    (requests, mostPerSecond, rates) => {
      expect(ratesOf(requests, { mostPerSecond })).toEqual(rates);
    },
  );

  test('is kept for at least five seconds before it is doubled, however short the windows are', () => {
    const rates = ratesOf(50, { windowMs: SECOND, windows: 11 });
    expect(rates).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 4]);
  });

  test('never sinks below a request in eight seconds: the next answer may announce more', () => {
    expect(rateOf(note(NO_PACE, 0, opening(1, 60 * SECOND)), 0)).toBe(1 / 8);
  });

  test('falls at once when a new window holds less, and rises again step by step', () => {
    const shrunk = note(raised(), WINDOW_MS, opening(50));
    expect(rateOf(shrunk, WINDOW_MS)).toBe(2);
    let state = shrunk;
    const rates = [2, 3, 4, 5].map((index) => {
      state = note(state, index * WINDOW_MS, opening(500));
      return rateOf(state, index * WINDOW_MS);
    });
    expect(rates).toEqual([4, 8, 10, 10]);
  });

  test('falls at once when others take the rest of the window', () => {
    // 25 of 500 are left, and one of them was ours: 40 % of 26 in 10 s.
    const state = note(raised(), 5 * SECOND, { remaining: 25, expiresInMs: 5 * SECOND });
    expect(rateOf(state, 5 * SECOND)).toBeCloseTo(1, 5);
  });

  test('falls to one a second at once when the headers vanish', () => {
    expect(rateOf(note(raised(), SECOND, null), SECOND)).toBe(1);
  });

  test('is not lowered by the requests of this store, also those under way', () => {
    let state = raised();
    for (let request = 0; request < 60; request++) {
      const place = reservePlace(state, {
        now: START + request * 100,
        route: ROUTE,
        limits: DEFAULT_PACE_LIMITS,
      });
      state = place.state;
    }
    // Of 60 places that were asked for the exchange has counted 55.
    const at = 6 * SECOND;
    expect(rateOf(note(state, at, { remaining: 445, expiresInMs: 4 * SECOND }), at)).toBe(10);
  });

  test('is not lowered by an answer that was overtaken by one of the next window', () => {
    const next = note(raised(), WINDOW_MS, opening(500), { tookMs: 100 });
    const late = note(next, WINDOW_MS + 50, { remaining: 400, expiresInMs: 60 }, { tookMs: 300 });
    expect(rateOf(late, WINDOW_MS + 50)).toBe(10);
  });

  test('follows a first answer that took longer than the rest of its window', () => {
    const slow: Announcement = { remaining: 3, expiresInMs: 100 };
    expect(rateOf(note(NO_PACE, 0, slow, { tookMs: 300 }), 0)).toBe(1);
    // The window after that of `raised`, almost over: 40 % of 4 requests in ten seconds.
    const at = 2 * WINDOW_MS - 100;
    expect(rateOf(note(raised(), at, slow, { tookMs: 300 }), at)).toBeCloseTo(0.16, 5);
  });

  test('is that of each route by itself', () => {
    const state = raised();
    expect(rateOf(state, 0, '/contracts')).toBe(1);
    expect(rateOf(note(state, 0, null, { route: '/contracts' }), 0)).toBe(10);
  });

  test('is one a second again after ten minutes without an answer, or when the clock stepped back', () => {
    const state = raised();
    expect(rateOf(state, WINDOW_MS + 10 * 60 * SECOND)).toBe(10);
    expect(rateOf(state, WINDOW_MS + 10 * 60 * SECOND + 1)).toBe(1);
    // A clock that is behind by up to a minute may be that of another process.
    expect([-60 * SECOND, -60 * SECOND - 1, -HOUR].map((at) => rateOf(state, at))).toEqual([10, 1, 1]);
  });
});

describe('a limit', () => {
  const limit = (state: PaceState, at: number) =>
    noteLimit(state, { now: START + at, until: START + at + 60 * SECOND, limits: DEFAULT_PACE_LIMITS });
  const climb = (state: PaceState, from: number) => {
    let next = state;
    for (let index = 0; index < 8; index++) next = note(next, from + index * WINDOW_MS, opening(500));
    return rateOf(next, from + 7 * WINDOW_MS);
  };

  test('brings every route back to one a second at once', () => {
    const state = limit(note(raised(), 0, opening(500), { route: '/contracts' }), SECOND);
    expect(rateOf(state, SECOND)).toBe(1);
    expect(rateOf(state, SECOND, '/contracts')).toBe(1);
  });

  test('halves the rate that may be reached in the next six hours, once for requests that met it together', () => {
    const state = limit(limit(raised(), SECOND), SECOND + 10);
    expect(climb(state, 2 * 60 * SECOND)).toBe(5);
    expect(climb(state, 5 * HOUR)).toBe(5);
    // The last of eight windows begins one ms before the six hours are over, and with their end.
    const firstWindow = SECOND + 6 * HOUR - 7 * WINDOW_MS;
    expect([firstWindow - 1, firstWindow].map((from) => climb(state, from))).toEqual([5, 10]);
    expect(climb(state, SECOND + 6 * HOUR)).toBe(10);
    expect(climb(limit(note(NO_PACE, 0, opening(500)), 0), 60 * SECOND)).toBe(1);
  });
});

describe('places', () => {
  /** Starts within a minute of one who asks again as soon as a place is free. */
  function startsOf(state: PaceState, { route = ROUTE, part = 1 } = {}): readonly number[] {
    const starts: number[] = [];
    let [next, now] = [state, START];
    while (now < START + 60 * SECOND) {
      const limits = DEFAULT_PACE_LIMITS;
      const { waitMs, state: after } = reservePlace(next, { now, route, limits, part });
      next = after;
      if (waitMs === 0) starts.push(now);
      now += waitMs;
    }
    return starts;
  }

  test('of a route above the base pace are its own, spread over the second', () => {
    const starts = startsOf(raised());
    expect(starts).toHaveLength(600);
    for (const start of starts) {
      expect(starts.filter((other) => other >= start && other < start + SECOND).length).toBeLessThanOrEqual(
        10,
      );
      expect(starts.filter((other) => other >= start && other < start + 200).length).toBeLessThanOrEqual(2);
    }
    expect(startsOf({ ...raised(), starts: starts.slice(0, 60) }, { part: 0.5 })).toHaveLength(300);
  });

  test('above the base pace are left to a live request that waits, until it has had its time', () => {
    const limits = DEFAULT_PACE_LIMITS;
    // A request that does not say that it gives way is a live one.
    const at = (now: number, isBackground: boolean) => ({
      ...{ now: START + now, route: ROUTE, limits },
      ...(isBackground ? { isBackground } : {}),
    });
    let state = raised();
    const ask = (now: number, isBackground = false) => {
      const { waitMs, state: after } = reservePlace(state, at(now, isBackground));
      state = after;
      return waitMs;
    };
    expect([ask(0, true), ask(0, true), ask(10, true)]).toEqual([0, 0, 190]);
    // The live one has to wait too, but its place is kept when the background asks first.
    expect([ask(20), ask(200, true), ask(205)]).toEqual([180, 600, 0]);
    expect(ask(205, true)).toBe(0);
    // A live one that never comes back holds the others up for 600 ms.
    expect([ask(210), ask(600, true), ask(1_004, true)]).toEqual([195, 405, 1]);
    // Then there are two places in 200 ms again, no more.
    expect([ask(1_005, true), ask(1_005, true), ask(1_005, true)]).toEqual([0, 0, 200]);
  });

  test('of all other routes are shared: a second one finds none while the first takes the base pace', () => {
    let state: PaceState = NO_PACE;
    const limits = DEFAULT_PACE_LIMITS;
    ({ state } = reservePlace(state, { now: START, route: '/contracts', limits }));
    expect(reservePlace(state, { now: START, route: '/time', limits }).waitMs).toBe(SECOND);
  });

  test('come back from the text of a store as they were', () => {
    let state = note(raised(), 0, opening(100), { route: '/contracts' });
    for (let request = 0; request < 30; request++)
      ({ state } = reservePlace(state, {
        now: START + request * 150,
        route: request % 3 === 0 ? '/time' : ROUTE,
        limits: DEFAULT_PACE_LIMITS,
      }));
    state = noteLimit(note(state, SECOND, opening(500), { route: '/time' }), {
      ...{ now: START + SECOND, until: START + HOUR, limits: DEFAULT_PACE_LIMITS },
    });
    expect(parsePaceText(paceText(state))).toEqual(state);
    expect(parsePaceText(paceText(raised()))).toEqual(raised());
    expect(parsePaceText(null)).toEqual(NO_PACE);
  });
});
