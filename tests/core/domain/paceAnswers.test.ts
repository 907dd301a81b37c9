import {
  type Allowance,
  allowanceAfter,
  minutesOfRequests,
  NO_PACE,
  newestStart,
  noteAnswer,
  orderPause,
  type PaceLimits,
  type PaceState,
  scaleLimits,
} from '@candlelake/core';
import { describe, expect, test } from 'vitest';

const OPENED = Date.UTC(2026, 10, 22, 12);
const SECOND = 1_000;
const ROUTE = '/candles';
/** A window of 100 requests in ten seconds: 40 % of it are four a second. */
const KNOWN: Allowance = {
  ...{ perSecond: 4, available: 100, windowMs: 10 * SECOND, newestMs: 10 * SECOND },
  ...{ openedAt: OPENED, endsAt: OPENED + 10 * SECOND, raisedAt: OPENED },
};
const AT = OPENED + 5 * SECOND;

describe('what is left of a window', () => {
  const left = (remaining: number, own: number, known = KNOWN) => {
    const seen = { announcement: { remaining, expiresInMs: 5 * SECOND }, now: AT, sentAt: AT, own };
    return allowanceAfter(known, { ...seen, basePerSecond: 1, mostPerSecond: 10 }, null);
  };

  test('counts the requests of this store as left', () => {
    expect(left(60, 40)).toBe(KNOWN);
    expect(left(60, 39)).toMatchObject({ available: 99, perSecond: 3.96 });
  });

  test('is kept when the rate is low enough for it', () => {
    expect(left(60, 39, { ...KNOWN, perSecond: 2 })).toMatchObject({ available: 99, perSecond: 2 });
  });

  test('is not told by an answer that was sent in the window before it', () => {
    const sentAt = OPENED - SECOND;
    const now = OPENED + SECOND / 2;
    const overtaken = (expiresInMs: number) => {
      const seen = { announcement: { remaining: 3, expiresInMs }, now, sentAt, own: 0 };
      return allowanceAfter(KNOWN, { ...seen, basePerSecond: 1, mostPerSecond: 10 }, null);
    };
    // It took 1.5 s: a window that ended sooner than that was over when the answer came.
    expect(overtaken(1_500)).toBe(KNOWN);
    expect(overtaken(1_501)).toMatchObject({ available: 4, openedAt: sentAt, perSecond: 0.16 });
  });
});

describe('the requests of this store', () => {
  // One of the window before, the first of this one, and one more.
  const starts = [OPENED - 1, OPENED, OPENED + SECOND];
  const route = { starts: [], allowance: KNOWN, ceiling: null, liveUntil: 0 };
  const rateAfter = (state: PaceState, remaining: number, limits: PaceLimits) => {
    const answer = { now: AT, sentAt: AT, route: ROUTE, limits, mostPerSecond: 10 };
    return noteAnswer(state, { ...answer, announcement: { remaining, expiresInMs: 5 * SECOND } });
  };

  test.each([
    ['the route, above the base pace', 1, [], starts],
    ['all routes, at the base pace', 4, starts, []],
  ])('are those since the window opened, of %s', (_title, requests, shared, own) => {
    const state: PaceState = { ...NO_PACE, starts: shared, routes: { [ROUTE]: { ...route, starts: own } } };
    const limits = [{ windowMs: SECOND, requests }];
    expect(rateAfter(state, 98, limits)).toBe(state);
    expect(rateAfter(state, 97, limits).routes[ROUTE]!.allowance).toMatchObject({ perSecond: 3.96 });
  });

  test('are forgotten with the announcement; without one nothing is written', () => {
    const answer = { now: AT, sentAt: AT, route: ROUTE, mostPerSecond: 10, announcement: null };
    const limits = [{ windowMs: SECOND, requests: 1 }];
    expect(noteAnswer(NO_PACE, { ...answer, limits })).toBe(NO_PACE);
    const raised = { ...NO_PACE, routes: { [ROUTE]: { ...route, starts } } };
    expect(noteAnswer(raised, { ...answer, limits }).routes[ROUTE]).toEqual({ ...route, allowance: null });
  });
});

test('the newest start is that of the base pace or of the route', () => {
  const route = { starts: [2, 4, 9], allowance: null, ceiling: null, liveUntil: 0 };
  const state = { ...NO_PACE, starts: [1, 3, 5], routes: { [ROUTE]: route } };
  expect(newestStart(state, ROUTE)).toBe(9);
  expect(newestStart({ ...state, starts: [1, 12] }, ROUTE)).toBe(12);
  expect(newestStart(state, '/other')).toBe(5);
  expect(newestStart(NO_PACE, ROUTE)).toBe(0);
});

test('a pause that ends no later than the one in force changes nothing', () => {
  const paused = orderPause(NO_PACE, { now: AT, until: AT + 9 });
  expect(paused.pause).toEqual({ from: AT, until: AT + 9 });
  expect(orderPause(paused, { now: AT + 1, until: AT + 9 })).toBe(paused);
});

test('a part of a limit lengthens its window to a whole number of requests', () => {
  const limits = [{ windowMs: 10 * SECOND, requests: 10 }];
  expect(scaleLimits(limits, 0.25)).toEqual([{ windowMs: 12 * SECOND, requests: 3 }]);
  expect(scaleLimits(limits, 0.7)).toEqual([{ windowMs: 10 * SECOND, requests: 7 }]);
  expect(scaleLimits(limits, 1)).toBe(limits);
});

test('requests take whole minutes at the pace of the tightest limit', () => {
  const limits = [
    { windowMs: SECOND, requests: 10 },
    { windowMs: 60 * SECOND, requests: 300 },
  ];
  expect([0, 1, 300, 301].map((requests) => minutesOfRequests(requests, limits))).toEqual([0, 1, 1, 2]);
});
