import {
  createMemoryStore,
  type EpochMs,
  historyScope,
  NO_NEEDS,
  planSurvey,
  readNeeds,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { plainValues } from '../../support/fakeHistory.ts';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const MINUTE = 60_000;
const SLOT = 3 * MINUTE;
const DAY = 24 * 60 * MINUTE;
const TODAY = Date.UTC(2026, 10, 22);
const NOW = TODAY + 12 * 60 * MINUTE + 20_000;
const SERIES = swapSeries('BTC-USDT', '3m');

async function world() {
  const now = () => NOW;
  const store = createMemoryStore({ now });
  await store.writeSettings(lakeSettings());
  const read: EpochMs[] = [];
  const { readDay } = store;
  store.readDay = (series, day) => {
    read.push(day);
    return readDay(series, day);
  };
  const ports = { exchangeClock: { now }, candles: store, derivation: store, yieldToHost: async () => {} };
  return { store, read, ports };
}

function finals(from: EpochMs, to: EpochMs) {
  return Array.from({ length: (to - from) / SLOT }, (_, index) => {
    const openTime = from + index * SLOT;
    const values = { ...plainValues(openTime), observed: openTime + DAY };
    return { openTime, ...values, status: 'final', source: 'history' } as const;
  });
}

const COUNTS = { expected: 480, final: 480, provisional: 0, quiet: 0, unavailable: 0, missing: 0 };

const { signal } = new AbortController();

describe('the survey of a scope', () => {
  it('reads no day that the last derivation found settled, and each other day once, the newest first', async () => {
    const { store, read, ports } = await world();
    const from = TODAY - 3 * DAY;
    await store.merge([{ series: SERIES, candles: finals(from, TODAY) }]);
    await store.advanceAsOf(NOW - 20_000);
    const coverageOf = (day: EpochMs) => [
      { series: SERIES, day, coverage: { ...COUNTS, firstMissing: null }, nextLook: null },
    ];
    for (const mark of await store.dirtyDays()) {
      // The middle day was derived with a hole; today is settled as far as it goes.
      const coverage = coverageOf(mark.day);
      if (mark.day === TODAY - 2 * DAY) coverage[0]!.coverage.missing = 1;
      await store.commitDay({ ...mark, checkpoints: [], objects: [], coverage });
    }
    const scope = historyScope({ series: SERIES, from, to: Number.POSITIVE_INFINITY });
    const { closedUntil } = await planSurvey(ports, scope);
    expect(closedUntil).toBe(TODAY + 12 * 60 * MINUTE);
    const { missing } = await readNeeds(ports, scope, signal);
    expect(read).toEqual([TODAY, TODAY - 2 * DAY]);
    expect(missing).toEqual(Array.from({ length: 240 }, (_, index) => TODAY + index * SLOT));
    // A day that changed after its derivation is marked, and read again.
    read.length = 0;
    await store.merge([
      { series: SERIES, candles: [{ ...finals(from, from + SLOT)[0]!, observed: NOW, close: '1' }] },
    ]);
    await readNeeds(ports, scope, signal);
    expect(read).toEqual([TODAY, TODAY - 2 * DAY, from]);
  });

  it('reads a settled day again when a look at one of its slots is due', async () => {
    const { store, read, ports } = await world();
    const from = TODAY - 2 * DAY;
    const looked = from + 10 * SLOT;
    const firstRead = NOW - 2 * 60 * MINUTE;
    const absences = [{ openTime: looked, firstRead, lastRead: firstRead + 10 * MINUTE }];
    const candles = finals(from, TODAY).filter(({ openTime }) => openTime !== looked);
    await store.merge([{ series: SERIES, candles, absences }]);
    await store.advanceAsOf(NOW - 20_000);
    const commitAll = async (nextLook: EpochMs | null) => {
      await store.markDays(new Set([from]));
      for (const mark of await store.dirtyDays()) {
        const record = { series: SERIES, day: mark.day, coverage: { ...COUNTS, firstMissing: null } };
        const coverage = [{ ...record, nextLook: mark.day === from ? nextLook : null }];
        await store.commitDay({ ...mark, checkpoints: [], objects: [], coverage });
      }
    };
    const scope = historyScope({ series: SERIES, from, to: TODAY });
    await commitAll(NOW + 1);
    expect(await readNeeds(ports, scope, signal)).toMatchObject({ ask: [], looks: [] });
    expect(read).toEqual([]);
    await commitAll(NOW);
    expect(await readNeeds(ports, scope, signal)).toMatchObject({ ask: [], looks: [looked], missing: [] });
    expect(read).toEqual([from]);
  });

  it('begins with the slot in which the contract was launched, and reads no day before it', async () => {
    const { store, read, ports } = await world();
    const launchTime = TODAY + MINUTE;
    await store.describeSeries(SERIES, { launchTime, pricePrecision: null });
    const scope = historyScope({ series: SERIES, from: TODAY - 3 * DAY, to: TODAY + 3 * SLOT });
    expect((await readNeeds(ports, scope, signal)).ask).toEqual([TODAY + SLOT, TODAY + 2 * SLOT]);
    expect(read).toEqual([TODAY]);
  });

  it('counts the slots that open in a scope off the grid and have closed', async () => {
    const { ports } = await world();
    const scope = historyScope({ series: SERIES, from: TODAY + 1, to: TODAY + 2 * SLOT + 1 });
    expect((await readNeeds(ports, scope, signal)).missing).toEqual([TODAY + SLOT, TODAY + 2 * SLOT]);
    const future = historyScope({ series: SERIES, from: NOW + DAY, to: NOW + 2 * DAY });
    expect(await planSurvey(ports, future)).toMatchObject({ stretches: [] });
    expect(await readNeeds(ports, future, signal)).toEqual(NO_NEEDS);
  });
});
