import type { RateLimits } from '../../packages/exchange-sim/src/rateLimit.ts';
import {
  createWorld,
  figuresOf,
  type LimitedWorld,
  type LimitFigures,
  PAST_END,
  PAST_SYMBOL,
  START,
  type Store,
} from './limitedWorld.ts';
import { startBackfill, startStream } from './programRun.ts';
import { createRareLake } from './rareLake.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

export interface LongRunOptions {
  readonly days: number;
  readonly limits: RateLimits;
  readonly symbols: number;
  readonly seed: number;
  /** Called after each simulated month. */
  readonly onMonth?: (figures: LongRunFigures) => void;
}

export interface LongRunFigures extends LimitFigures {
  readonly days: number;
  /** Starts of a stream after the first. */
  readonly restarts: number;
  readonly backfills: number;
  /** Programs that ended with an error. */
  readonly failures: number;
}

type Counts = Omit<LongRunFigures, keyof LimitFigures | 'days'>;

/**
 * A stream that is restarted every day or two after an outage of seconds to hours, a second stream on the same
 * store half of the time, and about once a day a backfill of up to a month of another symbol beside both.
 */
export async function longRun(options: LongRunOptions): Promise<LongRunFigures> {
  const { days, limits, symbols, seed, onMonth = () => {} } = options;
  const world = createWorld({ limits, symbols, seed });
  const { time, random } = world;
  const store = await world.openStore();
  const counts = { restarts: -2, backfills: 0, failures: 0 };
  const end = START + days * DAY;
  const run: Run = { world, store, end, counts };
  void keepStreaming(run, () => 10 * SECOND + random() * 6 * HOUR);
  void keepStreaming(run, () => random() * 2 * DAY);
  time.at(START + HOUR, () => keepBackfilling(run));
  const figures = (): LongRunFigures => ({
    ...figuresOf(world.exchange),
    ...counts,
    days: Math.round((time.now() - START) / DAY),
  });
  for (let monthEnd = START + 30 * DAY; monthEnd < end; monthEnd += 30 * DAY) {
    await time.runUntil(monthEnd);
    onMonth(figures());
  }
  await time.runUntil(end);
  return figures();
}

interface Run {
  readonly world: LimitedWorld;
  readonly store: Store;
  readonly end: number;
  readonly counts: { -readonly [Name in keyof Counts]: number };
}

function programOf({ world, store }: Run) {
  const program = world.program(store);
  return { ...program, lake: createRareLake({ store, clock: program.clock, everyMs: HOUR }) };
}

async function keepStreaming(run: Run, downMs: () => number): Promise<void> {
  const { world, end, counts } = run;
  const { time, random } = world;
  const stream = startStream({ ...programOf(run), historyDays: 3 });
  counts.restarts += 1;
  time.at(time.now() + HOUR + random() * 2 * DAY, () => stream.stop());
  if (await stream.ended) counts.failures += 1;
  if (time.now() < end) time.at(time.now() + downMs(), () => void keepStreaming(run, downMs));
}

function keepBackfilling(run: Run): void {
  const { world, store, end, counts } = run;
  const { time, random } = world;
  const from = PAST_END - Math.ceil(30 * random()) * DAY;
  const backfill = startBackfill({ ...programOf(run), symbols: [PAST_SYMBOL], from, to: PAST_END });
  counts.backfills += 1;
  void backfill.ended.then((error) => {
    if (error) counts.failures += 1;
    store.forget(PAST_SYMBOL);
  });
  if (time.now() < end) time.at(time.now() + (0.5 + random()) * DAY, () => keepBackfilling(run));
}
