import {
  type CandleValues,
  createMemoryStore,
  type EpochMs,
  NO_PACE,
  type PaceStore,
  type ReportedEvent,
  type Series,
} from '@candlelake/core';
import type { BackfillReport } from '../../packages/functions/src/adapters/dynamo/statusItems.ts';
import { exchangeClockOf } from '../support/exchangeClock.ts';
import { createFakeHistory, plainValues } from '../support/fakeHistory.ts';
import { lakeSettings } from '../support/lakeSettings.ts';
import { createManualClock } from '../support/manualClock.ts';
import { swapSeries } from '../support/swapSeries.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const SLOT = 3 * MINUTE;
/** Sunday 2026-11-22T00:00Z. */
export const TODAY = Date.UTC(2026, 10, 22);
export const BTC = swapSeries('BTC-USDT', '3m');
export const ETH: Series = { ...BTC, symbol: 'ETH-USDT' };

export const SETTINGS = lakeSettings();

export interface JobOptions {
  readonly now: EpochMs;
  readonly historyFrom?: EpochMs;
  readonly valuesAt?: (openTime: EpochMs) => CandleValues | null;
}

/**
 * What a job works on: a memory store, a history that has everything, a clock that stands still, and a list
 * of what was reported.
 */
export async function createJob({ now, historyFrom = 0, valuesAt = plainValues }: JobOptions) {
  const clock = createManualClock(now);
  const store = createMemoryStore({ now: clock.now });
  await store.writeSettings(SETTINGS);
  const events: ReportedEvent[] = [];
  const pauses: EpochMs[] = [];
  const backfills: BackfillReport[] = [];
  const pace: PaceStore = {
    async changePace(step) {
      const { state, result } = step(NO_PACE);
      pauses.push(state.pause.until);
      return result;
    },
  };
  const history = createFakeHistory({ now: clock.now, valuesAt, start: () => historyFrom });
  history.contracts = async () =>
    [BTC, ETH].map(({ symbol }) => ({ symbol, pricePrecision: 1, launchTime: null }));
  return {
    clock,
    exchangeClock: exchangeClockOf(clock),
    store,
    candles: store,
    derivation: store,
    pace,
    history,
    random: () => 0.5,
    yieldToHost: async () => {},
    report: (event: ReportedEvent) => void events.push(event),
    events,
    pauses,
    backfills,
    status: { writeBackfill: async (told: BackfillReport) => void backfills.push(told) },
    kinds: () => events.map(({ kind }) => kind),
  };
}

/** Open times of the slots that the store holds candles of, in [from, to). */
export async function openTimes(
  store: Pick<ReturnType<typeof createMemoryStore>, 'readDay'>,
  series: Series,
  from: EpochMs,
  to: EpochMs,
): Promise<readonly EpochMs[]> {
  const times: EpochMs[] = [];
  for (let day = Math.floor(from / DAY) * DAY; day < to; day += DAY) {
    times.push(...(await store.readDay(series, day)).candles.map(({ openTime }) => openTime));
  }
  return times.filter((time) => time >= from && time < to);
}

/** Every slot of the grid in [from, to). */
export function slotsOf(from: EpochMs, to: EpochMs): readonly EpochMs[] {
  return Array.from({ length: (to - from) / SLOT }, (_, index) => from + index * SLOT);
}
