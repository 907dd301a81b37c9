import type { PaceLimits } from '@candlelake/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
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
  });
}

function windowTests(open: OpenStore): void {
  test('returns the wait to the millisecond: a place is free then, and not one millisecond earlier', () =>
    withStore(open, async ({ store }) => {
      expect(await store.reserve(PROCESS_NOW, LIMITS)).toBe(0);
      expect(await store.reserve(PROCESS_NOW + 300, LIMITS)).toBe(0);
      expect(await store.reserve(PROCESS_NOW + 400, LIMITS)).toBe(600);
      expect(await store.reserve(PROCESS_NOW + 999, LIMITS)).toBe(1);
      expect(await store.reserve(PROCESS_NOW + 1_000, LIMITS)).toBe(0);
      expect(await store.reserve(PROCESS_NOW + 1_000, LIMITS)).toBe(300);
    }));

  test('keeps the longer window when the shorter one has room', () =>
    withStore(open, async ({ store }) => {
      for (const ms of [0, 0, 1_000, 1_000, 2_000]) {
        expect(await store.reserve(PROCESS_NOW + ms, LIMITS)).toBe(0);
      }
      expect(await store.reserve(PROCESS_NOW + 3_500, LIMITS)).toBe(6_500);
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
              const wait = await (isSecond ? second : store).reserve(now, LIMITS);
              if (wait === 0) starts.push(now);
              if (wait > 0 && isPatient) {
                now += wait;
                expect(await store.reserve(now, LIMITS)).toBe(0);
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
        handle.reserve(PROCESS_NOW, LIMITS),
      );
      expect((await Promise.all(asked)).filter((wait) => wait === 0)).toHaveLength(2);
    }));

  test('keeps the starts over a restart', () =>
    withStore(open, async ({ store, reopen }) => {
      await store.reserve(PROCESS_NOW, LIMITS);
      await store.reserve(PROCESS_NOW, LIMITS);
      expect(await (await reopen()).reserve(PROCESS_NOW + 1, LIMITS)).toBe(999);
    }));

  test('applies limits that were lowered since the last start', () =>
    withStore(open, async ({ store }) => {
      expect(await store.reserve(PROCESS_NOW, LIMITS)).toBe(0);
      expect(await store.reserve(PROCESS_NOW + 100, [{ windowMs: 1_000, requests: 1 }])).toBe(900);
    }));

  test('waits at most one window after the clock stepped back', () =>
    withStore(open, async ({ store }) => {
      await store.reserve(PROCESS_NOW + HOUR, LIMITS);
      await store.reserve(PROCESS_NOW + HOUR, LIMITS);
      expect(await store.reserve(PROCESS_NOW, LIMITS)).toBe(1_000);
      expect(await store.reserve(PROCESS_NOW + 600, LIMITS)).toBe(400);
      expect(await store.reserve(PROCESS_NOW + 1_000, LIMITS)).toBe(0);
    }));
}

function pauseTests(open: OpenStore): void {
  test('starts no request before the end of a pause, also after a restart', () =>
    withStore(open, async ({ store, second, reopen }) => {
      await store.pause(PROCESS_NOW + 5 * MINUTE);
      expect(await second.reserve(PROCESS_NOW + 1, LIMITS)).toBe(5 * MINUTE - 1);
      const reopened = await reopen();
      expect(await reopened.reserve(PROCESS_NOW + 5 * MINUTE - 1, LIMITS)).toBe(1);
      expect(await reopened.reserve(PROCESS_NOW + 5 * MINUTE, LIMITS)).toBe(0);
    }));

  test('is not shortened by a pause that ends earlier', () =>
    withStore(open, async ({ store, second }) => {
      await store.pause(PROCESS_NOW + 5 * MINUTE);
      await second.pause(PROCESS_NOW + MINUTE);
      expect(await store.reserve(PROCESS_NOW, LIMITS)).toBe(5 * MINUTE);
    }));

  test('pauses no longer than ordered when the clock steps back', () =>
    withStore(open, async ({ store }) => {
      await store.pause(PROCESS_NOW + 5 * MINUTE);
      expect(await store.reserve(PROCESS_NOW - HOUR, LIMITS)).toBe(5 * MINUTE);
      expect(await store.reserve(PROCESS_NOW - HOUR + 4 * MINUTE, LIMITS)).toBe(MINUTE);
      expect(await store.reserve(PROCESS_NOW - HOUR + 5 * MINUTE, LIMITS)).toBe(0);
    }));
}
