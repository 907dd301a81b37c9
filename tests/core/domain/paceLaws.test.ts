/** The laws of the request budget, as literally as they can be written: docs/decisions/0020. */
import {
  NO_PACE,
  noteAnswer,
  orderPause,
  type PaceLimits,
  type PaceState,
  reservePlace,
} from '@candlelake/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const START = Date.UTC(2026, 10, 22, 12);
const SECOND = 1_000;
const ROUTE = '/candles';
/** One request a second. */
const BASE: PaceLimits = [{ windowMs: SECOND, requests: 1 }];
const MOST_PER_SECOND = 10;

const windowsArbitrary = fc.record({
  windowMs: fc.constantFrom(1, 2, 7, 10, 60).map((seconds) => seconds * SECOND),
  runs: fc.array(
    fc.record({
      /** What each window of the run holds. */
      requests: fc.constantFrom(1, 4, 15, 30, 100, 500),
      windows: fc.integer({ min: 1, max: 6 }),
      /** Parts of what is left that others take, one after the other. */
      taken: fc.array(fc.double({ min: 0, max: 0.9, noNaN: true }), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

/** An exchange whose windows follow each other without a gap; each answer is noted, and the rate read. */
function announcing(windowMs: number) {
  let state: PaceState = NO_PACE;
  return (index: number, elapsedMs: number, remaining: number): number => {
    const now = START + index * windowMs + elapsedMs;
    const announcement = { remaining, expiresInMs: windowMs - elapsedMs };
    const answer = { now, sentAt: now, route: ROUTE, limits: BASE, mostPerSecond: MOST_PER_SECOND };
    state = noteAnswer(state, { ...answer, announcement });
    return reservePlace(state, { now, route: ROUTE, limits: BASE }).perSecond;
  };
}

describe('the rate of a route', () => {
  test('falls with any answer, and rises with new windows only: up to one a second at once, then doubled after five seconds', () => {
    fc.assert(
      fc.property(windowsArbitrary, ({ windowMs, runs }) => {
        const rateAfter = announcing(windowMs);
        const windows = runs.flatMap((run) => Array.from({ length: run.windows }, () => run));
        let [rate, changedAt] = [1, 0];
        for (const [index, { requests, taken }] of windows.entries()) {
          let left = requests;
          for (const [part, elapsedMs] of [0, ...taken].map(
            (one, at) => [one, (at * windowMs) / 4] as const,
          )) {
            left -= Math.floor(part * left);
            const at = index * windowMs + elapsedMs;
            const share = Math.min(MOST_PER_SECOND, Math.max(1 / 8, (0.4 * left * SECOND) / windowMs));
            const before = rate;
            if (share < rate) rate = share;
            else if (elapsedMs === 0 && rate < 1) rate = Math.min(1, share);
            else if (elapsedMs === 0 && index > 0 && at - changedAt >= 5 * SECOND)
              rate = Math.min(2 * rate, share);
            if (rate !== before) changedAt = at;
            // The request of a window's first answer was one of it.
            expect(rateAfter(index, elapsedMs, elapsedMs === 0 ? left - 1 : left)).toBeCloseTo(rate, 9);
          }
        }
      }),
    );
  });
});

/** Nine tenths of them are whole numbers. */
const LIMITS: PaceLimits = [
  { windowMs: SECOND, requests: 10 },
  { windowMs: 5 * SECOND, requests: 20 },
];

const askArbitrary = fc.record({
  gapMs: fc.constantFrom(0, 0, 0, 50, 137, 400, 1_000),
  kind: fc.constantFrom('live', 'live', 'background', 'background', 'pause'),
  pauseMs: fc.integer({ min: 1, max: 1_500 }),
});

/** Whether a start at `at` keeps this part of every window. */
function fits(starts: readonly number[], at: number, part: number): boolean {
  return LIMITS.every(({ windowMs, requests }) => {
    const inside = starts.filter((start) => start > at - windowMs);
    return inside.length + 1 <= requests * part;
  });
}

describe('a place of the base pace', () => {
  test('is free as soon as every window has room, for backfill nine tenths of it; a wait writes nothing', () => {
    fc.assert(
      fc.property(fc.array(askArbitrary, { minLength: 20, maxLength: 80 }), (asks) => {
        let state: PaceState = NO_PACE;
        let [now, pausedUntil] = [START, START];
        const starts: number[] = [];
        for (const { gapMs, kind, pauseMs } of asks) {
          now += gapMs;
          if (kind === 'pause') {
            state = orderPause(state, { now, until: now + pauseMs });
            pausedUntil = Math.max(pausedUntil, now + pauseMs);
          }
          const isBackground = kind === 'background';
          const part = isBackground ? 0.9 : 1;
          const ask = { now, route: ROUTE, limits: LIMITS, ...(isBackground ? { isBackground } : {}) };
          const place = reservePlace(state, ask);
          const free = now + place.waitMs;
          if (free === now) starts.push(now);
          else expect(place.state).toBe(state);
          const earlier = free === now ? starts.slice(0, -1) : starts;
          if (pausedUntil > now) expect(free).toBe(pausedUntil);
          else {
            expect(fits(earlier, free, part)).toBe(true);
            if (free > now) expect(fits(earlier, free - 1, part)).toBe(false);
          }
          state = place.state;
        }
      }),
    );
  });

  test('is free within one window after the clock was set back, whatever was recorded before', () => {
    let state: PaceState = NO_PACE;
    const ask = (at: number) => {
      const place = reservePlace(state, { now: START + at, route: ROUTE, limits: BASE });
      state = place.state;
      return place.waitMs;
    };
    expect([ask(0), ask(60 * SECOND)]).toEqual([0, 0]);
    // The first start is in the past, the second one lies ahead and counts as one of now.
    expect([ask(10 * SECOND), ask(10 * SECOND + 999), ask(11 * SECOND)]).toEqual([1_000, 1, 0]);
  });

  test('is forgotten: a state holds the starts of two minutes, however long requests go on', () => {
    let state: PaceState = NO_PACE;
    for (let second = 0; second < 1_000; second++)
      ({ state } = reservePlace(state, { now: START + second * SECOND, route: ROUTE, limits: BASE }));
    expect(state.starts.length).toBeGreaterThanOrEqual(60);
    expect(state.starts.length).toBeLessThanOrEqual(120);
  });
});

describe('a request that waits above the base pace', () => {
  test('writes once that it is a live one, and nothing else', () => {
    let state: PaceState = NO_PACE;
    const announcement = { remaining: 499, expiresInMs: 10 * SECOND };
    for (let at = START - 60 * SECOND; at <= START; at += 10 * SECOND)
      state = noteAnswer(state, {
        ...{ now: at, sentAt: at, route: ROUTE, announcement, limits: BASE },
        mostPerSecond: MOST_PER_SECOND,
      });
    const ask = (at: number, isBackground?: true) => {
      const place = { now: START + at, route: ROUTE, limits: BASE };
      const reserved = reservePlace(state, isBackground ? { ...place, isBackground } : place);
      const isWritten = reserved.state !== state;
      state = reserved.state;
      return [reserved.waitMs, isWritten];
    };
    // Ten a second are two in 200 ms.
    expect([ask(0), ask(0)]).toEqual([
      [0, true],
      [0, true],
    ]);
    expect(ask(0, true)).toEqual([200, false]);
    expect([ask(0), ask(0), ask(150)]).toEqual([
      [200, true],
      [200, false],
      [50, false],
    ]);
    expect(ask(150, true)).toEqual([650, false]);
  });
});
