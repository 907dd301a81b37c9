import {
  createHistory,
  createMemoryPace,
  type History,
  type PaceStore,
  paceOf,
  type RequestPriority,
  SyncedClock,
} from '@candlelake/core';
import type { RateLimits } from '../../packages/exchange-sim/src/rateLimit.ts';
import { createProcessClock } from '../simulation/machine/processClock.ts';
import { createVirtualTime, type VirtualTime } from '../simulation/virtualTime.ts';
import { createSeededRandom } from '../support/seededRandom.ts';
import { createLimitedExchange, type LimitedExchange } from './limitedExchange.ts';
import { START } from './limitedWorld.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const limits = (requests: number, windowMs: number, announces = true): RateLimits => ({
  windows: [{ windowMs, requests }],
  scope: 'endpoint',
  penaltyMs: 5 * MINUTE,
  patience: 20,
  announces,
});

/** Windows of the stand-in; the first one is recorded (docs/bingx.md, "Rate limits"), the others are invented. */
export const WINDOWS: readonly RateLimits[] = [
  limits(500, 10 * SECOND),
  limits(100, 10 * SECOND),
  limits(1_200, MINUTE),
  limits(40, 5 * SECOND),
  limits(20, SECOND),
  limits(20, 10 * SECOND),
  // The headers vanish; the window is still there.
  limits(500, 10 * SECOND, false),
];

export interface AnnouncedFigures {
  readonly requests: number;
  readonly refused: number;
  /** Most requests that arrived within any second, ten seconds and minute. */
  readonly densest: readonly number[];
  readonly changes: number;
}

/** One store and its processes, each with a clock of its own, behind one address. */
interface AnnouncedWorld {
  readonly time: VirtualTime;
  readonly exchange: LimitedExchange;
  readonly random: () => number;
  readonly pace: PaceStore;
  openHistory(options: { readonly errorMs: number; readonly mostPerSecond: number }): History;
}

function createAnnouncedWorld(first: RateLimits, seed: number): AnnouncedWorld {
  const random = createSeededRandom(seed);
  const time = createVirtualTime(START, random);
  const exchange = createLimitedExchange({
    ...{ time, symbols: [], intervalMs: 3 * MINUTE, limits: first },
    oneWayMs: () => 40 + 120 * random(),
    valuesAt: () => null,
  });
  const pace = createMemoryPace();
  return {
    ...{ time, exchange, random, pace },
    openHistory({ errorMs, mostPerSecond }) {
      const clock = createProcessClock(time, { errorMs });
      const report = () => {};
      const exchangeClock = new SyncedClock({ clock, report });
      return createHistory({
        market: 'swap',
        ...{ httpGet: exchange.connect(clock), clock, exchangeClock, random, pace, report },
        ...{ ...paceOf(mostPerSecond), restUrl: 'http://exchange.test' },
      });
    },
  };
}

/** Reads history until the signal aborts, with as many reads under way as the history makes use of. */
async function readAll(history: History, priority: RequestPriority, signal: AbortSignal): Promise<void> {
  const series = { market: 'swap', symbol: 'BTC-USDT', interval: '3m' } as const;
  const request = { series, from: START - DAY, to: START - DAY + 3 * MINUTE, priority };
  const underWay = new Set<Promise<unknown>>();
  while (!signal.aborted) {
    while (underWay.size < (history.concurrency?.() ?? 1)) {
      const read = history.read(request, signal).catch(() => {});
      underWay.add(read);
      void read.then(() => underWay.delete(read));
    }
    await Promise.race(underWay);
  }
}

/** Another program on the address asks every second or three, in every other hour. */
function askAsStranger({ time, exchange, random }: AnnouncedWorld, end: number): void {
  const httpGet = exchange.connect(createProcessClock(time, { errorMs: 0 }));
  const address = 'http://exchange.test/openApi/swap/v3/quote/klines?symbol=BTC-USDT&startTime=0&endTime=1';
  const ask = () => {
    if (time.now() % (2 * HOUR) < HOUR) void httpGet(address, new AbortController().signal);
    if (time.now() < end) time.at(time.now() + SECOND + random() * 2 * SECOND, ask);
  };
  ask();
}

/** Requests a second that one backfill sends after four minutes, for two minutes. */
export async function backfillRate(limitsOfWindow: RateLimits, mostPerSecond = 10): Promise<number> {
  const { time, exchange, openHistory } = createAnnouncedWorld(limitsOfWindow, 1);
  const stop = new AbortController();
  void readAll(openHistory({ errorMs: 0, mostPerSecond }), 'background', stop.signal);
  await time.runUntil(START + 4 * MINUTE);
  const before = exchange.reads.count;
  await time.runUntil(START + 6 * MINUTE);
  stop.abort();
  if (exchange.verdicts.size !== 1) throw new Error('the exchange limits the backfill');
  return (exchange.reads.count - before) / 120;
}

/**
 * Days in which the exchange changes what it allows now and then, while three processes on one store whose clocks
 * are up to 30 s wrong read: one live at most times, two in bursts of minutes. Others on the address take a part.
 */
export async function announcedRun({
  days,
  seed,
}: {
  readonly days: number;
  readonly seed: number;
}): Promise<AnnouncedFigures> {
  const world = createAnnouncedWorld(WINDOWS[0]!, seed);
  const { time, exchange, random, openHistory } = { ...world };
  const end = START + days * DAY;
  let changes = 0;
  const change = () => {
    exchange.setLimits(WINDOWS[Math.floor(random() * WINDOWS.length)]!);
    changes += 1;
    if (time.now() < end) time.at(time.now() + random() * 2 * HOUR, change);
  };
  const burst = (priority: RequestPriority, everyMs: number, lengthMs: number) => {
    const errorMs = Math.round((random() - 0.5) * MINUTE);
    const history = openHistory({ errorMs, mostPerSecond: 10 });
    const start = () => {
      const stop = new AbortController();
      void readAll(history, priority, stop.signal);
      time.at(time.now() + random() * lengthMs, () => stop.abort());
      if (time.now() < end) time.at(time.now() + lengthMs + random() * everyMs, start);
    };
    start();
  };
  time.at(time.now() + MINUTE, change);
  askAsStranger(world, end);
  burst('live', 2 * HOUR, 30 * SECOND);
  burst('background', 4 * HOUR, 4 * MINUTE);
  burst('background', 4 * HOUR, 4 * MINUTE);
  for (let day = 1; day <= days; day++) await time.runUntil(START + day * DAY);
  const { verdicts, density } = exchange;
  const requests = [...verdicts.values()].reduce((sum, count) => sum + count, 0);
  return {
    requests,
    refused: requests - (verdicts.get('ok') ?? 0),
    densest: [...density.most.values()],
    changes,
  };
}
