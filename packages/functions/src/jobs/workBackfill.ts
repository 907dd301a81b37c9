import {
  BadDataError,
  type DerivationStore,
  intervalMs,
  limitHistory,
  MAX_HISTORY_ROWS,
  type RepairScopesPorts,
  RetryableError,
  repairScopes,
  watermarkAt,
} from '@candlelake/core';
import type { StatusItems } from '../adapters/dynamo/statusItems.ts';
import { BACKFILL_QUEUE } from '../names.ts';
import type { BackfillQueue } from './backfillQueue.ts';
import { type BackfillRange, parseBackfillRange, scopeOf } from './backfillRange.ts';
import { splitRange } from './splitRange.ts';
import { type StandDownPorts, standDown } from './standDown.ts';

export interface WorkPorts extends RepairScopesPorts, StandDownPorts {
  readonly derivation: DerivationStore;
  readonly queue: Pick<BackfillQueue, 'send'>;
  readonly status: Pick<StatusItems, 'writeBackfill'>;
}

export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  /** How often the queue has delivered it, this time included. */
  readonly receives: number;
}

/**
 * Beside the planned ones: looks below the start of history, second looks, and windows that a wide hole makes
 * necessary.
 */
const SPARE_REQUESTS = 20;

/**
 * Works through messages in order; returns the ids of the first one that failed and of all after it, so that
 * a FIFO queue delivers them again in order. A range that takes too many requests goes back into the queue in
 * parts.
 *
 * A message that is no range, or whose symbol the exchange refuses, is reported and counts as done: it would
 * hold up all others, and the next plan contains it again. One that waits for the exchange, or for a
 * throttled table, is sent anew before its last delivery is used up, so that an outage of any length fills no
 * dead-letter queue.
 */
export async function workBackfill(
  ports: WorkPorts,
  messages: readonly QueueMessage[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  for (const [index, message] of messages.entries()) {
    try {
      await workOn(ports, parseBackfillRange(message.body), signal);
    } catch (error) {
      if (!(error instanceof BadDataError)) {
        await standDown(ports, error);
        const isRenewed = await renew(ports, message, error);
        return messages.slice(isRenewed ? index + 1 : index).map(({ id }) => id);
      }
      const text = `a backfill was given up: ${error.message}`;
      ports.report({ level: 'error', kind: 'backfill-refused', message: text });
    }
  }
  return [];
}

/** Sends a range anew whose last delivery failed for a reason that passes. Returns whether it did. */
async function renew({ queue }: WorkPorts, message: QueueMessage, error: unknown): Promise<boolean> {
  if (!(error instanceof RetryableError) || message.receives < BACKFILL_QUEUE.maxReceives) return false;
  await queue.send([parseBackfillRange(message.body)]);
  return true;
}

/** Works on a range, and tells `/health` when it begins and when it has ended. */
async function workOn(ports: WorkPorts, range: BackfillRange, signal: AbortSignal): Promise<void> {
  const { clock, status } = ports;
  const slots = (range.to - range.from) / intervalMs(range.interval);
  const requestsTotal = Math.ceil(slots / MAX_HISTORY_ROWS);
  const begun = { running: true, remainingSlots: slots, totalSlots: slots, requestsDone: 0, requestsTotal };
  await status.writeBackfill({ at: clock.now(), status: begun });
  await fill(ports, range, signal);
  const done = { ...begun, running: false, remainingSlots: 0, requestsDone: requestsTotal };
  await status.writeBackfill({ at: clock.now(), status: done });
}

async function fill(ports: WorkPorts, range: BackfillRange, signal: AbortSignal): Promise<void> {
  const history = limitHistory(ports.history, BACKFILL_QUEUE.requestsPerMessage + SPARE_REQUESTS);
  await history.syncClock(signal);
  const parts = await splitRange(ports, range, signal);
  if (parts.length > 0) {
    await ports.queue.send(parts);
    const message = `${range.symbol}: split into ${parts.length} ranges`;
    ports.report({ level: 'info', kind: 'planned', message, fields: { symbol: range.symbol } });
    return;
  }
  let asked = 0;
  const [done] = await repairScopes(
    { ...ports, history },
    {
      scopes: [scopeOf(range)],
      goal: 'passed',
      tries: 1,
      onAnswer: (_scope, answer) => {
        asked += answer.asked;
      },
    },
    signal,
  );
  if (!done?.needs) return;
  await ports.derivation.advanceAsOf(watermarkAt(ports.exchangeClock.now(), range.interval, range.to));
  const { symbol } = range;
  const open = done.needs.missing.length + done.needs.provisional.length;
  const message = `${symbol}: asked for ${asked} candles, ${open} are not settled yet`;
  ports.report({ level: 'info', kind: 'backfilled', message, fields: { symbol, asked, open } });
}
