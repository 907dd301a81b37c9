import { type EpochMs, historyScope, type Interval, intervalMs, repairScope } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { plainValues } from '../../support/fakeHistory.ts';
import { createLiveWorld } from './liveWorld.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 20);
const { signal } = new AbortController();

/** The exchange corrects every candle 10 minutes after its close, and once more 20 hours after it. */
function correctedTwice(lengthMs: number) {
  return (openTime: EpochMs, now: EpochMs) => {
    const age = now - (openTime + lengthMs);
    const volume = age < 10 * MINUTE ? '10' : age < 20 * HOUR ? '11' : '12';
    return { ...plainValues(openTime), volume };
  };
}

type World = ReturnType<typeof createLiveWorld>;

const worlds = new Map<Interval, Promise<World>>();

/** A world after two days and two hours, made once for each interval; tests only read it. */
function twoDays(interval: Interval): Promise<World> {
  const run = async () => {
    const world = createLiveWorld({ interval, start: START });
    await world.runUntil(START + 2 * DAY + 2 * HOUR);
    return world;
  };
  const known = worlds.get(interval) ?? run();
  worlds.set(interval, known);
  return known;
}

describe('second looks', () => {
  // Counted with the same simulation before the rule of decision 0013, when the process remembered what it
  // had read again: 480 and 480 at 3m, 1440 and 1488 at 1m, 24 and 24 at 1h.
  it.each([
    ['3m', 480, 480],
    ['1m', 1440, 1488],
    ['1h', 24, 24],
  ] as const)('cost no request more than before: %s', async (interval, firstDay, secondDay) => {
    const { requests } = await twoDays(interval);
    const onDay = (day: number) =>
      requests.filter(({ at }) => at >= START + day * DAY + 9000 && at < START + (day + 1) * DAY + 9000)
        .length;
    expect(onDay(0)).toBe(firstDay);
    expect(onDay(1)).toBeLessThanOrEqual(secondDay);
  });

  it.each(['1m', '3m', '15m', '1h'] as const)(
    'read every final again about an hour and about a day after its close: %s',
    async (interval) => {
      const { requests, lengthMs } = await twoDays(interval);
      const early = Math.max(1.6 * HOUR, 2 * lengthMs);
      const late = DAY + Math.max(0.6 * HOUR, 2 * lengthMs);
      for (let open = START; open < START + DAY; open += lengthMs) {
        const shows = requests.filter(({ from, to }) => from <= open && open < to);
        const ages = shows.map(({ at }) => at - (open + lengthMs));
        expect(ages.some((age) => age >= HOUR && age <= early)).toBe(true);
        expect(ages.some((age) => age >= DAY && age <= late)).toBe(true);
      }
    },
  );

  it('cost no write where nothing changed: two for each candle, as the stream and as history saw it', async () => {
    const { runUntil, candles } = createLiveWorld({ interval: '3m', start: START });
    const written = new Map<EpochMs, number>();
    const { merge } = candles;
    candles.merge = async (facts) => {
      const merged = await merge(facts);
      for (const { openTime } of merged) written.set(openTime, (written.get(openTime) ?? 0) + 1);
      return merged;
    };
    await runUntil(START + 2 * DAY);
    // The stream of this world writes past the counted port.
    expect(new Set(written.values())).toEqual(new Set([1]));
    expect(written.size).toBe(2 * 480);
  });

  it.each(['1m', '3m'] as const)(
    'after 25 hours of downtime from midnight on find what an uninterrupted run finds: %s',
    async (interval) => {
      const lengthMs = intervalMs(interval);
      const world = () => createLiveWorld({ interval, start: START, valuesAt: correctedTwice(lengthMs) });
      const volumesOf = async ({ stored }: ReturnType<typeof world>) =>
        (await stored(START, START + DAY)).map(({ volume }) => volume);
      const whole = world();
      await whole.runUntil(START + 2 * DAY + HOUR);
      expect(await volumesOf(whole)).toEqual(Array<string>(DAY / lengthMs).fill('12'));
      const interrupted = world();
      await interrupted.runUntil(START + DAY);
      expect(await volumesOf(interrupted)).toContain('11');
      const before = interrupted.requests.length;
      await interrupted.clock.advance(25 * HOUR);
      await interrupted.runUntil(START + 2 * DAY + 2 * HOUR, START);
      expect(await volumesOf(interrupted)).toEqual(await volumesOf(whole));
      // One for each live slot and each of its half hours, the fewest for 25 hours of slots, and for the day
      // before them.
      const [live, missed, looked] = [HOUR / lengthMs, (25 * HOUR) / lengthMs, (24.5 * HOUR) / lengthMs];
      expect(interrupted.requests.length - before).toBeLessThanOrEqual(
        live + 2 + Math.ceil(missed / 998) + Math.ceil(looked / 998),
      );
    },
  );

  it('are not lost by a crash: the slot that brings one is written together with it', async () => {
    const { runUntil, history, ports, series, stored, clock, lengthMs } = createLiveWorld({
      ...{ interval: '1m', start: START, valuesAt: correctedTwice(MINUTE) },
    });
    await runUntil(START + DAY + HOUR - MINUTE);
    await clock.advance(2 * MINUTE);
    const { read } = history;
    let reads = 0;
    history.read = async (...args) => {
      reads += 1;
      if (reads === 2) throw new Error('killed');
      return read(...args);
    };
    const scope = historyScope({ series, from: START, to: Number.POSITIVE_INFINITY });
    const looked = START + HOUR;
    const slot = looked + DAY;
    const volumes = async () =>
      (await Promise.all([stored(looked, looked + lengthMs), stored(slot, slot + lengthMs)])).map(
        ([candle]) => candle?.volume,
      );
    await expect(repairScope(ports, { scope }, signal)).rejects.toThrow('killed');
    expect(await volumes()).toEqual(['11', undefined]);
    await repairScope(ports, { scope }, signal);
    expect(await volumes()).toEqual(['12', '10']);
  });

  it('fill nothing beside the scope and ask for nothing before the first candle', async () => {
    const { clock, ports, store, series, stored, requests } = createLiveWorld({
      ...{ interval: '3m', start: START + 2 * DAY },
    });
    const known = START + DAY - 9 * MINUTE;
    const final = { ...plainValues(known), volume: '7', status: 'final', observed: known } as const;
    await store.merge([{ series, candles: [{ openTime: known, ...final, source: 'history' }] }]);
    await clock.advance(4 * MINUTE);
    const scope = historyScope({ series, from: START + 2 * DAY, to: START + 2 * DAY + HOUR });
    await repairScope(ports, { scope }, signal);
    const found = (await stored(START, START + 3 * DAY)).map(({ openTime, volume }) => [openTime, volume]);
    expect(found).toEqual([
      [known, plainValues(known).volume],
      [START + 2 * DAY, plainValues(START + 2 * DAY).volume],
    ]);
    expect(requests.map(({ from }) => from)).toEqual([known]);
  });
});

describe('the requests of a backfill', () => {
  const YEAR = { from: Date.UTC(2025, 10, 22), to: Date.UTC(2026, 10, 22) };

  it('of a year stay at most 180 where candles are stored before it, read as the stream reads them', async () => {
    const { ports, store, series, requests } = createLiveWorld({ interval: '3m', start: YEAR.to + HOUR });
    const candles = Array.from({ length: 480 }, (_, index) => {
      const openTime = YEAR.from - DAY + index * 3 * MINUTE;
      return {
        openTime,
        ...plainValues(openTime),
        status: 'final',
        source: 'history',
        observed: openTime + 10 * MINUTE,
      } as const;
    });
    await store.merge([{ series, candles }]);
    const { needs } = await repairScope(ports, { scope: historyScope({ series, ...YEAR }) }, signal);
    expect(needs.missing).toEqual([]);
    // 176 for the 175,200 slots, one for the day before them.
    expect(requests.length).toBe(177);
    for (const { openTime } of candles)
      expect(requests.some(({ from, to }) => from <= openTime && openTime < to)).toBe(true);
  });

  it('that fills a hole in what a backfill stored are one: its neighbours were read late enough', async () => {
    const { ports, series, store, requests } = createLiveWorld({ interval: '1m', start: YEAR.to + HOUR });
    const week = { from: YEAR.to - 9 * DAY, to: YEAR.to - 2 * DAY };
    await repairScope(ports, { scope: historyScope({ series, ...week }) }, signal);
    const all = [];
    for (let day = week.from; day < week.to; day += DAY)
      all.push(...(await store.readDay(series, day)).candles);
    const hole = { from: YEAR.to - 5 * DAY, to: YEAR.to - 5 * DAY + 2 * HOUR };
    const second = createLiveWorld({ interval: '1m', start: YEAR.to + HOUR });
    const candles = all.filter(({ openTime }) => openTime < hole.from || openTime >= hole.to);
    await second.store.merge([{ series, candles }]);
    await repairScope(second.ports, { scope: historyScope({ series, ...week }) }, signal);
    expect(second.requests).toHaveLength(1);
    expect(requests.length).toBe(Math.ceil((7 * 1440) / 998));
  });
});
