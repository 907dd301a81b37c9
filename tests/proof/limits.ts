import type { Interval } from '@candlelake/core';
import type { RateLimits } from '../../packages/exchange-sim/src/rateLimit.ts';
import {
  createWorld,
  figuresOf,
  type LimitedWorld,
  type LimitFigures,
  PAST_END,
  RECORDED_LIMITS,
  runToEnd,
  START,
  type Store,
} from './limitedWorld.ts';
import { type ProgramRun, startBackfill, startStream } from './programRun.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

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

async function countCandles(
  store: Store,
  { symbols, interval }: LimitedWorld,
  from: number,
): Promise<number> {
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

const UNANNOUNCED: RateLimits = { ...RECORDED_LIMITS, announces: false };

export interface BesideOptions {
  readonly symbols: number;
  readonly interval: Interval;
  /** How long live requests are timed, in simulated minutes. The backfill lasts longer. */
  readonly minutes: number;
  /** `candlelake backfill` as a process of its own, or the backfill of the stream itself. */
  readonly isOwnProcess: boolean;
  readonly requestsPerSecond?: number;
  /** Days of history that are backfilled; default: more than an hour of requests at the default pace. */
  readonly days?: number;
  /** Default: as recorded, without the headers that announce it. */
  readonly limits?: RateLimits;
}

/** Times the live requests of a stream while a backfill of years runs beside it on the same store. */
export async function liveBesideBackfill(options: BesideOptions): Promise<LatencyFigures> {
  const { symbols, interval, minutes, isOwnProcess, requestsPerSecond = 10 } = options;
  const { days = 2_400, limits = UNANNOUNCED } = options;
  const world = createWorld({ limits, interval, symbols, jitterMs: 100 });
  const store = await world.openStore();
  const tookMs: number[] = [];
  const program = { ...world.program(store), requestsPerSecond };
  const stream = startStream({
    ...program,
    historyDays: isOwnProcess ? 0 : days,
    onRead: (priority, ms) => priority === 'live' && tookMs.push(ms),
  });
  const runs: ProgramRun[] = [stream];
  if (isOwnProcess) {
    await world.time.runUntil(START + 10 * MINUTE);
    const from = PAST_END - days * DAY;
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
