import { createMemoryObjects } from '@candlelake/core';
import { answerHealth } from '../../../packages/functions/src/jobs/answerHealth.ts';
import { buildLake, lakeLagMs } from '../../../packages/functions/src/jobs/buildLake.ts';
import { fillGaps } from '../../../packages/functions/src/jobs/fillGaps.ts';
import { planBackfill } from '../../../packages/functions/src/jobs/planBackfill.ts';
import { workBackfill } from '../../../packages/functions/src/jobs/workBackfill.ts';
import { type FunctionKey, METRICS } from '../../../packages/functions/src/names.ts';
import { FifoQueue } from '../../functions/fifoQueue.ts';
import { exchangeClockOf } from '../../support/exchangeClock.ts';
import { encodeAsText } from '../../support/lake.ts';
import { NOON, type Stage } from './simulatedStage.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const never = new AbortController().signal;

/** The functions, each when its schedule is due. */
export function createJobs(stage: Stage): () => Promise<void> {
  const { clock, store, settings, faults, status, report, count } = stage;
  const queue = new FifoQueue(clock.now);
  const ports = {
    ...{
      clock,
      exchangeClock: exchangeClockOf(clock),
      random: () => 0.5,
      yieldToHost: async () => {},
      report,
      history: stage.history,
      status,
      queue,
    },
    ...{ candles: store, derivation: store, pace: store },
  };
  const objects = createMemoryObjects();
  const denied = { ...objects, put: () => Promise.reject(new Error('AccessDenied')) };
  const ticks = new Map<FunctionKey, number>();

  /** Whether this tick of a function fails. */
  function fails(key: FunctionKey): boolean {
    if (clock.now() < NOON) return false;
    const count = (ticks.get(key) ?? 0) + 1;
    ticks.set(key, count);
    return count <= (faults.failing?.[key] ?? 0);
  }

  async function health(): Promise<void> {
    const now = clock.now;
    const { readStream, readBackfill } = status;
    const healthPorts = { ...stage, now, readStream, readBackfill, writtenAt: async () => null };
    const answer = (event: object) =>
      answerHealth(event, healthPorts as unknown as Parameters<typeof answerHealth>[1], settings);
    const requests = clock.now() >= NOON ? (faults.requestsPerMinute ?? 0) : 0;
    for (let request = 0; request < requests; request++) await answer({ routeKey: 'GET /health' });
    if (!fails('health')) await answer({});
  }

  async function gaps(): Promise<void> {
    if (fails('fillGaps')) return;
    const filled = await fillGaps({ ...ports, readStream: status.readStream }, settings, never);
    count(METRICS.openSlots, filled.open);
  }

  async function lake(): Promise<void> {
    if (fails('buildLake')) return;
    const isDenied = faults.bucketDenied && clock.now() >= NOON;
    const outbox = { waiting: async () => [], count: async () => 0, remove: async () => {} };
    const notices = { openOutbox: async () => outbox };
    const parts = { ...ports, objects: isDenied ? denied : objects, encode: encodeAsText, notices };
    const built = await buildLake({ ...parts, notify: async () => {}, yieldToHost: async () => {} }, never);
    count(METRICS.lakeLag, lakeLagMs(built, clock.now()) / 1000);
  }

  async function backfill(): Promise<void> {
    const isBroken = fails('backfill');
    if (!isBroken) await planBackfill(ports, { ...settings, from: null, to: null, onlyIfIdle: true }, never);
    // Lambda has tried three times by then.
    else count('NumberOfMessagesSent', 1);
  }

  async function work(): Promise<void> {
    const isBroken = clock.now() >= NOON && (faults.failing?.backfillWorker ?? 0) > 0;
    await queue.deliver((messages) =>
      isBroken ? Promise.resolve(messages.map(({ id }) => id)) : workBackfill(ports, messages, never),
    );
    count('ApproximateNumberOfMessagesVisible', queue.dead.length);
  }

  return async () => {
    const minute = clock.now() / MINUTE;
    await health();
    // A backfill is under way at noon.
    if (clock.now() === NOON)
      await queue.send([
        { market: 'swap', symbol: 'BTC-USDT', interval: '3m', from: NOON - 3 * DAY, to: NOON - 2 * DAY },
      ]);
    if (minute % 360 === 7) await backfill();
    if (minute % 5 === 3) await gaps();
    if (minute % 10 === 1) await lake().catch(() => {});
    await work();
  };
}
