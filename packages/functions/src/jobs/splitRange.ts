import { intervalMs, planWindows, readNeeds, type SurveyPorts, slotsToAsk } from '@candlelake/core';
import { BACKFILL_QUEUE } from '../names.ts';
import { type BackfillRange, scopeOf } from './backfillRange.ts';

/**
 * The most rows of one answer of history: more slots than these times the requests of a message may have to
 * be split.
 */
const ROWS_PER_REQUEST = 1000;

/**
 * The parts of a range that take at most {@link BACKFILL_QUEUE.requestsPerMessage} requests each, newest
 * first; empty when the whole range does. Only for a range that is long enough to take more are its days
 * read.
 */
export async function splitRange(
  ports: SurveyPorts,
  range: BackfillRange,
  signal: AbortSignal,
): Promise<readonly BackfillRange[]> {
  const { market, symbol, interval, from, to } = range;
  const lengthMs = intervalMs(interval);
  const { requestsPerMessage } = BACKFILL_QUEUE;
  if ((to - from) / lengthMs <= requestsPerMessage * ROWS_PER_REQUEST) return [];
  const slots = slotsToAsk(await readNeeds(ports, scopeOf(range), signal));
  const windows = planWindows(slots, { intervalMs: lengthMs, firstSlot: null });
  if (windows.length <= requestsPerMessage) return [];
  const parts: BackfillRange[] = [];
  for (let next = 0; next < windows.length; next += requestsPerMessage) {
    const newestFirst = windows.slice(next, next + requestsPerMessage);
    const oldest = newestFirst.at(-1)!.slots[0]!;
    const newest = newestFirst[0]!.slots.at(-1)!;
    parts.push({ market, symbol, interval, from: oldest, to: newest + lengthMs });
  }
  return parts;
}
