import {
  adoptSettings,
  type CandleStore,
  type CollectorOptions,
  type CollectorPorts,
  createCollector,
  createHistory,
  createLakeWriter,
  createMarketStream,
  DEFAULT_PACE_LIMITS,
  DerivationLoop,
  type DerivationStore,
  type DerivedBars,
  type EncodeTable,
  type Health,
  healthOf,
  type LakeSettings,
  type ObjectStore,
  type PaceStore,
  type ReportedEvent,
  SyncedClock,
} from '@candlelake/core';
import { leaseSteps, type WithLakeLease } from '../../../packages/cli/src/adapters/lakeLease.ts';
import { inflate } from '../../../packages/node/src/inflate.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { createRest } from '../exchange/rest.ts';
import { createSockets } from '../exchange/sockets.ts';
import type { ProcessClock } from './processClock.ts';

export interface ProcessOptions {
  readonly exchange: Exchange;
  readonly clock: ProcessClock;
  readonly store: CandleStore & DerivationStore & PaceStore;
  readonly objects: ObjectStore;
  readonly lease: WithLakeLease;
  readonly encode: EncodeTable;
  readonly settings: LakeSettings;
  readonly collector: CollectorOptions;
  readonly report: (event: ReportedEvent) => void;
  /** Called with the bars of each derived day, as the terminal gets them. */
  readonly onBars?: (bars: readonly DerivedBars[]) => void;
}

/** One run of the program on a simulated machine: the wiring of the command line, with simulated ports. */
export interface CollectorProcess {
  /** Resolves when the process has ended by itself or on request, with the error that ended it. */
  readonly ended: Promise<unknown>;
  stop(): void;
  health(): Health;
}

const SILENCE_LIMIT_MS = 40_000;
/** The share of a stop's time that is for deriving the lake. */
const FLUSH_MS = 3_500;

/** Starts the process. A killed one never ends: it makes no further call. */
export function startProcess(options: ProcessOptions): CollectorProcess {
  const { clock, settings, report, store } = options;
  const stopping = new AbortController();
  const lake = createLake(options);
  const ports = { ...createPorts(options), lake };
  const collector = createCollector(ports, options.collector);

  async function run(): Promise<void> {
    await adoptSettings({ candles: store, derivation: store, report }, settings, 'simulation');
    const lakeStop = new AbortController();
    const deriving = lake.run(lakeStop.signal).catch((error) => {
      if (!lakeStop.signal.aborted) throw error;
    });
    try {
      await Promise.race([collector.run(stopping.signal), deriving]);
    } finally {
      lakeStop.abort();
    }
  }

  const { interval } = options.collector;
  return {
    ended: run().then(
      () => null,
      (error: unknown) => error,
    ),
    stop: () => stopping.abort(),
    health: () =>
      healthOf(collector.status(), { now: ports.exchangeClock.now(), lakeNow: clock.now(), interval }),
  };
}

function createLake(options: ProcessOptions): DerivationLoop {
  const { clock, store, objects, encode, report, lease, onBars } = options;
  const ports = { candles: store, derivation: store, objects, encode, yieldToHost };
  const writer = leaseSteps(createLakeWriter(ports), lease);
  return new DerivationLoop({ clock, derivation: store, writer, report, ...(onBars && { onBars }) });
}

function createPorts(options: ProcessOptions): Omit<CollectorPorts, 'lake'> {
  const { exchange, clock, report, store } = options;
  const exchangeClock = new SyncedClock({ clock, report });
  const shared = { clock, exchangeClock, random: exchange.random, report };
  return {
    ...shared,
    candles: store,
    derivation: store,
    yieldToHost,
    flushLimit: () => timeLimit(clock, FLUSH_MS),
    history: createHistory({
      ...shared,
      httpGet: createRest(exchange, clock),
      pace: store,
      limits: DEFAULT_PACE_LIMITS,
      restUrl: 'http://exchange.test',
    }),
    marketStream: createMarketStream({
      ...shared,
      openSocket: createSockets(exchange, clock),
      inflate,
      wsUrl: 'ws://exchange.test',
      silenceLimitMs: SILENCE_LIMIT_MS,
    }),
  };
}

async function yieldToHost(): Promise<void> {}

function timeLimit(clock: ProcessClock, ms: number): AbortSignal {
  const limit = new AbortController();
  clock.sleep(ms).then(() => limit.abort());
  return limit.signal;
}
