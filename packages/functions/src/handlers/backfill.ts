import { ConfigError, type EpochMs, parseInstant } from '@candlelake/core';
import { createSqsClient } from '../adapters/clients.ts';
import { createSqsBackfillQueue } from '../adapters/sqsBackfillQueue.ts';
import { readVariable } from '../environment.ts';
import { planBackfill } from '../jobs/planBackfill.ts';
import { VARIABLES } from '../names.ts';
import { createHandler, deadline } from '../observe.ts';
import { wireJob } from '../wire.ts';

/**
 * The event: `{}` from the schedule, or a range that a person asks for. Instants are UTC, as on the command
 * line.
 */
export interface BackfillOrder {
  readonly symbols?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

const RESERVE_MS = 10_000;

const job = wireJob();
const queue = createSqsBackfillQueue(createSqsClient(), readVariable(VARIABLES.backfillQueue));

/**
 * Sends a range to the queue for each symbol with days that are not settled. Returns the number of messages.
 */
export const handler = createHandler(async (order: BackfillOrder, context) => {
  const { settings } = job;
  const ranges = await planBackfill(
    { ...job, queue },
    {
      ...settings,
      symbols: order.symbols ?? settings.symbols,
      from: readInstant('from', order.from),
      to: readInstant('to', order.to),
      onlyIfIdle: Object.keys(order).length === 0,
    },
    deadline(context, RESERVE_MS),
  );
  const message = `${ranges.length} ranges planned`;
  job.report({ level: 'info', kind: 'planned', message, fields: { ranges: ranges.length } });
  return { messages: ranges.length };
});

function readInstant(name: string, text: string | undefined): EpochMs | null {
  if (text === undefined) return null;
  const instant = parseInstant(text);
  if (instant !== null) return instant;
  throw new ConfigError(`"${name}" "${text}": expected a UTC time, as 2026-11-22T12:00Z`);
}
