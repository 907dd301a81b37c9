import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type CandleStore,
  createMarketStream,
  type EpochMs,
  floorToInterval,
  type Interval,
  intervalMs,
  startOfDay,
} from '@candlelake/core';
import { inflate } from '../../packages/node/src/inflate.ts';
import { plainValues } from '../support/fakeHistory.ts';
import { swapSeries } from '../support/swapSeries.ts';
import {
  createWorld,
  figuresOf,
  type LimitedWorld,
  RECORDED_LIMITS,
  START,
  type Store,
} from './limitedWorld.ts';
import { createPlainSockets } from './plainSockets.ts';
import { type ProgramRun, startStream } from './programRun.ts';
import { createRareLake } from './rareLake.ts';

const MIB = 1024 * 1024;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Finals get their last look a day after their close. */
const KEPT_DAYS = 3;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export interface MonthOptions {
  readonly symbols: number;
  readonly days: number;
  readonly interval: Interval;
  readonly onDay?: (sample: MemorySample) => void;
}

/** Memory at the end of a simulated day, after a full collection, in MiB. */
export interface MemorySample {
  readonly day: number;
  readonly heap: number;
  readonly resident: number;
}

export interface MonthFigures {
  readonly samples: readonly MemorySample[];
  readonly updatesSent: number;
  readonly updatesProcessed: number;
  readonly reconnects: number;
  readonly requests: number;
  readonly refused: number;
  /** Candles that the store holds as final, and how many closed. */
  readonly finals: number;
  readonly closed: number;
  /** What waits at the end: slots that are not settled, and days that are not derived. */
  readonly unsettled: number;
  readonly markedDays: number;
}

/**
 * Streams many symbols for many simulated days, with real connections over sockets of an exchange without a fault that
 * ends each connection about once a day, and without a backfill. The store is in memory: it keeps the last days and the
 * coverage of all.
 */
export async function runMonth({ symbols, days, interval, onDay }: MonthOptions): Promise<MonthFigures> {
  const world = createWorld({ limits: RECORDED_LIMITS, interval, symbols, jitterMs: 100 });
  const { time } = world;
  const lengthMs = intervalMs(interval);
  const store = await world.openStore();
  const { stream, updatesSent } = startMany(world, store);
  const samples: MemorySample[] = [];
  let finals = 0;
  const count = async (day: EpochMs) => {
    finals += await countFinals(store, world, day);
    store.forgetDay(day);
  };
  let oldest = startOfDay(START);
  for (let day = 1; day <= days; day++) {
    await time.runUntil(START + day * DAY + 0.75 * lengthMs);
    for (; oldest < startOfDay(time.now()) - KEPT_DAYS * DAY; oldest += DAY) await count(oldest);
    samples.push(await takeSample(day));
    onDay?.(samples.at(-1)!);
  }
  const { symbols: states, counters, link } = stream.status()!;
  const closed = symbols * Math.floor((time.now() - floorToInterval(START, interval)) / lengthMs);
  await stopWithin(world, stream, HOUR);
  for (; oldest < time.now(); oldest += DAY) await count(oldest);
  const { requests, refused } = figuresOf(world.exchange);
  return {
    ...{ samples, finals, closed, requests, refused },
    updatesSent: updatesSent.count,
    updatesProcessed: counters.updates,
    reconnects: link.reconnects,
    unsettled: states.reduce((sum, { missing, provisional }) => sum + missing + provisional, 0),
    markedDays: (await store.dirtyDays()).length,
  };
}

function startMany(world: LimitedWorld, store: Store) {
  const { time, random, interval } = world;
  const program = world.program(store);
  const { clock } = program;
  const sockets = createPlainSockets({
    ...{ time, clock, random, intervalName: interval, lifeMs: DAY },
    intervalMs: intervalMs(interval),
    valuesAt: plainValues,
  });
  const stream = startStream({
    ...program,
    lake: createRareLake({ store, clock, everyMs: HOUR }),
    ...{ historyDays: 0, backfill: false },
    createMarketStream: (ports) =>
      createMarketStream({
        market: 'swap',
        ...ports,
        ...{ openSocket: sockets.open, inflate, wsUrl: 'ws://exchange.test', silenceLimitMs: 40_000 },
      }),
  });
  return { stream, updatesSent: sockets.updates };
}

async function stopWithin({ time }: LimitedWorld, stream: ProgramRun, ms: number): Promise<void> {
  stream.stop();
  const isOver = stream.ended.then((error) => {
    if (error) throw error;
    return true;
  });
  const tooLong = time.runUntil(time.now() + ms).then(() => false);
  if (!(await Promise.race([isOver, tooLong]))) throw new Error('the stream has not ended in time');
}

/** Collects all garbage first: what is left is what the program holds. Finalizers run between collections. */
async function takeSample(day: number): Promise<MemorySample> {
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { day, heap: (heapUsed + external) / MIB, resident: rss / MIB };
}

async function countFinals(
  store: Pick<CandleStore, 'readDay'>,
  { symbols, interval }: LimitedWorld,
  day: EpochMs,
): Promise<number> {
  let finals = 0;
  for (const symbol of symbols) {
    const { candles } = await store.readDay(swapSeries(symbol, interval), day);
    finals += candles.filter(({ status }) => status === 'final').length;
  }
  return finals;
}

/** The growth per day of a straight line through the samples, by least squares. */
export function slopeOf(
  samples: readonly MemorySample[],
  figureOf: (sample: MemorySample) => number,
): number {
  const mean = (of: (sample: MemorySample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [day, value] = [mean((sample) => sample.day), mean(figureOf)];
  const spread = mean((sample) => (sample.day - day) ** 2);
  return mean((sample) => (sample.day - day) * (figureOf(sample) - value)) / spread;
}
