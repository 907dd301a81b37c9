import { noteAnswer, noteLimit, type PaceLimits, type PaceStore } from '@candlelake/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pause, reserve } from '../support/pace.ts';
import { MINUTE, type OpenStore, PROCESS_NOW, withStore } from './storeFixture.ts';

const LIMITS: PaceLimits = [
  { windowMs: 1_000, requests: 2 },
  { windowMs: 10_000, requests: 5 },
];
const HOUR = 60 * MINUTE;

/** The contract of a store of the shared request pace. */
export function paceStoreContract(name: string, open: OpenStore): void {
  describe(`${name} as a pace store`, () => {
    windowTests(open);
    pauseTests(open);
    rateTests(open);
  });
}

function windowTests(open: OpenStore): void {
  test('returns the wait to the millisecond: a place is free then, and not one millisecond earlier', () =>
    withStore(open, async ({ store }) => {
      expect(await reserve(store, PROCESS_NOW, LIMITS)).toBe(0);
      expect(await reserve(store, PROCESS_NOW + 300, LIMITS)).toBe(0);
      expect(await reserve(store, PROCESS_NOW + 400, LIMITS)).toBe(600);
      expect(await reserve(store, PROCESS_NOW + 999, LIMITS)).toBe(1);
      expect(await reserve(store, PROCESS_NOW + 1_000, LIMITS)).toBe(0);
      expect(await reserve(store, PROCESS_NOW + 1_000, LIMITS)).toBe(300);
    }));

  test('keeps the longer window when the shorter one has room', () =>
    withStore(open, async ({ store }) => {
      for (const ms of [0, 0, 1_000, 1_000, 2_000]) {
        expect(await reserve(store, PROCESS_NOW + ms, LIMITS)).toBe(0);
      }
      expect(await reserve(store, PROCESS_NOW + 3_500, LIMITS)).toBe(6_500);
    }));

  test('starts no more requests in any window than the limits allow, over all connections', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            pauseMs: fc.integer({ min: 0, max: 3_000 }),
            isSecond: fc.boolean(),
            isPatient: fc.boolean(),
          }),
          { minLength: 1, maxLength: 40 },
        ),
        (asks) =>
          withStore(open, async ({ store, second }) => {
            let now = PROCESS_NOW;
            const starts: number[] = [];
            for (const { pauseMs, isSecond, isPatient } of asks) {
              now += pauseMs;
              const wait = await reserve(isSecond ? second : store, now, LIMITS);
              if (wait === 0) starts.push(now);
              if (wait > 0 && isPatient) {
                now += wait;
                expect(await reserve(store, now, LIMITS)).toBe(0);
                starts.push(now);
              }
            }
            for (const { windowMs, requests } of LIMITS) {
              for (const start of starts) {
                const inside = starts.filter((time) => time >= start && time < start + windowMs);
                expect(inside.length).toBeLessThanOrEqual(requests);
              }
            }
          }),
      ),
      { numRuns: 40 },
    ));

  test('gives concurrent callers no more places than one caller', () =>
    withStore(open, async ({ store, second }) => {
      const asked = [store, second, store, second, store, second].map((handle) =>
        reserve(handle, PROCESS_NOW, LIMITS),
      );
      expect((await Promise.all(asked)).filter((wait) => wait === 0)).toHaveLength(2);
    }));

  test('keeps the starts over a restart', () =>
    withStore(open, async ({ store, reopen }) => {
      await reserve(store, PROCESS_NOW, LIMITS);
      await reserve(store, PROCESS_NOW, LIMITS);
      expect(await reserve(await reopen(), PROCESS_NOW + 1, LIMITS)).toBe(999);
    }));

  test('applies limits that were lowered since the last start', () =>
    withStore(open, async ({ store }) => {
      expect(await reserve(store, PROCESS_NOW, LIMITS)).toBe(0);
      expect(await reserve(store, PROCESS_NOW + 100, [{ windowMs: 1_000, requests: 1 }])).toBe(900);
    }));

  test('waits at most one window after the clock stepped back', () =>
    withStore(open, async ({ store }) => {
      await reserve(store, PROCESS_NOW + HOUR, LIMITS);
      await reserve(store, PROCESS_NOW + HOUR, LIMITS);
      expect(await reserve(store, PROCESS_NOW, LIMITS)).toBe(1_000);
      expect(await reserve(store, PROCESS_NOW + 600, LIMITS)).toBe(400);
      expect(await reserve(store, PROCESS_NOW + 1_000, LIMITS)).toBe(0);
    }));
}

function pauseTests(open: OpenStore): void {
  test('starts no request before the end of a pause, also after a restart', () =>
    withStore(open, async ({ store, second, reopen }) => {
      await pause(store, PROCESS_NOW, PROCESS_NOW + 5 * MINUTE);
      expect(await reserve(second, PROCESS_NOW + 1, LIMITS)).toBe(5 * MINUTE - 1);
      const reopened = await reopen();
      expect(await reserve(reopened, PROCESS_NOW + 5 * MINUTE - 1, LIMITS)).toBe(1);
      expect(await reserve(reopened, PROCESS_NOW + 5 * MINUTE, LIMITS)).toBe(0);
    }));

  test('is not shortened by a pause that ends earlier', () =>
    withStore(open, async ({ store, second }) => {
      await pause(store, PROCESS_NOW, PROCESS_NOW + 5 * MINUTE);
      await pause(second, PROCESS_NOW, PROCESS_NOW + MINUTE);
      expect(await reserve(store, PROCESS_NOW, LIMITS)).toBe(5 * MINUTE);
    }));

  test('pauses no longer than ordered when the clock steps back', () =>
    withStore(open, async ({ store }) => {
      await pause(store, PROCESS_NOW, PROCESS_NOW + 5 * MINUTE);
      expect(await reserve(store, PROCESS_NOW - HOUR, LIMITS)).toBe(5 * MINUTE);
      expect(await reserve(store, PROCESS_NOW - HOUR + 4 * MINUTE, LIMITS)).toBe(MINUTE);
      expect(await reserve(store, PROCESS_NOW - HOUR + 5 * MINUTE, LIMITS)).toBe(0);
    }));
}

const SLOW: PaceLimits = [{ windowMs: 1_000, requests: 1 }];

/** Notes that a window of 500 requests in 10 s opened at `now`. */
const announce = (store: PaceStore, now: number) =>
  store.changePace((state) => {
    const announcement = { remaining: 499, expiresInMs: 10_000 };
    const answer = { now, sentAt: now, route: '/candles', announcement, limits: SLOW, mostPerSecond: 10 };
    return { state: noteAnswer(state, answer), result: undefined };
  });

const limit = (store: PaceStore, now: number) =>
  store.changePace((state) => ({
    state: noteLimit(state, { now, until: now + MINUTE, limits: SLOW }),
    result: undefined,
  }));

/** How many places one caller gets within a second. */
async function placesInSecond(store: PaceStore, from: number): Promise<number> {
  let places = 0;
  for (let now = from; now < from + 1_000; ) {
    const waitMs = await reserve(store, now, SLOW);
    if (waitMs === 0) places++;
    now += waitMs;
  }
  return places;
}

function rateTests(open: OpenStore): void {
  test('a rate that one connection has raised holds for the others, and after a restart', () =>
    withStore(open, async ({ store, second, reopen }) => {
      for (let window = 0; window < 6; window++) await announce(store, PROCESS_NOW + window * 10_000);
      const now = PROCESS_NOW + 51_000;
      expect(await placesInSecond(second, now)).toBe(10);
      expect(await placesInSecond(await reopen(), now + 10_000)).toBe(10);
    }));

  test('a limit that one connection meets sends the others back to the base pace, after its pause', () =>
    withStore(open, async ({ store, second }) => {
      for (let window = 0; window < 6; window++) await announce(store, PROCESS_NOW + window * 10_000);
      const now = PROCESS_NOW + 51_000;
      await limit(second, now);
      expect(await reserve(store, now, SLOW)).toBe(MINUTE);
      expect(await placesInSecond(store, now + MINUTE)).toBe(1);
    }));

  test('no change is lost when connections change the state at the same time', () =>
    withStore(open, async ({ store, second }) => {
      const route = (index: number) => `/route${index}`;
      await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          (index % 2 === 0 ? store : second).changePace((state) => ({
            state: {
              ...state,
              routes: {
                ...state.routes,
                [route(index)]: { starts: [], allowance: null, ceiling: null, liveUntil: 0 },
              },
            },
            result: undefined,
          })),
        ),
      );
      const routes = await store.changePace((state) => ({ state, result: Object.keys(state.routes) }));
      expect(routes.sort()).toEqual(Array.from({ length: 12 }, (_, index) => route(index)).sort());
    }));
}
