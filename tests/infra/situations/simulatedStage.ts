import {
  createMemoryStore,
  type LakeStatus,
  lakeSettingsOf,
  parseSettings,
  type ReportedEvent,
} from '@candlelake/core';
import type {
  BackfillReport,
  StreamReport,
} from '../../../packages/functions/src/adapters/dynamo/statusItems.ts';
import { type FunctionKey, METRICS } from '../../../packages/functions/src/names.ts';
import { createLeapingClock } from '../../cost/leapingClock.ts';
import type { Datapoint } from './alarmState.ts';
import { createFaultyHistory, createFaultyMarket } from './exchange.ts';
import { createJobs } from './simulatedJobs.ts';
import { createTask } from './simulatedTask.ts';

const MINUTE = 60_000;
/** The faults begin at noon, two hours after the stage. */
export const NOON = Date.UTC(2026, 10, 22, 12);
const SYMBOLS = ['BTC-USDT', 'ETH-USDT'];

/** What is wrong with a stage from {@link NOON} on. */
export interface Faults {
  readonly linkDown?: boolean;
  readonly historyDown?: boolean;
  /** The exchange limits requests in the first minute of every five. */
  readonly limited?: boolean;
  /** A closed market: no candle and no update. */
  readonly closed?: string;
  /** A closed market of which history refuses the candles, although it is listed. */
  readonly paused?: string;
  /** A symbol that leaves the contract list; both channels refuse it. */
  readonly delisted?: string;
  /** A symbol whose subscription is refused. */
  readonly refused?: string;
  /** The process of the stream fails at its start, and is started again a minute later. */
  readonly crashes?: boolean;
  readonly bucketDenied?: boolean;
  /** Functions that fail at once, and for how many of their ticks. */
  readonly failing?: Readonly<Partial<Record<FunctionKey, number>>>;
  /** Requests of a stranger to `/health` each minute. */
  readonly requestsPerMinute?: number;
}

export interface Observed {
  readonly data: readonly Datapoint[];
  /** Events of AWS services. */
  readonly events: readonly object[];
}

export interface SimulationOptions {
  /** How long the faults last. */
  readonly minutes: number;
  readonly clusterArn: string;
}

/**
 * Runs a stage of two symbols, the stream and the functions as they are deployed on a store in memory, from
 * 10:00 on and with the faults from noon on. Returns what CloudWatch and EventBridge would get.
 */
export async function simulateStage(faults: Faults, options: SimulationOptions): Promise<Observed> {
  const stage = createStage(faults, options);
  await stage.store.writeSettings(lakeSettingsOf(stage.settings));
  const jobs = createJobs(stage);
  const task = createTask(stage);
  while (stage.clock.now() < NOON + options.minutes * MINUTE) {
    task.keepRunning();
    await stage.clock.leapTo(stage.clock.now() + MINUTE);
    await jobs();
  }
  await task.stop();
  return stage;
}

export type Stage = ReturnType<typeof createStage>;

function createStage(faults: Faults, { clusterArn }: SimulationOptions) {
  const clock = createLeapingClock(NOON - 120 * MINUTE);
  const store = createMemoryStore({ now: clock.now });
  const data: Datapoint[] = [];
  const events: object[] = [];
  const count = (name: string, value: number) => void data.push({ name, at: clock.now(), value });
  const report = ({ kind }: ReportedEvent) => {
    if (kind === 'rate-limited') count(METRICS.rateLimited, 1);
  };
  let stream: StreamReport | null = null;
  let lake: LakeStatus | null = null;
  let backfill: BackfillReport | null = null;
  const exchange = { faults, clock, since: NOON, symbols: SYMBOLS, report };
  return {
    ...{ faults, clock, store, data, events, count, report, clusterArn },
    settings: parseSettings({ flags: { symbol: SYMBOLS, 'history-days': '1' } }),
    history: createFaultyHistory(exchange),
    marketStream: createFaultyMarket(exchange),
    metrics: {
      addMetric: (name: string, _unit: string, value: number) => count(name, value),
      addMetadata() {},
      publishStoredMetrics() {},
    },
    status: {
      async writeStream(written: StreamReport) {
        stream = written;
      },
      readStream: async () => stream,
      async writeLake(written: LakeStatus) {
        lake = written;
      },
      readLake: async () => lake,
      async writeBackfill(written: BackfillReport) {
        backfill = written;
      },
      readBackfill: async () => backfill,
    },
  };
}
