import {
  createMemoryStore,
  createProgress,
  type EpochMs,
  historyScope,
  NO_BACKFILL,
  type ReportedEvent,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { plainValues } from '../../support/fakeHistory.ts';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const SLOT = 180_000;
const DAY = 86_400_000;
const TODAY = Date.UTC(2026, 10, 22);
const BTC = swapSeries('BTC-USDT', '3m');
const ETH = swapSeries('ETH-USDT', '3m');

/** The store after a derivation that found the given slots of each day missing; other days are marked. */
async function world(missing: ReadonlyMap<EpochMs, number> = new Map()) {
  const now = () => TODAY + 20_000;
  const store = createMemoryStore({ now });
  await store.writeSettings(lakeSettings());
  const oldest = {
    ...plainValues(0),
    openTime: TODAY - 9 * DAY,
    status: 'final',
    source: 'history',
  } as const;
  await store.merge([{ series: BTC, candles: [{ ...oldest, observed: 0 }] }]);
  await store.advanceAsOf(TODAY);
  for (const mark of await store.dirtyDays()) {
    const count = missing.get(mark.day);
    if (count === undefined) continue;
    const counts = { expected: 480, final: 480 - count, provisional: 0, quiet: 0, unavailable: 0 };
    const coverage = [
      {
        series: BTC,
        day: mark.day,
        coverage: { ...counts, missing: count, firstMissing: null },
        nextLook: null,
      },
    ];
    await store.commitDay({ ...mark, checkpoints: [], objects: [], coverage });
  }
  const events: ReportedEvent[] = [];
  const ports = {
    ...{ exchangeClock: { now }, candles: store, derivation: store, yieldToHost: async () => {} },
    report: (event: ReportedEvent) => void events.push(event),
  };
  return { ports, events };
}

const answer = (asked: number, oldest: EpochMs) => ({ asked, oldest, filled: asked });
const done = { refusals: 0 };

describe('the progress of a backfill', () => {
  it('takes the number of slots from coverage: none of a settled day, all of one that is not derived', async () => {
    const { ports } = await world(
      new Map([
        [TODAY - DAY, 0],
        [TODAY - 2 * DAY, 7],
      ]),
    );
    const scope = historyScope({ series: BTC, from: TODAY - 4 * DAY + 10 * SLOT, to: TODAY });
    const progress = await createProgress(ports, [scope]);
    const slots = 7 + 480 + 470;
    // 957 slots in one stretch take one request of at most 1000.
    const requests = { requestsDone: 0, requestsTotal: 1 };
    expect(progress.read()).toEqual({
      ...{ running: true, remainingSlots: slots, totalSlots: slots },
      ...requests,
    });
  });

  it('counts what was asked for, and takes what the pass has gone by as done', async () => {
    const { ports, events } = await world(new Map([[TODAY - 2 * DAY, 7]]));
    const scope = historyScope({ series: BTC, from: TODAY - 3 * DAY, to: TODAY });
    const progress = await createProgress(ports, [scope]);
    expect(progress.read().totalSlots).toBe(480 + 7 + 480);
    // Half of the newest day is stored already: 240 slots were asked for, the oldest at noon.
    expect(progress.answered(scope, answer(240, TODAY - DAY / 2))).toMatchObject({
      remainingSlots: 240 + 7 + 480,
      totalSlots: 240 + 240 + 7 + 480,
      requestsDone: 1,
      requestsTotal: 2,
    });
    expect(progress.answered(scope, answer(100, TODAY - 2 * DAY + SLOT))).toMatchObject({
      remainingSlots: 1 + 480,
      totalSlots: 340 + 1 + 480,
    });
    expect(progress.answered(scope, answer(480, TODAY - 3 * DAY))).toMatchObject({
      running: true,
      remainingSlots: 0,
      totalSlots: 820,
    });
    expect(progress.passed({ scope, ...done })).toEqual({
      running: false,
      remainingSlots: 0,
      totalSlots: 820,
      requestsDone: 3,
      requestsTotal: 3,
    });
    expect(events.map(({ message }) => message)).toEqual([
      'backfill: 240 of about 967 candles (BTC-USDT)',
      'backfill: 340 of about 821 candles (BTC-USDT)',
      'backfill: 820 of about 820 candles (BTC-USDT)',
      'backfill: history has answered for all 820 candles',
    ]);
  });

  it('says how much is left of a refused symbol, and nothing when nothing was asked for', async () => {
    const { ports, events } = await world();
    const scopes = [BTC, ETH].map((series) => historyScope({ series, from: TODAY - DAY, to: TODAY }));
    const [btc, eth] = scopes as [(typeof scopes)[0], (typeof scopes)[0]];
    const progress = await createProgress(ports, scopes);
    progress.answered(btc, answer(300, TODAY - DAY));
    expect(progress.passed({ scope: btc, ...done }).running).toBe(true);
    expect(progress.passed({ scope: eth, refusals: 1 }).running).toBe(false);
    expect(events.at(-1)?.message).toBe('backfill: history has answered for 300 of about 780 candles');
    const silent = await createProgress(ports, [btc]);
    const { length } = events;
    expect(silent.passed({ scope: btc, ...done })).toEqual(NO_BACKFILL);
    expect(events).toHaveLength(length);
  });
});
