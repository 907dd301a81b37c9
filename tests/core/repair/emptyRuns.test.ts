import {
  type EpochMs,
  historyScope,
  type Interval,
  intervalMs,
  type RepairScope,
  repairScope,
  repairScopes,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { plainValues } from '../../support/fakeHistory.ts';
import { createLiveWorld } from './liveWorld.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 22, 12);
const { signal } = new AbortController();

interface Run {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** A market without candles for a while; a process stores what it sees and repairs it. */
function createWorld(interval: Interval, start: EpochMs, run: Run) {
  const isInRun = (openTime: EpochMs) => openTime >= run.from && openTime < run.to;
  const valuesAt = (openTime: EpochMs) => (isInRun(openTime) ? null : plainValues(openTime));
  const world = createLiveWorld({ interval, start, valuesAt });
  const { series, ports, store, clock, lengthMs } = world;

  /** A program that starts now and runs until then; it keeps the history from `from` on. */
  async function runFrom(from: EpochMs, until: EpochMs): Promise<void> {
    const stop = new AbortController();
    const liveFrom = clock.now() - (clock.now() % lengthMs);
    const live: RepairScope = {
      ...{ series, from: liveFrom, to: Number.POSITIVE_INFINITY, fillGaps: true, priority: 'live' },
    };
    const older = historyScope({ series, from, to: liveFrom });
    const repairs = [live, older].map((scope) =>
      repairScopes(ports, { scopes: [scope], goal: 'kept settled' }, stop.signal).catch(() => {}),
    );
    await clock.advance(until - clock.now());
    stop.abort();
    await Promise.all(repairs);
  }

  async function confirmedSlots(): Promise<number> {
    const { absences } = await store.readDay(series, NOON - 12 * HOUR);
    return absences.filter(({ firstRead, lastRead }) => lastRead - firstRead >= 10 * MINUTE).length;
  }

  return { ...world, runFrom, confirmedSlots };
}

describe('a run of empty slots that a start splits', () => {
  // Wider than the 19 slots that a request shows after those it asks for: 75 minutes at 3m, 20 at 1m.
  it.each([
    ['3m', 60, 30],
    ['1m', 60, 30],
    ['3m', 160, 80],
  ] as const)(
    'becomes quiet after it ends: %s, %i slots, a start in slot %i',
    async (interval, length, at) => {
      const lengthMs = intervalMs(interval);
      const run = { from: NOON, to: NOON + length * lengthMs };
      const world = createWorld(interval, NOON - 2 * HOUR, run);
      await world.runFrom(NOON - 4 * HOUR, NOON + at * lengthMs + MINUTE / 2);
      // The second start.
      await world.runFrom(NOON - 4 * HOUR, run.to + 10 * MINUTE);
      world.requests.length = 0;
      await world.runFrom(NOON - 4 * HOUR, run.to + HOUR);
      expect(await world.confirmedSlots()).toBe(length);
      const before = world.requests.length;
      // From then on one request for each new candle.
      await world.clock.advance(MINUTE);
      await world.runFrom(NOON - 4 * HOUR, run.to + 2 * HOUR);
      expect(world.requests.length - before).toBeLessThanOrEqual(HOUR / lengthMs + 4);
    },
  );

  it('becomes quiet in a store without any older candle', async () => {
    const run = { from: NOON, to: NOON + 3 * HOUR };
    const world = createWorld('3m', NOON + 1.5 * HOUR, run);
    // The slots before the start wait for as long as those of a closed market.
    await world.runFrom(NOON - 2 * HOUR, run.to + 7 * HOUR);
    expect(await world.confirmedSlots()).toBe((3 * HOUR) / world.lengthMs);
    const { historyStart } = (await world.store.findSeries(world.series))!;
    expect(historyStart.firstAvailable).toBeNull();
  });

  it('of two and a half days, more slots than a request shows, becomes quiet too', async () => {
    const run = { from: NOON - 2.5 * DAY, to: NOON };
    const world = createWorld('3m', NOON - 4 * DAY, run);
    // The store knows half a day before; the program was down during the first half of the run.
    await world.runFrom(NOON - 4 * DAY, NOON - 3.5 * DAY);
    await world.clock.advance(2.25 * DAY);
    await world.runFrom(NOON - 4 * DAY, NOON + HOUR);
    const { absences } = await world.store.readDay(world.series, NOON - 1.5 * DAY);
    expect(absences).toHaveLength(DAY / world.lengthMs);
    expect((await world.store.findSeries(world.series))!.historyStart.firstAvailable).toBeNull();
  });

  it('at the end of a window that lies in the past becomes quiet: the next candle is searched for', async () => {
    const run = { from: NOON - 30 * DAY, to: NOON - 20 * DAY };
    const world = createWorld('3m', NOON, run);
    const scope = historyScope({ series: world.series, from: NOON - 31 * DAY, to: NOON - 29 * DAY });
    await repairScope(world.ports, { scope }, signal);
    await world.clock.advance(10 * MINUTE);
    const { needs } = await repairScope(world.ports, { scope }, signal);
    expect(needs).toMatchObject({ missing: [], beforeStart: null, waitUntil: null });
    const { absences } = await world.store.readDay(world.series, NOON - 29.5 * DAY);
    expect(absences).toHaveLength(DAY / 2 / world.lengthMs);
    // Ten days of 480 slots are found by halving twenty.
    expect(world.requests.length).toBeLessThanOrEqual(2 * 10);
  });
});

describe('a window before the start of history', () => {
  it('of more than 125,000 slots is unavailable after two passes and throws nothing', async () => {
    const start = NOON - 30 * DAY;
    const valuesAt = (openTime: EpochMs) => (openTime < start ? null : plainValues(openTime));
    const world = createLiveWorld({ interval: '1m', start: NOON, valuesAt });
    const scope = historyScope({ series: world.series, from: NOON - 140 * DAY, to: NOON - 50 * DAY });
    const first = await repairScope(world.ports, { scope }, signal);
    expect(first.needs.missing.length + first.needs.beforeStart!.slots).toBe(90 * 1440);
    await world.clock.advance(10 * MINUTE);
    const { needs } = await repairScope(world.ports, { scope }, signal);
    expect(needs).toMatchObject({ missing: [], beforeStart: null, waitUntil: null });
    expect((await world.store.findSeries(world.series))!.historyStart.firstAvailable).toBe(start);
    expect(world.requests.length).toBeLessThanOrEqual(15 + 2);
  });
});
