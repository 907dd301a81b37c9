import { adoptSettings, type EpochMs, lakeSettingsOf, MINUTE_MS, type ObjectStore } from '@candlelake/core';
import { createStatusItems } from '../../../packages/functions/src/adapters/dynamo/statusItems.ts';
import {
  createDynamoStore,
  createStreamStore,
} from '../../../packages/functions/src/adapters/dynamo/store.ts';
import type { DynamoTable } from '../../../packages/functions/src/adapters/dynamo/table.ts';
import type { BackfillRange } from '../../../packages/functions/src/jobs/backfillRange.ts';
import { buildLake } from '../../../packages/functions/src/jobs/buildLake.ts';
import { fillGaps } from '../../../packages/functions/src/jobs/fillGaps.ts';
import { planBackfill } from '../../../packages/functions/src/jobs/planBackfill.ts';
import { workBackfill } from '../../../packages/functions/src/jobs/workBackfill.ts';
import { runStream } from '../../../packages/functions/src/stream/runStream.ts';
import { createRetryingStore } from '../../../packages/functions/src/wire.ts';
import { createLeapingClock } from '../../cost/leapingClock.ts';
import { encode } from '../../support/encoder.ts';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { createTwinHistory, createTwinMarket, type Stretch } from './exchange.ts';
import type { Idle } from './idle.ts';
import type { Run } from './localHost.ts';

/** Starts and ends of the cloud host's processes. */
export interface Treatment {
  /** A task runs in each stretch. A killed one makes no more calls, the others end in order. */
  readonly tasks: readonly (Stretch & { readonly isKilled: boolean })[];
  /** In these stretches the functions do not run. */
  readonly withoutJobs: readonly Stretch[];
}

export interface CloudParts {
  readonly table: DynamoTable;
  readonly objects: ObjectStore;
  readonly idle: Idle;
}

const never = new AbortController().signal;
const report = () => {};
const metrics = { addMetric() {}, addMetadata() {}, publishStoredMetrics() {} };

/**
 * Runs the code of the cloud host on a simulated clock: tasks that start and end, functions on their
 * schedules, and two builders of the lake at the same time.
 */
export async function runCloudHost(run: Run, treatment: Treatment, parts: CloudParts): Promise<void> {
  const clock = createLeapingClock(run.start, parts.idle.settled);
  const table = parts.idle.watch(parts.table);
  const world: World = { run, clock, table, objects: parts.idle.watch(parts.objects) };
  const jobs = createJobs(world);
  const tasks = treatment.tasks.map((task) => ({ ...task, stop: null as null | (() => Promise<void>) }));
  const isOff = (now: EpochMs) => treatment.withoutJobs.some(({ from, to }) => now >= from && now < to);
  while (clock.now() < run.end) {
    const now = clock.now();
    for (const task of tasks) {
      if (task.from <= now && now < task.to) task.stop ??= startTask(world, task.isKilled);
      else if (now >= task.to && task.stop) await endTask(task);
    }
    if (!isOff(now)) await jobs.tick();
    await clock.leapTo(Math.min(now + MINUTE_MS, run.end));
  }
  for (const task of tasks) if (task.stop) await endTask(task);
  // Entries of killed writers expire; what they wrote is derived then. Without a stream `fillGaps` would go
  // on
  // with the slots after the end.
  await clock.leapTo(run.end + 10 * MINUTE_MS);
  await jobs.build();
}

interface World {
  readonly run: Run;
  readonly clock: ReturnType<typeof createLeapingClock>;
  readonly table: DynamoTable;
  readonly objects: ObjectStore;
}

async function endTask(task: { stop: (() => Promise<void>) | null }): Promise<void> {
  const { stop } = task;
  task.stop = null;
  await stop?.();
}

/** Starts a task; returns the function that ends it. */
function startTask({ run, clock, table }: World, isKilled: boolean): () => Promise<void> {
  const life = { isDead: false };
  const own = mortal(table, life);
  const store = createStreamStore(own, { now: clock.now, realNow: clock.now });
  const { settings, faults } = run;
  const stop = new AbortController();
  const parts = {
    ...{
      settings,
      clock,
      report,
      random: () => 0.5,
      yieldToHost: async () => {},
      exchangeClock: exchangeClockOf(clock),
      pace: store,
    },
    ...createRetryingStore(store, { clock, random: () => 0.5, report }),
    status: createStatusItems(own),
    history: createTwinHistory(clock, faults),
    marketStream: createTwinMarket(clock, faults),
    requestDerivation: async () => {},
  };
  const running = adoptSettings(
    { candles: store, derivation: store, report },
    lakeSettingsOf(settings),
    'twin',
  ).then(() => runStream(parts, metrics as unknown as Parameters<typeof runStream>[1], stop.signal));
  running.catch(() => {});
  return async () => {
    life.isDead = isKilled;
    stop.abort();
    await running.catch((error: unknown) => {
      if (!isKilled) throw error;
    });
  };
}

/** A killed process makes no more calls. */
function mortal(table: DynamoTable, life: { readonly isDead: boolean }): DynamoTable {
  const methods = Object.entries(table).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      if (life.isDead) throw new Error('killed');
      return (method as (...all: unknown[]) => Promise<unknown>)(...args);
    },
  ]);
  return Object.fromEntries(methods) as DynamoTable;
}

interface Jobs {
  /** Runs the functions that are due at this minute. */
  tick(): Promise<void>;
  /** Two builders of the lake at the same time. */
  build(): Promise<unknown>;
}

function createJobs({ run, clock, table, objects }: World): Jobs {
  const { settings, faults } = run;
  const store = createDynamoStore(table, { now: clock.now, realNow: clock.now });
  const status = createStatusItems(table);
  const base = {
    ...{
      clock,
      report,
      random: () => 0.5,
      yieldToHost: async () => {},
      exchangeClock: exchangeClockOf(clock),
    },
    ...{ candles: store, derivation: store, pace: store, status, history: createTwinHistory(clock, faults) },
  };
  const queue: BackfillRange[] = [];
  const ports = {
    ...base,
    queue: {
      send: async (ranges: readonly BackfillRange[]) => void queue.push(...ranges),
      isEmpty: async () => queue.length === 0,
    },
  };
  const plan = { ...settings, onlyIfIdle: true };
  const lake = {
    ...{ ...base, objects, encode, yieldToHost: async () => {} },
    notices: store,
    notify: async () => {},
  };

  const build = () => Promise.all([buildLake(lake, never), buildLake(lake, never)]);

  async function tick(): Promise<void> {
    const minute = clock.now() / MINUTE_MS;
    // A plan fails when the exchange does not answer; the schedule brings the next one.
    if (minute % 60 < 1) await planBackfill(ports, plan, never).catch(() => {});
    for (let range = queue.shift(); range; range = queue.shift()) {
      const failed = await workBackfill(
        ports,
        [{ id: '1', body: JSON.stringify(range), receives: 1 }],
        never,
      );
      if (failed.length > 0) break;
    }
    if (minute % 5 >= 1) return;
    await fillGaps({ ...base, readStream: status.readStream }, settings, never);
    await build();
  }

  return { tick, build };
}
