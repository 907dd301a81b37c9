import {
  type CandleStore,
  type CollectorPorts,
  createCollector,
  createHistory,
  type DerivationStore,
  type History,
  type HttpGet,
  INITIAL_LAKE_STATUS,
  type Interval,
  intervalMs,
  type LakeKeeper,
  type MarketStream,
  type PaceStore,
  paceOf,
  type ReportedEvent,
  type RequestPriority,
  runBackfill,
  type StreamStatus,
  SyncedClock,
} from '@candlelake/core';
import type { ProcessClock } from '../simulation/machine/processClock.ts';
import { plainValues } from '../support/fakeHistory.ts';
import { createFakeMarket } from '../support/fakeMarket.ts';

export interface RunOptions {
  readonly clock: ProcessClock;
  readonly httpGet: HttpGet;
  readonly store: CandleStore & DerivationStore & PaceStore;
  readonly symbols: readonly string[];
  readonly interval: Interval;
  readonly random: () => number;
  readonly requestsPerSecond?: number;
  readonly report?: (event: ReportedEvent) => void;
  /** Without it nothing is derived. */
  readonly lake?: LakeKeeper;
  /** A fake market when left out. */
  readonly createMarketStream?: (
    ports: Pick<CollectorPorts, 'clock' | 'exchangeClock' | 'random' | 'report'>,
  ) => MarketStream;
  /** Called with the time that a read of history took, its wait for the budget included. */
  readonly onRead?: (priority: RequestPriority, tookMs: number) => void;
}

/** A run of the program on a process clock, wired as the command line wires it. */
export interface ProgramRun {
  stop(): void;
  /** Resolves with the error that ended it, or null. */
  readonly ended: Promise<unknown>;
  readonly status: () => StreamStatus | null;
}

/** `candlelake stream`. */
export function startStream(
  options: RunOptions & { readonly historyDays: number; readonly backfill?: boolean },
): ProgramRun {
  const { symbols, interval, historyDays, backfill = true } = options;
  const stopping = new AbortController();
  const collector = createCollector(portsOf(options), {
    ...{ symbols, interval, historyDays },
    ...{ backfill, gapFill: true, until: null },
  });
  return {
    stop: () => stopping.abort(),
    ended: endOf(collector.run(stopping.signal)),
    status: collector.status,
  };
}

/** `candlelake backfill`. */
export function startBackfill(
  options: RunOptions & { readonly from: number; readonly to: number },
): ProgramRun {
  const stopping = new AbortController();
  const ended = endOf(runBackfill(portsOf(options), options, stopping.signal));
  return { stop: () => stopping.abort(), ended, status: () => null };
}

function endOf(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => null,
    (error: unknown) => error,
  );
}

function portsOf(options: RunOptions): CollectorPorts {
  const {
    clock,
    store,
    random,
    interval,
    report = () => {},
    requestsPerSecond = 10,
    lake = NO_LAKE,
  } = options;
  const exchangeClock = new SyncedClock({ clock, report });
  const history = createHistory({
    market: 'swap',
    ...{ httpGet: options.httpGet, clock, exchangeClock, random, pace: store, report },
    ...paceOf(requestsPerSecond),
    restUrl: 'http://exchange.test',
  });
  return {
    ...{ clock, random, exchangeClock, candles: store, derivation: store, report },
    history: options.onRead ? timed(history, clock, options.onRead) : history,
    marketStream:
      options.createMarketStream?.({ clock, exchangeClock, random, report }) ??
      createFakeMarket({ clock, valuesAt: plainValues, pingMs: intervalMs(interval) }),
    lake,
    flushLimit: () => new AbortController().signal,
    yieldToHost: async () => {},
  };
}

const NO_LAKE: LakeKeeper = {
  request: () => {},
  flush: async () => {},
  status: () => INITIAL_LAKE_STATUS,
};

function timed(history: History, clock: ProcessClock, onRead: NonNullable<RunOptions['onRead']>): History {
  return {
    ...history,
    async read(request, signal) {
      const since = clock.monotonic();
      const page = await history.read(request, signal);
      onRead(request.priority, clock.monotonic() - since);
      return page;
    },
  };
}
