import {
  adoptSettings,
  type CandleStore,
  type CollectorOptions,
  createCollector,
  createLakeWriter,
  DerivationLoop,
  type DerivationStore,
  type DerivedBars,
  type EncodeTable,
  healthOf,
  type LakeSettings,
  type ObjectStore,
  type PaceStore,
} from '@candlelake/core';
import { fingerprintOf } from '../../../packages/cli/src/adapters/fingerprint.ts';
import { leaseSteps, type WithLakeLease } from '../../../packages/cli/src/adapters/lakeLease.ts';
import { connectExchange } from './exchangePorts.ts';
import type { CollectorProcess, ProcessParts } from './host.ts';
import type { ProcessClock } from './processClock.ts';

export interface ProcessOptions extends Pick<ProcessParts, 'exchange' | 'clock' | 'report'> {
  readonly store: CandleStore & DerivationStore & PaceStore;
  readonly objects: ObjectStore;
  readonly lease: WithLakeLease;
  readonly encode: EncodeTable;
  readonly settings: LakeSettings;
  readonly collector: CollectorOptions;
  /** Called with the bars of each derived day, as the terminal gets them. */
  readonly onBars?: (bars: readonly DerivedBars[]) => void;
}

/** The share of a stop's time that is for deriving the lake. */
const FLUSH_MS = 3_500;

/** Starts `candlelake stream`. A killed process never ends: it makes no further call. */
export function startProcess(options: ProcessOptions): CollectorProcess {
  const { clock, settings, report, store } = options;
  const stopping = new AbortController();
  const lake = createLake(options);
  const ports = {
    ...connectExchange({ ...options, pace: store, address: 'machine' }),
    ...{ candles: store, derivation: store, lake },
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

  const { interval } = options.collector;
  return {
    ended: run().then(
      () => null,
      (error: unknown) => error,
    ),
    stop: () => stopping.abort(),
    health: () =>
      healthOf(collector.status(), { now: ports.exchangeClock.now(), lakeNow: clock.monotonic(), interval }),
  };
}

function createLake(options: ProcessOptions): DerivationLoop {
  const { clock, store, objects, encode, report, lease, onBars } = options;
  const ports = {
    ...{ candles: store, derivation: store, objects, encode },
    ...{ fingerprint: fingerprintOf, yieldToHost: async () => {} },
  };
  const writer = leaseSteps(createLakeWriter(ports), lease);
  return new DerivationLoop({ clock, derivation: store, writer, report, ...(onBars && { onBars }) });
}

function timeLimit(clock: ProcessClock, ms: number): AbortSignal {
  const limit = new AbortController();
  clock.sleep(ms).then(() => limit.abort());
  return limit.signal;
}
