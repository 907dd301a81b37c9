import { BACKFILL_QUEUE, VARIABLES } from '../packages/functions/src/names.ts';
import { createFunction, createSchedule } from './function.ts';
import type { Stage } from './settings.ts';
import { lakeMemoryMb } from './sizes.ts';
import { lakeAccess, READ_AND_WRITE, type Storage, tableAccess } from './storage.ts';

const TWO_WEEKS_SECONDS = 14 * 24 * 3600;

export interface Jobs {
  readonly functions: Readonly<
    Record<'backfill' | 'backfillWorker' | 'fillGaps' | 'buildLake', sst.aws.Function>
  >;
  /** Dead-letter queue of the planner: backfill requests and scheduled runs that failed. */
  readonly deadEvents: sst.aws.Queue;
  readonly backfillQueue: sst.aws.Queue;
  readonly deadBackfills: sst.aws.Queue;
  readonly crossovers: sst.aws.SnsTopic;
  /**
   * Starts `buildLake`; the stream publishes to it when a bar closes. Deliveries to a function cost nothing.
   */
  readonly derivations: sst.aws.SnsTopic;
}

/** Backfill, gap filling and the lake. Queues, schedules and topics cost cents; docs/aws.md has the sum. */
export function createJobs(stage: Stage, storage: Storage): Jobs {
  const deadEvents = new sst.aws.Queue('DeadEvents', {
    transform: {
      queue: (args) => {
        args.messageRetentionSeconds = TWO_WEEKS_SECONDS;
      },
    },
  });
  const { backfillQueue, deadBackfills } = createBackfillQueue();
  const crossovers = new sst.aws.SnsTopic('Crossovers');
  const derivations = new sst.aws.SnsTopic('Derivations');
  const functions = {
    // A run of some seconds every six hours: less than a cent a month.
    backfill: createFunction('Backfill', {
      stage,
      key: 'backfill',
      resources: { [VARIABLES.table]: storage.table.name, [VARIABLES.backfillQueue]: backfillQueue.url },
      permissions: [
        tableAccess(storage, READ_AND_WRITE),
        { actions: ['sqs:GetQueueAttributes', 'sqs:SendMessage'], resources: [backfillQueue.arn] },
      ],
      asynchronous: { deadEvents, retries: 2, maxAgeSeconds: 6 * 3600 },
    }),
    // Runs only while the queue has messages; a year of a symbol is 9 of them.
    backfillWorker: createFunction('BackfillWorker', {
      stage,
      key: 'backfillWorker',
      resources: { [VARIABLES.table]: storage.table.name, [VARIABLES.backfillQueue]: backfillQueue.url },
      permissions: [
        tableAccess(storage, READ_AND_WRITE),
        {
          actions: [
            'sqs:ReceiveMessage',
            'sqs:DeleteMessage',
            'sqs:ChangeMessageVisibility',
            'sqs:GetQueueAttributes',
            'sqs:SendMessage',
          ],
          resources: [backfillQueue.arn],
        },
      ],
    }),
    fillGaps: createFunction('FillGaps', {
      stage,
      key: 'fillGaps',
      resources: { [VARIABLES.table]: storage.table.name },
      permissions: [tableAccess(storage, READ_AND_WRITE)],
      asynchronous: { deadEvents: null, retries: 1, maxAgeSeconds: 300 },
    }),
    // 4,380 runs a month and one for each bar, of a few seconds at 1 GB: half a dollar for 100 symbols.
    buildLake: createFunction('BuildLake', {
      stage,
      key: 'buildLake',
      memoryMb: lakeMemoryMb(stage.settings),
      resources: {
        [VARIABLES.table]: storage.table.name,
        [VARIABLES.bucket]: storage.bucket.name,
        [VARIABLES.crossoverTopic]: crossovers.arn,
      },
      permissions: [
        tableAccess(storage, [...READ_AND_WRITE, 'ConditionCheckItem', 'DeleteItem']),
        ...lakeAccess(storage, ['GetObject', 'PutObject', 'DeleteObject']),
        { actions: ['sns:Publish'], resources: [crossovers.arn] },
      ],
      asynchronous: { deadEvents: null, retries: 1, maxAgeSeconds: 600 },
    }),
  };
  derivations.subscribe('BuildLake', functions.buildLake.arn);
  // One message group means one invocation of the worker at a time, whatever the account's concurrency.
  backfillQueue.subscribe(functions.backfillWorker.arn, {
    batch: { size: BACKFILL_QUEUE.batchSize, partialResponses: true },
  });
  createSchedule('BackfillTick', {
    key: 'backfill',
    target: functions.backfill,
    deadEvents,
    maxAgeSeconds: 6 * 3600,
  });
  createSchedule('FillGapsTick', {
    key: 'fillGaps',
    target: functions.fillGaps,
    deadEvents: null,
    maxAgeSeconds: 300,
  });
  createSchedule('BuildLakeTick', {
    key: 'buildLake',
    target: functions.buildLake,
    deadEvents: null,
    maxAgeSeconds: 600,
  });
  return { functions, deadEvents, backfillQueue, deadBackfills, crossovers, derivations };
}

function createBackfillQueue() {
  const deadBackfills = new sst.aws.Queue('DeadBackfills', {
    fifo: true,
    transform: {
      queue: (args) => {
        args.messageRetentionSeconds = TWO_WEEKS_SECONDS;
      },
    },
  });
  const backfillQueue = new sst.aws.Queue('Backfills', {
    fifo: true,
    visibilityTimeout: `${BACKFILL_QUEUE.visibilityTimeoutSeconds} seconds`,
    dlq: { queue: deadBackfills.arn, retry: BACKFILL_QUEUE.maxReceives },
    transform: {
      queue: (args) => {
        args.messageRetentionSeconds = TWO_WEEKS_SECONDS;
      },
    },
  });
  return { backfillQueue, deadBackfills };
}
