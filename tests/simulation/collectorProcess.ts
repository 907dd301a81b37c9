import {
  adoptSettings,
  type CandleStore,
  type CollectorOptions,
  createCollector,
  createHistory,
  createLakeWriter,
  createMarketStream,
  DEFAULT_PACE_LIMITS,
  DerivationLoop,
  type DerivationStore,
  type EncodeTable,
  type Health,
  healthOf,
  type LakeSettings,
  type ObjectStore,
  type PaceStore,
  type ReportedEvent,
  SyncedClock,
} from '@candlelake/core';
import { type Life, mortal } from './effects.ts';
import { createRest, type RestOptions } from './exchangeRest.ts';
import { createSockets, type SocketOptions } from './exchangeSocket.ts';
import type { ProcessClock } from './processClock.ts';

export interface ProcessOptions {
  readonly exchange: RestOptions & SocketOptions;
  readonly clock: ProcessClock;
  readonly store: CandleStore & DerivationStore & PaceStore;
  readonly objects: ObjectStore;
  readonly encode: EncodeTable;
  readonly settings: LakeSettings;
  readonly collector: CollectorOptions;
  readonly life: Life;
  readonly report: (event: ReportedEvent) => void;
}

/** One run of the program on a simulated machine: the wiring of the command line, with simulated ports. */
export interface CollectorProcess {
  /** Resolves when the process has ended by itself or on request, with the error that ended it. */
  readonly ended: Promise<unknown>;
  stop(): void;
  health(): Health;
}

const SILENCE_LIMIT_MS = 40_000;
const FLUSH_MS = 5_000;

/** Starts the process. A killed one never ends: it just makes no further call. */
export function startProcess(options: ProcessOptions): CollectorProcess {
  const { exchange, clock, life, settings, report } = options;
  const { random } = exchange;
  const store = mortal(options.store, life, 'store');
  const objects = mortal(options.objects, life, 'objects');
  const stopping = new AbortController();
  const exchangeClock = new SyncedClock({ clock, report });
  const history = createHistory({
    httpGet: createRest(exchange, clock),
    clock,
    exchangeClock,
    random,
    pace: store,
    limits: DEFAULT_PACE_LIMITS,
    restUrl: 'http://exchange.test',
    report,
  });
  const marketStream = createMarketStream({
    openSocket: createSockets(exchange, clock),
    inflate: () => {
      throw new Error('simulated frames are text');
    },
    clock,
    exchangeClock,
    random,
    wsUrl: 'ws://exchange.test',
    report,
    silenceLimitMs: SILENCE_LIMIT_MS,
  });
  const writer = createLakeWriter({
    candles: store,
    derivation: store,
    objects,
    encode: options.encode,
    yieldToHost: async () => {},
  });
  const lake = new DerivationLoop({ clock, derivation: store, writer, report });
  const ports = {
    clock,
    random,
    exchangeClock,
    history,
    marketStream,
    candles: store,
    derivation: store,
    lake,
    report,
    yieldToHost: async () => {},
    flushLimit: () => timeLimit(clock, FLUSH_MS),
  };
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

  return {
    ended: run().then(
      () => null,
      (error: unknown) => error,
    ),
    stop: () => stopping.abort(),
    health: () =>
      healthOf(collector.status(), { now: exchangeClock.now(), interval: options.collector.interval }),
  };
}

function timeLimit(clock: ProcessClock, ms: number): AbortSignal {
  const limit = new AbortController();
  clock.sleep(ms).then(() => limit.abort());
  return limit.signal;
}
