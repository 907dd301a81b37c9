import { createHash } from 'node:crypto';
import {
  adoptSettings,
  type Clock,
  type EncodeTable,
  type EpochMs,
  intervalMs,
  lakeSettingsOf,
  type MarketStream,
  type MarketStreamEvent,
  MINUTE_MS,
} from '@candlelake/core';
import { periodMsOf } from '../../packages/aws-local/src/schedule.ts';
import { createS3ObjectStore } from '../../packages/functions/src/adapters/s3ObjectStore.ts';
import type { BackfillRange } from '../../packages/functions/src/jobs/backfillRange.ts';
import { buildLake } from '../../packages/functions/src/jobs/buildLake.ts';
import { fillGaps } from '../../packages/functions/src/jobs/fillGaps.ts';
import { planBackfill } from '../../packages/functions/src/jobs/planBackfill.ts';
import { workBackfill } from '../../packages/functions/src/jobs/workBackfill.ts';
import { FUNCTIONS, type FunctionName } from '../../packages/functions/src/names.ts';
import { runStream } from '../../packages/functions/src/stream/runStream.ts';

import type { TableUse } from './meteredDynamo.ts';
import type { BucketUse } from './meteredS3.ts';
import { walkValues } from './prices.ts';
import { type Actor, type Counted, createWorld, type World } from './world.ts';

/** What a stretch of time used. */
export interface Usage extends Readonly<Counted> {
  readonly table: Readonly<Record<Actor, TableUse>>;
  readonly bucket: BucketUse;
}

export interface Simulation {
  /** Runs until then, and tells what that used. */
  run(until: EpochMs): Promise<Usage>;
  /** What the table holds: all of it, or below these beginnings of partition keys. */
  readonly stored: World['table']['stored'];
  stop(): Promise<void>;
}

/**
 * The cloud host's own code against a table and a bucket that count: the stream, and the functions on their
 * schedules.
 */
export async function createSimulation(symbols: readonly string[], start: EpochMs): Promise<Simulation> {
  const world = createWorld(symbols, start);
  const { clock, settings, report } = world;
  const stopping = new AbortController();
  const requested = { count: 0 };
  const requestDerivation = async () => {
    requested.count += 1;
  };
  const parts = { ...world.connect('stream'), marketStream: createMarket(clock), requestDerivation };
  await adoptSettings({ ...parts, report }, lakeSettingsOf(settings), 'table');
  const metrics = { addMetric() {}, addMetadata() {}, publishStoredMetrics() {} };
  const running = runStream(parts, metrics as unknown as Parameters<typeof runStream>[1], stopping.signal);
  running.catch(() => {});
  const tick = createJobs(world, requested);
  return {
    stored: world.table.stored,
    async run(until) {
      const before = usageOf(world);
      while (clock.now() < until) {
        await clock.leapTo(clock.now() + MINUTE_MS);
        await tick();
      }
      return difference(usageOf(world), before);
    },
    async stop() {
      stopping.abort();
      await clock.leapTo(clock.now() + MINUTE_MS);
      await running;
    },
  };
}

/**
 * Runs what is due at this minute, as the schedules do; a job that waits for its pace goes on while the clock
 * leaps.
 */
function createJobs(world: World, requested: { count: number }): () => Promise<void> {
  const { clock, settings, bucket, counted } = world;
  const jobs = {
    build: world.connect('buildLake'),
    fill: world.connect('fillGaps'),
    plan: world.connect('backfill'),
    work: world.connect('backfillWorker'),
  };
  const queue: BackfillRange[] = [];
  const never = new AbortController().signal;
  const build = {
    ...jobs.build,
    objects: createS3ObjectStore({ client: bucket.client, bucket: 'bucket' }),
    encode: hashed,
    yieldToHost: async () => {},
    notify: async () => {
      counted.notices += 1;
    },
  };
  const backfills = {
    async send(ranges: readonly BackfillRange[]) {
      queue.push(...ranges);
      counted.messages += ranges.length;
    },
    isEmpty: async () => queue.length === 0 && !isWorking,
  };
  const plan = { ...settings, onlyIfIdle: true };
  let isWorking = false;

  async function work(): Promise<void> {
    isWorking = true;
    for (let range = queue.shift(); range; range = queue.shift()) {
      const message = { id: '1', body: JSON.stringify(range), receives: 1 };
      await workBackfill({ ...jobs.work, queue: backfills }, [message], never);
    }
    isWorking = false;
  }

  return async () => {
    const minute = clock.now() / MINUTE_MS;
    if (isDue(FUNCTIONS.backfill, minute))
      await planBackfill({ ...jobs.plan, queue: backfills }, plan, never);
    if (isDue(FUNCTIONS.fillGaps, minute))
      void fillGaps({ ...jobs.fill, readStream: jobs.fill.status.readStream }, settings, never);
    if (isDue(FUNCTIONS.buildLake, minute) || requested.count > 0) await buildLake(build, never);
    requested.count = 0;
    if (queue.length > 0 && !isWorking) void work();
  };
}

/** Whether a schedule is due at a minute since the epoch. */
function isDue({ schedule }: FunctionName, minute: number): boolean {
  return minute % (periodMsOf(schedule!) / MINUTE_MS) === 0;
}

/** Stands for the encoder: other rows are other bytes, and nothing else matters here. */
const hashed: EncodeTable = ({ columns, metadata }) => {
  const hash = createHash('sha256').update(JSON.stringify(metadata));
  for (const column of Object.values(columns)) {
    if ('texts' in column) hash.update(JSON.stringify(column.texts)).update(column.codes);
    else hash.update(column);
  }
  return hash.digest();
};

/** Each candle's last update comes 0.4 s after its end, a ping every 5 s. */
function createMarket(clock: Clock): MarketStream {
  return {
    async *events(symbols, interval, signal): AsyncGenerator<MarketStreamEvent> {
      const lengthMs = intervalMs(interval);
      yield { kind: 'connected', connection: 1, symbols };
      while (!signal.aborted) {
        const receivedAt = clock.now();
        const into = receivedAt % lengthMs;
        if (into === 400 || into === 2600) {
          const openTime = receivedAt - into - (into === 400 ? lengthMs : 0);
          for (const symbol of symbols) {
            const update = { symbol, openTime, ...walkValues(openTime), volume: '0.5' };
            yield { kind: 'update', connection: 1, receivedAt, update };
          }
        } else yield { kind: 'heartbeat', connection: 1, receivedAt };
        const next = [400, 2600, 5000 * (Math.floor(into / 5000) + 1)].find((at) => at > into)!;
        await clock.sleep(next - into, signal).catch(() => {});
      }
    },
  };
}

function usageOf({ uses, bucket, counted }: World): Usage {
  const table = Object.fromEntries(uses()) as Usage['table'];
  return structuredClone({ ...counted, table, bucket: bucket.use });
}

/** The same tree with every number less the one before. */
function difference<T>(after: T, before: T): T {
  if (typeof after === 'number') return (after - (before as number)) as T;
  return Object.fromEntries(
    Object.entries(after as object).map(([key, value]) => [
      key,
      difference(value, (before as Record<string, unknown>)[key]),
    ]),
  ) as T;
}
