import { BadDataError, type EpochMs, INTERVALS, type Interval, type RepairScope } from '@candlelake/core';

/** One message of the queue: the slots of a symbol that open in [from, to), epoch ms, which take a bounded number of requests. */
export interface BackfillRange {
  readonly symbol: string;
  readonly interval: Interval;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Reads the body of a message. Throws BadDataError for one that no planner wrote. */
export function parseBackfillRange(body: string): BackfillRange {
  const range = parseJson(body) as Partial<BackfillRange> | null;
  if (
    typeof range !== 'object' ||
    typeof range?.symbol !== 'string' ||
    !INTERVALS.includes(range.interval as Interval) ||
    !Number.isSafeInteger(range.from) ||
    !Number.isSafeInteger(range.to)
  ) {
    throw new BadDataError(`message "${body.slice(0, 200)}": expected symbol, interval, from and to`);
  }
  return range as BackfillRange;
}

/** The stretch that a range is about. */
export function scopeOf({ symbol, interval, from, to }: BackfillRange): RepairScope {
  return {
    series: { market: 'swap', symbol, interval },
    from,
    to,
    fillGaps: true,
    priority: 'background',
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
