import {
  type CandleStore,
  createMemoryStore,
  type EpochMs,
  type Interval,
  intervalMs,
} from '@candlelake/core';
import { createProcessClock } from '../simulation/machine/processClock.ts';
import { createVirtualTime } from '../simulation/virtualTime.ts';
import { lakeSettings } from '../support/lakeSettings.ts';
import { createSeededRandom } from '../support/seededRandom.ts';
import { createLimitedExchange } from './limitedExchange.ts';
import { RECORDED_LIMITS } from './limitedWorld.ts';
import { startStream } from './programRun.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 10, 22, 12, 0, 1);

export interface FinalityOptions {
  readonly symbols: number;
  readonly interval: Interval;
  /** Candles that close in this time are counted, after an hour in which the run settles. */
  readonly hours: number;
  readonly requestsPerSecond?: number;
}

export interface FinalityFigures {
  readonly candles: number;
  /** Candles that were not final an hour after the last one closed. */
  readonly neverFinal: number;
  /** From the close of a candle until it is stored as final, in seconds. */
  readonly median: number;
  readonly p99: number;
  readonly most: number;
}

/** Measures how long after its close a candle is final in the store, on simulated time. */
export async function measureFinality(options: FinalityOptions): Promise<FinalityFigures> {
  const { symbols, interval, hours, requestsPerSecond = 1 } = options;
  const lengthMs = intervalMs(interval);
  const names = Array.from({ length: symbols }, (_, index) => `COIN${index}-USDT`);
  const random = createSeededRandom(1);
  const time = createVirtualTime(START, random);
  const exchange = createLimitedExchange({
    ...{ time, symbols: names, intervalMs: lengthMs, limits: RECORDED_LIMITS },
    oneWayMs: () => 50 + 100 * random(),
  });
  const clock = createProcessClock(time, { errorMs: 0 });
  const store = createMemoryStore({ now: clock.now });
  await store.writeSettings(lakeSettings({ interval }));
  const from = START + HOUR;
  const to = from + hours * HOUR;
  const finals = createFinalTimes(store, { now: clock.now, from, to, lengthMs });
  const stream = startStream({
    ...{ clock, random, interval, requestsPerSecond, historyDays: 0, symbols: names },
    httpGet: exchange.connect(clock),
    store: { ...store, merge: finals.merge },
  });
  await time.runUntil(to + HOUR);
  stream.stop();
  const failure = await Promise.race([stream.ended, time.runUntil(to + HOUR + MINUTE).then(() => null)]);
  if (failure) throw failure;
  const expected = symbols * (Math.floor(to / lengthMs) - Math.floor(from / lengthMs));
  const sorted = finals.delays.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]! / 1_000).toFixed(1));
  return {
    candles: expected,
    neverFinal: expected - sorted.length,
    ...{ median: at(0.5), p99: at(0.99), most: at(1) },
  };
}

interface FinalTimesOptions {
  readonly now: () => EpochMs;
  /** Closes in (from, to] count. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly lengthMs: number;
}

/** The same merge, which notes when candles become final. */
function createFinalTimes(
  store: Pick<CandleStore, 'merge'>,
  { now, from, to, lengthMs }: FinalTimesOptions,
): { readonly merge: CandleStore['merge']; readonly delays: readonly number[] } {
  const delays: number[] = [];
  return {
    delays,
    async merge(facts) {
      const merged = await store.merge(facts);
      for (const { openTime, before, after } of merged) {
        const closeTime = openTime + lengthMs;
        const isNewlyFinal = after.candle?.status === 'final' && before.candle?.status !== 'final';
        if (isNewlyFinal && closeTime > from && closeTime <= to) delays.push(now() - closeTime);
      }
      return merged;
    },
  };
}
