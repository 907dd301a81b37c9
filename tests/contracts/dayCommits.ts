import type { DirtyDay, EpochMs } from '@candlelake/core';
import { expect, test } from 'vitest';
import {
  BTC,
  DAY,
  deriveAll,
  ETH,
  FRIDAY,
  makeCandle,
  markedDays,
  type OpenStore,
  SETTINGS,
  SLOT,
  type Store,
  startLake,
  withStore,
} from './storeFixture.ts';

export const STATE = {
  closes: [0.1 + 0.2, 1e-7, 116_800.5],
  trueRanges: [5e-324, 1.7976931348623157e308],
  atr: null,
  cross: { maShort: 1 / 3, maLong: 2 / 3 },
  outage: false,
};
const COVERAGE = { expected: 480, final: 470, provisional: 1, quiet: 2, unavailable: 3, missing: 4 };
const OBJECTS = [
  { path: 'bars/timeframe=21m/date=2026-11-20/bars.parquet', version: 'a' },
  { path: 'candles/interval=3m/date=2026-11-20/candles.parquet', version: '"b"' },
];

/** The contract of committing a derived day. */
export function dayCommitTests(open: OpenStore): void {
  markTests(open);
  checkpointTests(open);
  coverageTests(open);
  objectTests(open);
  runTests(open);
}

function markTests(open: OpenStore): void {
  test('refuses the commit of a derivation that began before the latest mark, and keeps that mark', () =>
    withStore(open, async ({ store, second }) => {
      await startLake(store, FRIDAY + DAY);
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY + SLOT)] }]);
      const [read] = await store.dirtyDays();
      await second.merge([{ series: BTC, candles: [makeCandle(FRIDAY + 2 * SLOT)] }]);
      const checkpoints = [{ series: BTC, timeframeMinutes: 21, state: STATE }];
      expect(await store.commitDay({ ...read!, checkpoints, coverage: [], objects: [] })).toBe(false);
      expect(await store.readCheckpoint(BTC, 21, FRIDAY)).toBeNull();
      const [renewed] = await store.dirtyDays();
      expect(renewed?.day).toBe(FRIDAY);
      expect(renewed?.generation).toBeGreaterThan(read!.generation);
      expect(await store.commitDay({ ...renewed!, checkpoints: [], coverage: [], objects: [] })).toBe(true);
      expect(await store.dirtyDays()).toEqual([]);
    }));

  test('tells the mark of one day, also after the watermark, and null without one', () =>
    withStore(open, async ({ store, second }) => {
      await startLake(store, FRIDAY + DAY);
      expect(await second.readMark(FRIDAY)).toBeNull();
      await store.merge([
        { series: BTC, candles: [makeCandle(FRIDAY + SLOT), makeCandle(FRIDAY + 2 * DAY)] },
      ]);
      const [marked] = await store.dirtyDays();
      expect(await second.readMark(FRIDAY)).toEqual(marked);
      expect(await second.readMark(FRIDAY + DAY)).toBeNull();
      expect(await second.readMark(FRIDAY + 2 * DAY)).toMatchObject({ day: FRIDAY + 2 * DAY });
      await store.commitDay({ ...marked!, checkpoints: [], coverage: [], objects: [] });
      expect(await store.readMark(FRIDAY)).toBeNull();
    }));

  test('uses no generation twice, not even for a day whose mark was cleared', () =>
    withStore(open, async ({ store, second, reopen }) => {
      await startLake(store, FRIDAY + DAY);
      const seen: number[] = [];
      const remark = async (handle: Store, slot: number) => {
        await handle.merge([{ series: BTC, candles: [makeCandle(FRIDAY + slot * SLOT)] }]);
        seen.push(...(await handle.dirtyDays()).map(({ generation }) => generation));
        await deriveAll(handle);
      };
      for (const slot of [1, 2, 3]) await remark(slot % 2 ? store : second, slot);
      await remark(await reopen(), 4);
      expect(seen).toHaveLength(4);
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    }));

  test('marks the next day only when a checkpoint differs from the stored one', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + 2 * DAY);
      await commitWith(store, FRIDAY, STATE);
      expect(await markedDays(store)).toEqual([FRIDAY + DAY]);
      await deriveAll(store);
      const reordered = Object.fromEntries(Object.entries(STATE).reverse());
      await commitWith(store, FRIDAY, reordered);
      expect(await markedDays(store)).toEqual([]);
      await commitWith(store, FRIDAY, { outage: true });
      expect(await markedDays(store)).toEqual([FRIDAY + DAY]);
    }));
}

function checkpointTests(open: OpenStore): void {
  test('returns a checkpoint bit for bit, by series, timeframe and day', () =>
    withStore(open, async ({ store, second }) => {
      await startLake(store, FRIDAY + DAY);
      await commitWith(store, FRIDAY, STATE);
      expect(await second.readCheckpoint(BTC, 21, FRIDAY)).toEqual(STATE);
      expect(await second.readCheckpoint(BTC, 42, FRIDAY)).toBeNull();
      expect(await second.readCheckpoint(BTC, 21, FRIDAY + DAY)).toBeNull();
      expect(await second.readCheckpoint(ETH, 21, FRIDAY)).toBeNull();
    }));

  test('accepts the same commit again after its answer was lost (predecessor fault 41)', () =>
    withStore(open, async ({ store, reopen }) => {
      await startLake(store, FRIDAY + 2 * DAY);
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY + SLOT)] }]);
      const [mark] = await store.dirtyDays();
      const coverage = { ...COVERAGE, firstMissing: null };
      const checkpoints = [{ series: BTC, timeframeMinutes: 21, state: STATE }];
      const commit = {
        ...mark!,
        checkpoints,
        coverage: [{ series: BTC, day: FRIDAY, coverage, nextLook: null }],
        objects: OBJECTS,
      };
      expect(await store.commitDay(commit)).toBe(true);
      await deriveAll(store);
      const reopened = await reopen();
      expect(await reopened.commitDay(commit)).toBe(false);
      expect(await reopened.dirtyDays()).toEqual([]);
      expect(await reopened.readCoverage(BTC, 0, FRIDAY + DAY)).toEqual([
        { day: FRIDAY, coverage, nextLook: null },
      ]);
    }));
}

/** Only for stores that commit several days as one change. */
function runTests(open: OpenStore): void {
  const commitsOf = (marks: readonly DirtyDay[]) =>
    marks.map((mark, index) => ({
      ...mark,
      checkpoints: [{ series: BTC, timeframeMinutes: 21, state: { ...STATE, closes: [index + 1] } }],
      coverage: [],
      objects: OBJECTS,
    }));

  test('commits a run of days, of which none marks the next one', () =>
    withStore(open, async ({ store, second }) => {
      await startLake(store, FRIDAY + 4 * DAY);
      await store.markDays(new Set([0, 1, 2].map((day) => FRIDAY + day * DAY)));
      const marks = await store.dirtyDays();
      if (!store.commitDays) return;
      expect(await store.commitDays(commitsOf(marks))).toBe(3);
      // The day after the run begins with other averages now.
      expect((await second.dirtyDays()).map(({ day }) => day)).toEqual([FRIDAY + 3 * DAY]);
      expect(await second.readCheckpoint(BTC, 21, FRIDAY + 2 * DAY)).toEqual({ ...STATE, closes: [3] });
      expect(await second.readObjects(FRIDAY, FRIDAY + 3 * DAY)).toHaveLength(3);
    }));

  test('ends a run before the first day that was marked meanwhile, and marks what follows the last one', () =>
    withStore(open, async ({ store, second }) => {
      await startLake(store, FRIDAY + 4 * DAY);
      const days = [0, 1, 2].map((day) => FRIDAY + day * DAY);
      await store.markDays(new Set(days));
      const marks = await store.dirtyDays();
      await second.markDays(new Set([days[1]!]));
      if (!store.commitDays) return;
      expect(await store.commitDays(commitsOf(marks))).toBe(1);
      const left = await second.dirtyDays();
      expect(left.map(({ day }) => day)).toEqual(days.slice(1));
      expect(left[0]!.generation).toBeGreaterThan(marks[1]!.generation);
      expect(await second.readCheckpoint(BTC, 21, days[0]!)).toEqual({ ...STATE, closes: [1] });
      expect(await second.readCheckpoint(BTC, 21, days[2]!)).toBeNull();
      expect(await store.commitDays(commitsOf(marks))).toBe(0);
    }));
}

function coverageTests(open: OpenStore): void {
  test('lists coverage by day in a half-open range, without the marked days', () =>
    withStore(open, async ({ store, second }) => {
      await startLake(store, FRIDAY + 4 * DAY);
      for (const offset of [2, 0, 3, 1]) await commitWith(store, FRIDAY + offset * DAY, STATE);
      await deriveAll(store);
      const days = async () =>
        (await second.readCoverage(BTC, FRIDAY, FRIDAY + 3 * DAY)).map(({ day }) => day);
      expect(await days()).toEqual([FRIDAY, FRIDAY + DAY, FRIDAY + 2 * DAY]);
      await store.merge([{ series: BTC, candles: [makeCandle(FRIDAY + DAY)] }]);
      expect(await days()).toEqual([FRIDAY, FRIDAY + 2 * DAY]);
      await deriveAll(store);
      expect(await days()).toEqual([FRIDAY, FRIDAY + DAY, FRIDAY + 2 * DAY]);
      expect(await second.readCoverage(ETH, 0, FRIDAY + 9 * DAY)).toEqual([]);
    }));

  test('replaces the coverage of a day as a whole', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + DAY);
      await commitWith(store, FRIDAY, STATE);
      const coverage = { ...COVERAGE, missing: 0, final: 474, firstMissing: null };
      const nextLook = FRIDAY + 2 * DAY;
      const record = { series: BTC, day: FRIDAY, coverage, nextLook };
      await store.commitDay({
        ...(await markAnew(store, FRIDAY)),
        checkpoints: [],
        coverage: [record],
        objects: [],
      });
      expect(await store.readCoverage(BTC, FRIDAY, FRIDAY + DAY)).toEqual([
        { day: FRIDAY, coverage, nextLook },
      ]);
    }));
}

function objectTests(open: OpenStore): void {
  test('lists the objects of derived days in a half-open range, without the days that are marked since', () =>
    withStore(open, async ({ store, second, reopen }) => {
      await startLake(store, FRIDAY + 4 * DAY);
      await deriveAll(store);
      const objectsOf = (day: EpochMs) => [{ path: `objects of ${day}`, version: String(day) }];
      for (const day of [2, 0, 3, 1].map((offset) => FRIDAY + offset * DAY)) {
        const mark = await markAnew(store, day);
        await store.commitDay({ ...mark, checkpoints: [], coverage: [], objects: objectsOf(day) });
      }
      const days = [0, 1, 2].map((offset) => FRIDAY + offset * DAY);
      const expected = days.map((day) => ({ day, objects: objectsOf(day) }));
      expect(await second.readObjects(FRIDAY, FRIDAY + 3 * DAY)).toEqual(expected);
      await store.markDays(new Set([FRIDAY + DAY]));
      expect(await second.readObjects(FRIDAY, FRIDAY + 3 * DAY)).toEqual([expected[0], expected[2]]);
      expect(await second.readObjects(FRIDAY, FRIDAY)).toEqual([]);
      expect(await (await reopen()).readObjects(FRIDAY, FRIDAY + DAY)).toEqual([expected[0]]);
    }));

  test('replaces the objects of a day whole, and keeps those of a commit that won', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + DAY);
      const stale = await markAnew(store, FRIDAY);
      const commit = { checkpoints: [], coverage: [] };
      await store.commitDay({ ...stale, ...commit, objects: OBJECTS });
      const [changed] = OBJECTS.map((object) => ({ ...object, version: 'c' }));
      await store.commitDay({ ...(await markAnew(store, FRIDAY)), ...commit, objects: [changed!] });
      expect(await store.commitDay({ ...stale, ...commit, objects: OBJECTS })).toBe(false);
      expect(await store.readObjects(FRIDAY, FRIDAY + DAY)).toEqual([{ day: FRIDAY, objects: [changed] }]);
    }));

  test('keeps what the objects of a day were encoded from while it is marked and when settings change', () =>
    withStore(open, async ({ store, second, reopen }) => {
      await startLake(store, FRIDAY + 2 * DAY);
      const encodings = OBJECTS.map((object) => ({ ...object, fingerprint: `of ${object.path}` }));
      const commit = { checkpoints: [], coverage: [], objects: OBJECTS };
      const stale = await markAnew(store, FRIDAY);
      await store.commitDay({ ...stale, ...commit, encodings });
      if (!store.readEncodings) return;
      expect(await second.readEncodings!(FRIDAY)).toEqual(encodings);
      expect(await second.readEncodings!(FRIDAY + DAY)).toEqual([]);
      await store.writeSettings({ ...SETTINGS, writeMa: false });
      expect(await second.readEncodings!(FRIDAY)).toEqual(encodings);
      const [first] = encodings;
      await store.commitDay({ ...(await markAnew(store, FRIDAY)), ...commit, encodings: [first!] });
      expect(await store.commitDay({ ...stale, ...commit, encodings })).toBe(false);
      expect(await (await reopen()).readEncodings!(FRIDAY)).toEqual([first]);
    }));

  test('marks days on request, each with a new generation', () =>
    withStore(open, async ({ store, second }) => {
      await startLake(store, FRIDAY + 3 * DAY);
      const before = await markAnew(store, FRIDAY);
      await store.markDays(new Set([FRIDAY, FRIDAY + 2 * DAY]));
      const marks = await second.dirtyDays();
      expect(marks.map(({ day }) => day)).toEqual([FRIDAY, FRIDAY + 2 * DAY]);
      expect(marks[0]!.generation).toBeGreaterThan(before.generation);
    }));

  test('forgets the objects when the settings change: every day is derived again', () =>
    withStore(open, async ({ store }) => {
      await startLake(store, FRIDAY + DAY);
      await store.commitDay({
        ...(await markAnew(store, FRIDAY)),
        ...{ checkpoints: [], coverage: [], objects: OBJECTS },
      });
      await store.writeSettings({ ...SETTINGS, writeMa: false });
      expect(await store.readObjects(FRIDAY, FRIDAY + DAY)).toEqual([]);
      expect(await markedDays(store)).toEqual([FRIDAY]);
    }));
}

/** Commits a day of BTC with this state and some coverage. */
export async function commitWith(store: Store, day: number, state: Partial<typeof STATE>): Promise<void> {
  const coverage = { ...COVERAGE, firstMissing: day + SLOT };
  await store.commitDay({
    ...(await markAnew(store, day)),
    checkpoints: [{ series: BTC, timeframeMinutes: 21, state: { ...STATE, ...state } }],
    coverage: [{ series: BTC, day, coverage, nextLook: null }],
    objects: [],
  });
}

/** Marks a day by a write to a slot that no test reads. */
async function markAnew(store: Store, day: EpochMs): Promise<DirtyDay> {
  const slot = day + 300 * SLOT;
  const stored = (await store.readDay(BTC, day)).candles.find(({ openTime }) => openTime === slot);
  const observed = (stored?.observed ?? slot) + 1;
  await store.merge([{ series: BTC, candles: [makeCandle(slot, { volume: String(observed), observed })] }]);
  return (await store.dirtyDays()).find((mark) => mark.day === day)!;
}
