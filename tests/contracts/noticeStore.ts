import type { Crossover, CrossoverNotice, DerivationStore, EpochMs, NoticeStore } from '@candlelake/core';
import { describe, expect, test } from 'vitest';
import { lakeSettings } from '../support/lakeSettings.ts';
import { DAY, FRIDAY, HOUR, type OpenStore, type Store, startLake, withStore } from './storeFixture.ts';

const SINK = 'sink';

/** The contract of the notices that a store keeps. */
export function noticeStoreContract(name: string, open: OpenStore): void {
  describe(`the notices of ${name}`, () => {
    commitTests(open);
    outboxTests(open);
    historyTests(open);
  });
}

/** The contract of stores whose sinks have an outbox each. */
export function sinkContract(name: string, open: OpenStore): void {
  describe(`the sinks of ${name}`, () => {
    test('have an outbox each; a new one begins empty, and a known one keeps what waits', () =>
      withStore(open, async ({ store, reopen }) => {
        await startNotices(store);
        const first = await store.openOutbox('first');
        await commit(store, FRIDAY, [crossoverAt(FRIDAY + HOUR)]);
        const second = await store.openOutbox('second');
        await commit(store, FRIDAY, [crossoverAt(FRIDAY + HOUR), crossoverAt(FRIDAY + 2 * HOUR)]);
        expect([await first.count(), await second.count()]).toEqual([2, 1]);
        await first.remove((await first.waiting(1))[0]!);
        expect([await first.count(), await second.count()]).toEqual([1, 1]);
        const reopened = await reopen();
        expect(await (await reopened.openOutbox('first')).count()).toBe(1);
        expect(await (await reopened.openOutbox('third')).count()).toBe(0);
      }));
  });
}

function commitTests(open: OpenStore): void {
  test('a crossover of a live bar is announced once, however often its day is committed', () =>
    withStore(open, async ({ store, second }) => {
      await startNotices(store);
      const outbox = await store.openOutbox(SINK);
      const found = [crossoverAt(FRIDAY + HOUR), crossoverAt(FRIDAY + 2 * HOUR)];
      for (const handle of [store, second, store]) await commit(handle, FRIDAY, found);
      const expected = found.map((crossover) => ({ ...crossover, state: 'crossed', sequence: 1 }));
      expect(await outbox.waiting(10)).toEqual(expected);
    }));

  test('one that is gone is retracted with the same id, and announced again when it comes back', () =>
    withStore(open, async ({ store, reopen }) => {
      await startNotices(store);
      await store.openOutbox(SINK);
      const found = [crossoverAt(FRIDAY + HOUR)];
      await commit(store, FRIDAY, found);
      await commit(store, FRIDAY, []);
      await commit(store, FRIDAY, []);
      const reopened = await reopen();
      await commit(reopened, FRIDAY, found);
      const sent = await (await reopened.openOutbox(SINK)).waiting(10);
      expect(sent.map(({ id, state, sequence }) => [id, state, sequence])).toEqual([
        [found[0]!.id, 'crossed', 1],
        [found[0]!.id, 'retracted', 2],
        [found[0]!.id, 'crossed', 3],
      ]);
    }));

  test('a commit of an outdated mark announces nothing', () =>
    withStore(open, async ({ store }) => {
      await startNotices(store);
      const outbox = await store.openOutbox(SINK);
      await store.markDays(new Set([FRIDAY]));
      const stale = (await store.readMark(FRIDAY))!;
      await store.markDays(new Set([FRIDAY]));
      await store.commitDay(commitOf(stale, [crossoverAt(FRIDAY + HOUR)]));
      expect(await outbox.waiting(10)).toEqual([]);
    }));

  test('days do not touch the crossovers of each other', () =>
    withStore(open, async ({ store }) => {
      await startNotices(store);
      const outbox = await store.openOutbox(SINK);
      // A bar that ends with the day belongs to it.
      await commit(store, FRIDAY, [crossoverAt(FRIDAY + DAY)]);
      await commit(store, FRIDAY + DAY, [crossoverAt(FRIDAY + DAY + HOUR)]);
      await commit(store, FRIDAY + 2 * DAY, []);
      expect((await outbox.waiting(10)).map(({ state }) => state)).toEqual(['crossed', 'crossed']);
    }));
}

function outboxTests(open: OpenStore): void {
  test('keeps what waits over a restart, in order, until it is removed', () =>
    withStore(open, async ({ store, second, reopen }) => {
      await startNotices(store);
      const outbox = await store.openOutbox(SINK);
      const hours = [1, 2, 3, 4];
      await commit(
        store,
        FRIDAY,
        hours.map((hour) => crossoverAt(FRIDAY + hour * HOUR)),
      );
      expect(await outbox.count()).toBe(4);
      const [first, next] = await outbox.waiting(2);
      expect(first!.closeTime).toBe(FRIDAY + HOUR);
      await outbox.remove(first!);
      const elsewhere = await second.openOutbox(SINK);
      expect(await elsewhere.waiting(1)).toEqual([next]);
      const reopened = await (await reopen()).openOutbox(SINK);
      expect(await reopened.count()).toBe(3);
      for (const hour of [2, 3, 4]) {
        const [waiting] = await reopened.waiting(1);
        expect(waiting!.closeTime).toBe(FRIDAY + hour * HOUR);
        await reopened.remove(waiting!);
      }
      expect(await reopened.waiting(5)).toEqual([]);
    }));

  test('shows the last notice of each of the newest crossovers', () =>
    withStore(open, async ({ store, second }) => {
      await startNotices(store);
      const [early, late] = [crossoverAt(FRIDAY + HOUR), crossoverAt(FRIDAY + 2 * HOUR)];
      const next = crossoverAt(FRIDAY + DAY + HOUR);
      await commit(store, FRIDAY, [early, late]);
      await commit(store, FRIDAY + DAY, [next]);
      await commit(store, FRIDAY, [late]);
      const states = (notices: readonly CrossoverNotice[]) => notices.map(({ id, state }) => [id, state]);
      const expected = [
        [next.id, 'crossed'],
        [late.id, 'crossed'],
        [early.id, 'retracted'],
      ];
      expect(states(await second.recentNotices(10))).toEqual(expected);
      expect(states(await second.recentNotices(2))).toEqual(expected.slice(0, 2));
    }));
}

function historyTests(open: OpenStore): void {
  test('what closed before the watermark was raised for the first time is history', () =>
    withStore(open, async ({ store }) => {
      await startNotices(store);
      await commit(store, FRIDAY - DAY, [crossoverAt(FRIDAY)]);
      expect(await store.recentNotices(10)).toEqual([]);
    }));

  test('other settings make everything history: nothing is announced or retracted for it', () =>
    withStore(open, async ({ store }) => {
      await startNotices(store);
      await commit(store, FRIDAY, [crossoverAt(FRIDAY + HOUR)]);
      await store.writeSettings(lakeSettings({ timeframes: [21, 60] }));
      await commit(store, FRIDAY, [crossoverAt(FRIDAY + 2 * HOUR)]);
      await store.advanceAsOf(FRIDAY + 4 * DAY);
      await commit(store, FRIDAY, [crossoverAt(FRIDAY + 3 * HOUR)]);
      await commit(store, FRIDAY + 4 * DAY, [crossoverAt(FRIDAY + 4 * DAY + HOUR)]);
      const expected = [FRIDAY + 4 * DAY + HOUR, FRIDAY + HOUR];
      const notices = await store.recentNotices(10);
      expect(notices.map(({ closeTime }) => closeTime)).toEqual(expected);
      expect(notices.map(({ state }) => state)).toEqual(['crossed', 'crossed']);
    }));

  test('a watermark that a wrong clock raised hides no crossover after it is lowered', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + 9 * DAY);
      await store.lowerAsOf(FRIDAY);
      await store.advanceAsOf(FRIDAY + DAY);
      await commit(store, FRIDAY, [crossoverAt(FRIDAY + HOUR)]);
      expect(await store.recentNotices(10)).toHaveLength(1);
    }));
}

/** A lake whose history ends on Friday at 00:00, and which goes on for three days. */
async function startNotices(store: Store): Promise<void> {
  await startLake(store, FRIDAY);
  await store.advanceAsOf(FRIDAY + 3 * DAY);
}

/** Derives a day that has these crossovers, all at live bars. */
async function commit(
  store: DerivationStore & NoticeStore,
  day: EpochMs,
  found: readonly Crossover[],
): Promise<void> {
  await store.markDays(new Set([day]));
  const mark = (await store.readMark(day))!;
  expect(await store.commitDay(commitOf(mark, found))).toBe(true);
}

function commitOf(mark: { readonly day: EpochMs; readonly generation: number }, found: readonly Crossover[]) {
  const crossovers = found.map((crossover) => ({ crossover, isLive: true }));
  return { ...mark, checkpoints: [], coverage: [], objects: [], crossovers };
}

function crossoverAt(closeTime: EpochMs): Crossover {
  const openTime = new Date(closeTime - HOUR).toISOString();
  return {
    ...{ id: `swap#BTC-USDT#60m#${openTime}#GOLDEN_CROSS`, market: 'swap', symbol: 'BTC-USDT' },
    ...{ timeframe: '60m', kind: 'GOLDEN_CROSS', openTime, closeTime },
    ...{ close: 0.1 + 0.2, maShort: 1 / 3, maLong: 1e-7, status: 'complete' },
  };
}
