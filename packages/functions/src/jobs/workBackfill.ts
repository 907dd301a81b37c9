import {
  BadDataError,
  type DerivationStore,
  limitHistory,
  type RepairScopesPorts,
  repairScopes,
  watermarkAt,
} from '@candlelake/core';
import { BACKFILL_QUEUE } from '../names.ts';
import { parseBackfillRange, scopeOf } from './backfillRange.ts';
import { type StandDownPorts, standDown } from './standDown.ts';

export interface WorkPorts extends RepairScopesPorts, StandDownPorts {
  readonly derivation: DerivationStore;
}

export interface QueueMessage {
  readonly id: string;
  readonly body: string;
}

/**
 * Beside the planned ones: looks below the start of history, second looks, and windows that a wide hole makes
 * necessary.
 */
const SPARE_REQUESTS = 20;

/**
 * Works through messages in order; returns the ids of the first one that failed and of all after it, so that
 * a FIFO queue delivers them again in order. A message that is no range, or whose symbol the exchange
 * refuses, is reported and counts as done: it would hold up all others, and the next plan contains it again.
 */
export async function workBackfill(
  ports: WorkPorts,
  messages: readonly QueueMessage[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  for (const [index, message] of messages.entries()) {
    try {
      await workOn(ports, message, signal);
    } catch (error) {
      if (!(error instanceof BadDataError)) {
        await standDown(ports, error);
        return messages.slice(index).map(({ id }) => id);
      }
      const text = `a backfill was given up: ${error.message}`;
      ports.report({ level: 'error', kind: 'backfill-refused', message: text });
    }
  }
  return [];
}

async function workOn(ports: WorkPorts, { body }: QueueMessage, signal: AbortSignal): Promise<void> {
  const range = parseBackfillRange(body);
  const history = limitHistory(ports.history, BACKFILL_QUEUE.requestsPerMessage + SPARE_REQUESTS);
  await history.syncClock(signal);
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
