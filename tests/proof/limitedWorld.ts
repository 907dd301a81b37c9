import {
  type CandleStore,
  createMemoryPace,
  type DerivationStore,
  type EpochMs,
  type Interval,
  intervalMs,
  type PaceStore,
  seriesKey,
} from '@candlelake/core';
import { createMemoryCandles } from '../../packages/core/src/memory/memoryCandles.ts';
import { createMemoryDerivation } from '../../packages/core/src/memory/memoryDerivation.ts';
import { createMemoryState } from '../../packages/core/src/memory/memoryState.ts';
import { DEFAULT_RATE_LIMITS, type RateLimits } from '../../packages/exchange-sim/src/rateLimit.ts';
import { createProcessClock } from '../simulation/machine/processClock.ts';
import { createVirtualTime, type VirtualTime } from '../simulation/virtualTime.ts';
import { lakeSettings } from '../support/lakeSettings.ts';
import { createSeededRandom } from '../support/seededRandom.ts';
import { swapSeries } from '../support/swapSeries.ts';
import { createLimitedExchange, type LimitedExchange } from './limitedExchange.ts';
import type { ProgramRun, RunOptions } from './programRun.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
export const START = Date.UTC(2026, 10, 22, 12, 0, 1);
/** A symbol that is backfilled and not streamed. */
export const PAST_SYMBOL = 'PAST-USDT';
/** The end of the years that are backfilled: a settled past. */
export const PAST_END = Date.UTC(2026, 10, 1);

/** Recorded: 500 requests in 10 s and route, five minutes of penalty (docs/bingx.md, "Rate limits"). */
export const RECORDED_LIMITS: RateLimits = DEFAULT_RATE_LIMITS;
/** The older documentation: one request a second and address. */
export const DOCUMENTED_LIMITS: RateLimits = {
  windows: [{ windowMs: SECOND, requests: 1 }],
  scope: 'address',
  penaltyMs: 5 * MINUTE,
  patience: 20,
};

/** A store in memory that can drop what is not asked for any more, so that a long run fits into memory. */
export interface Store extends CandleStore, DerivationStore, PaceStore {
  forget(symbol: string): void;
  /** Drops slots and checkpoints of a day. Its coverage stays, which tells surveys that it is settled. */
  forgetDay(day: EpochMs): void;
}

/** Machines behind one address, and the exchange that counts their requests. */
export interface LimitedWorld {
  readonly time: VirtualTime;
  readonly exchange: LimitedExchange;
  readonly random: () => number;
  readonly interval: Interval;
  readonly symbols: readonly string[];
  openStore(): Promise<Store>;
  /** What a program on a machine with this store needs. */
  program(store: Store): RunOptions & { readonly store: Store };
}

export interface WorldOptions {
  readonly limits: RateLimits;
  readonly interval?: Interval;
  readonly symbols?: number;
  readonly seed?: number;
  /** Latency of one way differs by so much at most. */
  readonly jitterMs?: number;
}

export function createWorld(options: WorldOptions): LimitedWorld {
  const { limits, interval = '3m', symbols = 1, seed = 1, jitterMs = 0 } = options;
  const random = createSeededRandom(seed);
  const time = createVirtualTime(START, random);
  const names = Array.from({ length: symbols }, (_, index) => `COIN${index}-USDT`);
  const exchange = createLimitedExchange({
    ...{ time, symbols: [...names, PAST_SYMBOL], intervalMs: intervalMs(interval), limits },
    oneWayMs: () => 60 + jitterMs * random(),
  });
  return {
    ...{ time, exchange, random, interval, symbols: names },
    async openStore() {
      const state = createMemoryState();
      const now = () => Math.floor(time.now());
      const store = {
        ...createMemoryCandles(state, now),
        ...createMemoryDerivation(state),
        ...createMemoryPace(),
        forget: (symbol: string) => void state.series.delete(seriesKey(swapSeries(symbol, interval))),
        forgetDay(day: EpochMs) {
          for (const { days, readDays, checkpoints } of state.series.values()) {
            days.delete(day);
            readDays.delete(day);
            for (const key of checkpoints.keys()) if (key.endsWith(`|${day}`)) checkpoints.delete(key);
          }
        },
      };
      await store.writeSettings(lakeSettings({ interval }));
      return store;
    },
    program(store) {
      const clock = createProcessClock(time, { errorMs: 0 });
      return { clock, httpGet: exchange.connect(clock), store, symbols: names, interval, random };
    },
  };
}

export interface LimitFigures {
  readonly requests: number;
  readonly refused: number;
  /** HTTP 418 and 403. */
  readonly bans: number;
  /** Most requests that arrived within any second, ten seconds and minute. */
  readonly densest: readonly number[];
}

export function figuresOf({ verdicts, density }: LimitedExchange): LimitFigures {
  const requests = [...verdicts.values()].reduce((sum, count) => sum + count, 0);
  return {
    requests,
    refused: requests - (verdicts.get('ok') ?? 0),
    bans: verdicts.get('banned') ?? 0,
    densest: [...density.most.values()],
  };
}

/** Runs until the program has ended by itself; throws when it ended with an error or not within `atMostMs`. */
export async function runToEnd({ time }: LimitedWorld, run: ProgramRun, atMostMs: number): Promise<void> {
  let isOver = false;
  let failure: unknown = null;
  void run.ended.then((error) => {
    isOver = true;
    failure = error;
  });
  const end = time.now() + atMostMs;
  while (!isOver && time.now() < end) await time.runUntil(time.now() + SECOND);
  if (failure) throw failure;
  if (!isOver) throw new Error(`the backfill has not ended after ${atMostMs / MINUTE} simulated minutes`);
}
