import {
  type CandleStore,
  type CandleValues,
  createMemoryStore,
  type EpochMs,
  repairScope,
  spansToRead,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const { signal } = new AbortController();
const MINUTE = 60_000;
const SLOT = 3 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SERIES = swapSeries('BTC-USDT', '3m');

function world(
  options: { valuesAt?: (openTime: EpochMs) => CandleValues | null; start?: () => EpochMs } = {},
) {
  const time = { now: Date.UTC(2026, 10, 22, 12, 1) };
  const now = () => time.now;
  const store = createMemoryStore({ now });
  const history = createFakeHistory({ now, valuesAt: plainValues, ...options });
  const candles: CandleStore = { ...store };
  const ports = {
    history,
    exchangeClock: { now },
    candles,
    derivation: store,
    report: () => {},
    yieldToHost: async () => {},
  };
  const scope = (from: EpochMs, to = Number.POSITIVE_INFINITY) =>
    ({ series: SERIES, from, to, fillGaps: true, priority: 'background' }) as const;
  const pass = async (from: EpochMs, to?: EpochMs) =>
    (await repairScope(ports, { scope: scope(from, to) }, signal)).needs;
  const stored = async (from: EpochMs, to: EpochMs) => {
    const candles = [];
    for (let day = Math.floor(from / DAY) * DAY; day < to; day += DAY)
      candles.push(...(await store.readDay(SERIES, day)).candles);
    return candles.filter(({ openTime }) => openTime >= from && openTime < to);
  };
  return { time, store, history, pass, stored, ports, scope };
}

describe('repairScope', () => {
  it('backfills a year of 3m candles with 176 requests, the least that 1000 rows and two neighbours allow', async () => {
    const { time, history, pass, stored } = world();
    const from = Date.UTC(2025, 10, 22);
    const to = Date.UTC(2026, 10, 22);
    const needs = await pass(from, to);
    expect(needs.missing).toEqual([]);
    expect(await stored(from, to)).toHaveLength(365 * 480);
    // 175,200 slots, 998 a request.
    expect(history.requests).toHaveLength(Math.ceil((365 * 480) / 998));
    for (const request of history.requests)
      expect((request.to - request.from) / SLOT).toBeLessThanOrEqual(1000);
    expect(time.now).toBeGreaterThan(to);
  });

  it('never stores the open candle, which history shows as its newest row (predecessor fault 1)', async () => {
    const { time, pass, stored } = world();
    const day = Math.floor(time.now / DAY) * DAY;
    await pass(day);
    const candles = await stored(day, day + DAY);
    expect(candles.at(-1)?.openTime).toBe(Date.UTC(2026, 10, 22, 11, 57));
    expect(candles.every(({ status }) => status === 'final')).toBe(true);
  });

  it('takes the newest row as provisional until a later row stands beside it', async () => {
    const { time, history, pass, stored } = world();
    const from = Date.UTC(2026, 10, 22, 11);
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime < Date.UTC(2026, 10, 22, 12));
    await pass(from);
    expect((await stored(from, time.now)).map(({ status }) => status).at(-1)).toBe('provisional');
    history.tamper = null;
    time.now += MINUTE;
    expect((await pass(from)).provisional).toEqual([]);
    expect((await stored(from, time.now)).at(-1)).toMatchObject({ status: 'final', observed: time.now });
  });

  it('believes an empty slot only after two reads ten minutes apart, each with candles on both sides', async () => {
    const hole = Date.UTC(2026, 10, 22, 9);
    const { time, history, pass } = world({ valuesAt: (open) => (open === hole ? null : plainValues(open)) });
    const from = Date.UTC(2026, 10, 22, 8);
    const first = await pass(from);
    expect(first).toMatchObject({ missing: [hole], confirming: [hole], waitUntil: time.now + 10 * MINUTE });
    const { length } = history.requests;
    time.now += 9 * MINUTE;
    expect((await pass(hole - SLOT, hole + SLOT)).missing).toEqual([hole]);
    expect(history.requests).toHaveLength(length);
    time.now += MINUTE;
    expect((await pass(from)).missing).toEqual([]);
  });

  it('does not take the vanished newest row for an empty slot (trap 6)', async () => {
    const { time, history, pass } = world();
    const from = Date.UTC(2026, 10, 22, 11);
    const lost = Date.UTC(2026, 10, 22, 11, 57);
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime < lost);
    const needs = await pass(from);
    expect(needs).toMatchObject({ missing: [lost], confirming: [], ask: [lost - SLOT, lost] });
    time.now += 11 * MINUTE;
    await pass(from);
    history.tamper = null;
    expect((await pass(from)).missing).toEqual([]);
  });

  it('stops at the first day that history can give, asks twice and calls the rest unavailable (trap 29)', async () => {
    const start = Date.UTC(2026, 10, 10, 5);
    const { time, history, pass, store } = world({ start: () => start });
    const from = Date.UTC(2026, 4, 1);
    const first = await pass(from);
    expect(first.waitUntil).toBe(time.now + 10 * MINUTE);
    // Twelve days are six windows; one more shows nothing below, one looks at all the rest.
    expect(history.requests.length).toBeLessThanOrEqual(8);
    time.now += 10 * MINUTE;
    const second = await pass(from);
    expect(second.missing).toEqual([]);
    expect((await store.listSeries())[0]?.historyStart.firstAvailable).toBe(start);
    expect(history.requests.length).toBeLessThanOrEqual(10 + 2);
  });

  it('finds what lies below a hole that is wider than a request', async () => {
    const hole = { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 10, 6) };
    const { time, pass, stored } = world({
      valuesAt: (open) => (open >= hole.from && open < hole.to ? null : plainValues(open)),
    });
    const from = Date.UTC(2026, 9, 28);
    let needs = await pass(from);
    for (let round = 0; round < 4 && needs.missing.length > 0; round++) {
      time.now += 10 * MINUTE;
      needs = await pass(from);
    }
    expect(needs.missing).toEqual([]);
    expect(await stored(from, hole.from)).toHaveLength(4 * 480);
  });

  it('goes on where an interrupted run stopped, without asking for anything twice (predecessor fault 25)', async () => {
    const { history, ports, scope, pass, stored } = world();
    const from = Date.UTC(2026, 9, 22);
    const to = Date.UTC(2026, 10, 22);
    const read = history.read.bind(history);
    let answers = 0;
    const failing = {
      ...history,
      read: async (...args: Parameters<typeof read>) => {
        if (answers++ === 5) throw new Error('killed');
        return read(...args);
      },
    };
    const killed = repairScope({ ...ports, history: failing }, { scope: scope(from, to) }, signal);
    await expect(killed).rejects.toThrow('killed');
    expect(await stored(from, to)).not.toHaveLength(0);
    await pass(from, to);
    expect(await stored(from, to)).toHaveLength(31 * 480);
    expect(history.requests).toHaveLength(Math.ceil((31 * 480) / 998));
  });

  it('reads finals again about an hour and a day after their close, along with other requests, and takes what changed', async () => {
    const changed = Date.UTC(2026, 10, 22, 11, 54);
    let revision = plainValues(changed);
    const { time, history, ports, scope, stored, store } = world({
      valuesAt: (open) => (open === changed ? revision : plainValues(open)),
    });
    const live = scope(Date.UTC(2026, 10, 22, 11));
    const readsOf = () => history.requests.filter(({ from, to }) => from <= changed && changed < to).length;
    const goOn = async (ms: number) => {
      for (const end = time.now + ms; time.now < end; ) {
        time.now += SLOT;
        passes += 1;
        await repairScope(ports, { scope: live }, signal);
      }
    };
    let passes = 1;
    await repairScope(ports, { scope: live }, signal);
    await goOn(HOUR - 3 * SLOT);
    const early = readsOf();
    revision = { ...revision, volume: '99.5' };
    await goOn(4 * SLOT);
    expect(readsOf()).toBeGreaterThan(early);
    expect((await stored(changed, changed + SLOT))[0]?.volume).toBe('99.5');
    await goOn(3 * HOUR);
    const late = readsOf();
    await goOn(DAY - 6 * HOUR);
    expect(readsOf()).toBe(late);
    revision = { ...revision, volume: '101.5' };
    await goOn(3 * HOUR);
    expect((await stored(changed, changed + SLOT))[0]?.volume).toBe('101.5');
    expect(await store.revisions(SERIES)).toHaveLength(2);
    // One request a candle: the re-reads ride along.
    expect(history.requests.length).toBe(passes);
  });

  it('takes an empty answer about the newest slots for a failure, not for the start of history', async () => {
    const { history, pass, store } = world();
    history.tamper = () => [];
    await pass(Date.UTC(2026, 10, 22, 11));
    expect((await store.listSeries())[0]?.historyStart.pending ?? null).toBeNull();
    history.tamper = null;
    expect((await pass(Date.UTC(2026, 10, 22, 11))).missing).toEqual([]);
  });

  it('moves a claimed start of history down when a later answer shows an older candle', async () => {
    const { time, history, pass, store } = world();
    const from = Date.UTC(2026, 10, 10);
    const lie = Date.UTC(2026, 10, 20);
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime >= lie);
    await pass(from);
    expect((await store.listSeries())[0]?.historyStart.pending?.firstAvailable).toBe(lie);
    history.tamper = null;
    time.now += 10 * MINUTE;
    expect((await pass(from)).missing).toEqual([]);
    expect((await store.listSeries())[0]?.historyStart.firstAvailable).toBeNull();
  });

  it('writes no candle beside its scope', async () => {
    const { pass, stored, time } = world();
    const from = Date.UTC(2026, 10, 22, 9);
    const to = Date.UTC(2026, 10, 22, 10);
    await pass(from, to);
    expect((await stored(from - DAY, time.now)).map(({ openTime }) => openTime)).toEqual(
      Array.from({ length: 20 }, (_, slot) => from + slot * SLOT),
    );
  });

  it('writes only the slot that it asked for, though the answer shows thirty that are known', async () => {
    const { time, history, pass, ports } = world();
    const from = Date.UTC(2026, 10, 22, 9);
    await pass(from);
    const written: EpochMs[] = [];
    const { merge } = ports.candles;
    ports.candles.merge = async (facts) => {
      const merged = await merge(facts);
      written.push(...merged.map(({ openTime }) => openTime));
      return merged;
    };
    time.now += SLOT;
    await pass(from);
    expect(written).toEqual([Date.UTC(2026, 10, 22, 12)]);
    expect(history.requests.at(-1)!.from).toBe(Date.UTC(2026, 10, 22, 10, 30));
  });

  it('reads a day at most twice in a live pass with one request, the read inside the merge included', async () => {
    const { time, history, pass, ports } = world();
    const from = Date.UTC(2026, 10, 22, 9);
    await pass(from);
    history.requests.length = 0;
    const reads: string[] = [];
    const { merge, readDay } = ports.candles;
    ports.candles.readDay = (series, day) => {
      reads.push(`readDay ${day}`);
      return readDay(series, day);
    };
    ports.candles.merge = (facts) => {
      for (const { first } of spansToRead(facts)) reads.push(`merge ${Math.floor(first / DAY) * DAY}`);
      return merge(facts);
    };
    time.now += SLOT;
    expect((await pass(from)).missing).toEqual([]);
    expect(history.requests).toHaveLength(1);
    const today = Date.UTC(2026, 10, 22);
    expect(reads).toEqual([`readDay ${today}`, `merge ${today}`]);
  });

  it('asks history for nothing on a second start over a settled store (predecessor fault 27)', async () => {
    const { history, pass } = world();
    const from = Date.UTC(2026, 10, 10);
    const to = Date.UTC(2026, 10, 20);
    await pass(from, to);
    history.requests.length = 0;
    expect(await pass(from, to)).toMatchObject({ ask: [], missing: [], provisional: [] });
    expect(history.requests).toEqual([]);
  });
});
