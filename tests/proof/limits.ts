import {
  type CandleStore,
  createMemoryStore,
  type DerivationStore,
  type Interval,
  intervalMs,
  type PaceStore,
} from '@candlelake/core';
import { DEFAULT_RATE_LIMITS, type RateLimits } from '../../packages/exchange-sim/src/rateLimit.ts';
import { createProcessClock } from '../simulation/machine/processClock.ts';
import { createVirtualTime, type VirtualTime } from '../simulation/virtualTime.ts';
import { lakeSettings } from '../support/lakeSettings.ts';
import { createSeededRandom } from '../support/seededRandom.ts';
import { createLimitedExchange, type LimitedExchange } from './limitedExchange.ts';
import { type ProgramRun, type RunOptions, startBackfill, startStream } from './programRun.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 22, 12, 0, 1);
/** A symbol that is backfilled and not streamed. */
const PAST_SYMBOL = 'PAST-USDT';
/** The end of the years that are backfilled: a settled past. */
const PAST_END = Date.UTC(2026, 10, 1);

/** Recorded: 500 requests in 10 s and route, five minutes of penalty (docs/bingx.md, "Rate limits"). */
export const RECORDED_LIMITS: RateLimits = DEFAULT_RATE_LIMITS;
/** The older documentation: one request a second and address. */
export const DOCUMENTED_LIMITS: RateLimits = {
  windows: [{ windowMs: SECOND, requests: 1 }],
  scope: 'address',
  penaltyMs: 5 * MINUTE,
  patience: 20,
};

type Store = CandleStore & DerivationStore & PaceStore;

interface World {
  readonly time: VirtualTime;
  readonly exchange: LimitedExchange;
  readonly random: () => number;
  readonly interval: Interval;
  readonly symbols: readonly string[];
  openStore(): Promise<Store>;
  /** What a program on this machine needs. */
  program(store: Store): RunOptions;
}

interface WorldOptions {
  readonly limits: RateLimits;
  readonly interval?: Interval;
  readonly symbols?: number;
  readonly seed?: number;
  /** Latency of one way differs by so much at most. */
  readonly jitterMs?: number;
}

function createWorld({ limits, interval = '3m', symbols = 1, seed = 1, jitterMs = 0 }: WorldOptions): World {
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
      const store = createMemoryStore({ now: () => Math.floor(time.now()) });
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

function figuresOf({ verdicts, density }: LimitedExchange): LimitFigures {
  const requests = [...verdicts.values()].reduce((sum, count) => sum + count, 0);
  return {
    requests,
    refused: requests - (verdicts.get('ok') ?? 0),
    bans: verdicts.get('banned') ?? 0,
    densest: [...density.most.values()],
  };
}

/** Backfills a year of one symbol's 3m candles into an empty store. */
export async function backfillYear(
  limits: RateLimits,
): Promise<LimitFigures & { readonly minutes: number; readonly candles: number }> {
  const world = createWorld({ limits });
  const store = await world.openStore();
  const from = PAST_END - 365 * DAY;
  const run = startBackfill({ ...world.program(store), from, to: PAST_END });
  await runToEnd(world, run, DAY);
  const minutes = (world.time.now() - START) / MINUTE;
  const counted = await countCandles(store, world, from);
  return { ...figuresOf(world.exchange), minutes: Number(minutes.toFixed(1)), candles: counted };
}

async function countCandles(store: Store, { symbols, interval }: World, from: number): Promise<number> {
  let candles = 0;
  for (const symbol of symbols) {
    for (let day = from; day < PAST_END; day += DAY)
      candles += (await store.readDay({ market: 'swap', symbol, interval }, day)).candles.length;
  }
  return candles;
}

export interface LatencyFigures extends LimitFigures {
  /** Of live requests while the backfill ran, with their wait for the budget, in ms. */
  readonly reads: number;
  readonly median: number;
  readonly p99: number;
  readonly most: number;
}

/** Days of history that are backfilled beside a stream: more than half an hour of requests at the default pace. */
const BESIDE_DAYS = 1_000;

export interface BesideOptions {
  readonly symbols: number;
  readonly interval: Interval;
  /** How long live requests are timed, in simulated minutes. The backfill lasts longer. */
  readonly minutes: number;
  /** `candlelake backfill` as a process of its own, or the backfill of the stream itself. */
  readonly isOwnProcess: boolean;
  readonly requestsPerSecond?: number;
}

/** Times the live requests of a stream while a backfill of years runs beside it on the same store. */
export async function liveBesideBackfill(options: BesideOptions): Promise<LatencyFigures> {
  const { symbols, interval, minutes, isOwnProcess, requestsPerSecond = 1 } = options;
  const world = createWorld({ limits: RECORDED_LIMITS, interval, symbols, jitterMs: 100 });
  const store = await world.openStore();
  const tookMs: number[] = [];
  const program = { ...world.program(store), requestsPerSecond };
  const stream = startStream({
    ...program,
    historyDays: isOwnProcess ? 0 : BESIDE_DAYS,
    onRead: (priority, ms) => priority === 'live' && tookMs.push(ms),
  });
  const runs: ProgramRun[] = [stream];
  if (isOwnProcess) {
    await world.time.runUntil(START + 10 * MINUTE);
    const from = PAST_END - BESIDE_DAYS * DAY;
    runs.push(startBackfill({ ...world.program(store), requestsPerSecond, from, to: PAST_END }));
  }
  tookMs.length = 0;
  await world.time.runUntil(world.time.now() + minutes * MINUTE);
  for (const run of runs) run.stop();
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
  return { ...figuresOf(world.exchange), reads: sorted.length, median: at(0.5), p99: at(0.99), most: at(1) };
}

export interface RecoveryFigures extends LimitFigures {
  readonly refusals100410: number;
  /** From the end that a refusal announced until the next good answer, in ms. */
  readonly longestRecoveryMs: number;
  readonly candles: number;
  readonly minutes: number;
}

/** Two machines behind one address, each with a store of its own, backfill a year at once. */
export async function twoStores(limits: RateLimits): Promise<RecoveryFigures> {
  const world = createWorld({ limits, jitterMs: 100 });
  const stores = [await world.openStore(), await world.openStore()];
  const from = PAST_END - 365 * DAY;
  const runs = stores.map((store) => startBackfill({ ...world.program(store), from, to: PAST_END }));
  for (const run of runs) await runToEnd(world, run, 2 * DAY);
  const { recoveries, verdicts } = world.exchange;
  const waits = recoveries.map(
    ({ announcedEnd, answeredAt }) => (answeredAt ?? Number.POSITIVE_INFINITY) - announcedEnd,
  );
  const counts = await Promise.all(stores.map((store) => countCandles(store, world, from)));
  return {
    ...figuresOf(world.exchange),
    refusals100410: verdicts.get('limited') ?? 0,
    longestRecoveryMs: Math.round(Math.max(0, ...waits)),
    candles: counts.reduce((sum, count) => sum + count),
    minutes: Math.round((world.time.now() - START) / MINUTE),
  };
}

/** Runs until the program has ended by itself; throws when it ended with an error or not within `atMostMs`. */
async function runToEnd({ time }: World, run: ProgramRun, atMostMs: number): Promise<void> {
  let isOver = false;
  let failure: unknown = null;
  void run.ended.then((error) => {
    isOver = true;
    failure = error;
  });
  const end = time.now() + atMostMs;
  while (!isOver && time.now() < end) await time.runUntil(time.now() + SECOND);
  if (failure) throw failure;
  if (!isOver) throw new Error(`the backfill has not ended after ${atMostMs / HOUR} simulated hours`);
}

export interface LongRunOptions {
  readonly days: number;
  readonly limits: RateLimits;
  readonly symbols: number;
  readonly seed: number;
}

export interface LongRunFigures extends LimitFigures {
  readonly days: number;
  readonly restarts: number;
  readonly backfills: number;
  /** Programs that ended with an error. */
  readonly failures: number;
}

/**
 * A stream that is restarted every few days after an outage of minutes to hours, a second stream on the same store
 * half of the time, and about once a day a backfill of a month of another symbol beside both.
 */
export async function longRun({ days, limits, symbols, seed }: LongRunOptions): Promise<LongRunFigures> {
  const world = createWorld({ limits, symbols, seed });
  const { time, random } = world;
  const store = await world.openStore();
  let restarts = 0;
  let backfills = 0;
  let failures = 0;
  let oldest = PAST_END;
  const end = START + days * DAY;

  const stream = () => startStream({ ...world.program(store), historyDays: 3 });
  const keepRunning = async (downMs: () => number): Promise<void> => {
    const run = stream();
    time.at(time.now() + HOUR + random() * 2 * DAY, () => run.stop());
    if (await run.ended) failures += 1;
    restarts += 1;
    if (time.now() < end) time.at(time.now() + downMs(), () => void keepRunning(downMs));
  };
  const backfillNow = (): void => {
    const to = oldest;
    oldest -= 30 * DAY;
    backfills += 1;
    const run = startBackfill({ ...world.program(store), symbols: [PAST_SYMBOL], from: oldest, to });
    void run.ended.then((error) => {
      if (error) failures += 1;
    });
    if (time.now() < end) time.at(time.now() + (0.5 + random()) * DAY, backfillNow);
  };
  void keepRunning(() => 10 * SECOND + random() * 6 * HOUR);
  void keepRunning(() => random() * 2 * DAY);
  time.at(START + HOUR, backfillNow);
  await time.runUntil(end);
  return { ...figuresOf(world.exchange), days, restarts, backfills, failures };
}
