import {
  adoptSettings,
  type EncodeTable,
  lakeSettingsOf,
  type ObjectStore,
  type ReportedEvent,
  type Settings,
} from '@candlelake/core';
import { createStatusItems } from '../../../packages/functions/src/adapters/dynamo/statusItems.ts';
import { createDynamoStore } from '../../../packages/functions/src/adapters/dynamo/store.ts';
import type { DynamoTable } from '../../../packages/functions/src/adapters/dynamo/table.ts';
import { buildLake } from '../../../packages/functions/src/jobs/buildLake.ts';
import { fillGaps } from '../../../packages/functions/src/jobs/fillGaps.ts';
import { planBackfill } from '../../../packages/functions/src/jobs/planBackfill.ts';
import { LONGEST_WAIT_MS } from '../../../packages/functions/src/jobs/standDown.ts';
import { workBackfill } from '../../../packages/functions/src/jobs/workBackfill.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { connectExchange } from '../machine/exchangePorts.ts';
import { createInvocation, type Invocation } from './invocation.ts';
import { createRangeQueue, type RangeQueue } from './rangeQueue.ts';

export interface JobsOptions {
  readonly exchange: Exchange;
  readonly table: DynamoTable;
  readonly objects: ObjectStore;
  readonly encode: EncodeTable;
  readonly settings: Settings;
}

/** The functions of the AWS host on their schedules. */
export interface CloudJobs {
  start(): void;
  /** Starts a run of `buildLake` beside the schedule. */
  requestDerivation(): Promise<void>;
  /** Ends the schedules; then derives the lake a last time. */
  finish(): Promise<void>;
}

const MINUTE = 60_000;
/** Periods of the schedules in packages/functions/src/names.ts. */
const PLAN_MS = 360 * MINUTE;
const WORK_MS = MINUTE;
const FILL_MS = 5 * MINUTE;
const BUILD_MS = 10 * MINUTE;
/** The longest run of a function. */
const TIMEOUT_MS = 5 * MINUTE;
/** What killed writers announced has expired by then: docs/decisions/0010-marks-around-writes.md. */
const WRITERS_MS = 10 * MINUTE;

/** The functions on one table. Nothing runs before `start`. */
export function createCloudJobs(options: JobsOptions): CloudJobs {
  const { exchange, settings } = options;
  const { time, note, random } = exchange;
  const queue = createRangeQueue(time);
  let isOver = false;

  /** Runs a function once, in a process of its own. */
  async function invoke(name: string, work: Work): Promise<void> {
    const invocation = createInvocation(exchange, name);
    const timeout = new AbortController();
    const cancel = time.at(time.now() + TIMEOUT_MS, () => timeout.abort(new Error('out of time')));
    try {
      await work(createJob(options, invocation, queue), timeout.signal);
    } catch (error) {
      note(`${name} failed: ${error instanceof Error ? error.message : error}`);
    }
    cancel();
  }

  function every(periodMs: number, name: string, work: Work): void {
    const next = () => {
      if (isOver) return;
      time.at(time.now() + periodMs, next);
      void invoke(name, work);
    };
    time.at(time.now() + random() * Math.min(periodMs, BUILD_MS), next);
  }

  return {
    start() {
      const plan = { ...settings, from: null, to: null, onlyIfIdle: true };
      every(PLAN_MS, 'planBackfill', async (job, signal) => void (await planBackfill(job, plan, signal)));
      every(WORK_MS, 'workBackfill', workQueue);
      every(FILL_MS, 'fillGaps', async (job, signal) => void (await fillGaps(job, settings, signal)));
      every(BUILD_MS, 'buildLake', build);
    },
    requestDerivation: async () => void invoke('buildLake', build),
    async finish() {
      isOver = true;
      await time.runUntil(time.now() + WRITERS_MS);
      const last = invoke('buildLake', build);
      await time.runUntil(time.now() + TIMEOUT_MS);
      await last;
    },
  };
}

type Job = ReturnType<typeof createJob>;
type Work = (job: Job, signal: AbortSignal) => Promise<void>;

async function build(job: Job, signal: AbortSignal): Promise<void> {
  await job.adopt();
  await buildLake(job, signal);
}

async function workQueue(job: Job, signal: AbortSignal): Promise<void> {
  const range = job.queue.take();
  if (!range) return;
  let isFailed = true;
  try {
    const message = { id: '1', body: JSON.stringify(range), receives: 1 };
    isFailed = (await workBackfill(job, [message], signal)).length > 0;
  } finally {
    job.queue.done(isFailed);
  }
}

function createJob(
  { exchange, table, objects, encode, settings }: JobsOptions,
  { clock, mortal }: Invocation,
  queue: RangeQueue,
) {
  const own = mortal(table, 'table');
  const store = createDynamoStore(own, { now: clock.now, realNow: clock.now });
  const report = ({ level, kind, message }: ReportedEvent) =>
    exchange.note(`job ${level} ${kind} ${message}`);
  const status = createStatusItems(own);
  return {
    ...connectExchange({
      ...{ exchange, clock, report, pace: store, address: 'functions' },
      longestWaitMs: LONGEST_WAIT_MS,
    }),
    ...{ candles: store, derivation: store, pace: store, status, queue, encode },
    readStream: status.readStream,
    objects: mortal(objects, 'objects'),
    notices: store,
    notify: async () => {},
    adopt: () =>
      adoptSettings({ candles: store, derivation: store, report }, lakeSettingsOf(settings), 'simulation'),
  };
}
