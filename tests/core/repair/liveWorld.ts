import {
  type CandleStore,
  type CandleValues,
  createMemoryStore,
  type EpochMs,
  type Interval,
  intervalMs,
  type RepairScope,
  repairScopes,
  type Series,
} from '@candlelake/core';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const SECOND = 1000;

export interface LiveWorldOptions {
  readonly interval: Interval;
  readonly start: EpochMs;
  /** What the exchange holds of a slot at `now`. */
  readonly valuesAt?: (openTime: EpochMs, now: EpochMs) => CandleValues | null;
}

/**
 * One symbol on a manual clock: a stream that stores each candle a second after its close as provisional, and
 * a repair that may be stopped.
 */
export function createLiveWorld({ interval, start, valuesAt = plainValues }: LiveWorldOptions) {
  const clock = createManualClock(start);
  const lengthMs = intervalMs(interval);
  const series: Series = swapSeries('BTC-USDT', interval);
  const store = createMemoryStore({ now: clock.now });
  const candles: CandleStore = { ...store };
  const history = createFakeHistory({
    now: clock.now,
    valuesAt: (openTime) => valuesAt(openTime, clock.now()),
  });
  const ports = {
    ...{
      history,
      clock,
      random: () => 0.5,
      yieldToHost: async () => {},
      exchangeClock: clock,
      candles,
      derivation: store,
    },
    report: () => {},
  };
  const requests: { readonly at: EpochMs; readonly from: EpochMs; readonly to: EpochMs }[] = [];
  const { read } = history;
  history.read = (request, signal) => {
    requests.push({ at: clock.now(), from: request.from, to: request.to });
    return read(request, signal);
  };

  async function stream(until: EpochMs): Promise<void> {
    while (clock.now() < until) {
      const open = Math.floor(clock.now() / lengthMs) * lengthMs;
      await clock.advance(open + lengthMs + SECOND - clock.now());
      const values = valuesAt(open, clock.now());
      if (values === null) continue;
      const candle = {
        openTime: open,
        ...values,
        volume: '0.1',
        status: 'provisional',
        observed: 0,
      } as const;
      await store.merge([{ series, candles: [{ ...candle, source: 'stream' }] }]);
    }
  }

  /** A process that streams and repairs its live slots, and history from `historyFrom`, until then. */
  async function runUntil(until: EpochMs, historyFrom: EpochMs = clock.now()): Promise<void> {
    const stop = new AbortController();
    const liveFrom = Math.floor(clock.now() / lengthMs) * lengthMs;
    const live: RepairScope = {
      ...{ series, from: liveFrom, to: Number.POSITIVE_INFINITY, fillGaps: true, priority: 'live' },
    };
    const older: RepairScope = { ...live, from: historyFrom, to: liveFrom, priority: 'background' };
    const repairs = [[live], [older]].map((scopes) =>
      repairScopes(ports, { scopes, goal: 'kept settled' }, stop.signal).catch(() => {}),
    );
    await stream(until);
    await clock.advance(30 * SECOND);
    stop.abort();
    await Promise.all(repairs);
  }

  async function stored(from: EpochMs, to: EpochMs) {
    const found = [];
    for (let day = Math.floor(from / 86_400_000) * 86_400_000; day < to; day += 86_400_000)
      found.push(...(await store.readDay(series, day)).candles);
    return found.filter(({ openTime }) => openTime >= from && openTime < to);
  }

  return { clock, series, store, candles, history, ports, requests, lengthMs, runUntil, stored };
}
