import {
  BadDataError,
  type EpochMs,
  historyScope,
  INTERVALS,
  type Interval,
  MARKETS,
  type Market,
  type RepairScope,
} from '@candlelake/core';

/**
 * One message of the queue: slots of a symbol that open in [from, to), epoch ms, few enough for a bounded
 * number of requests.
 */
export interface BackfillRange {
  readonly market: Market;
  readonly symbol: string;
  readonly interval: Interval;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Reads the body of a message. Throws BadDataError for one that is not a range. */
export function parseBackfillRange(body: string): BackfillRange {
  // A message of an earlier version names no market.
  const parsed = parseJson(body) as Partial<BackfillRange> | null;
  const range = typeof parsed === 'object' && parsed !== null ? { market: 'swap', ...parsed } : null;
  if (
    typeof range?.symbol !== 'string' ||
    !MARKETS.includes(range.market as Market) ||
    !INTERVALS.includes(range.interval as Interval) ||
    !Number.isSafeInteger(range.from) ||
    !Number.isSafeInteger(range.to)
  ) {
    throw new BadDataError(`message "${body.slice(0, 200)}": expected symbol, interval, from and to`);
  }
  return range as BackfillRange;
}

/** The scope of a range. */
export function scopeOf({ market, symbol, interval, from, to }: BackfillRange): RepairScope {
  return historyScope({ series: { market, symbol, interval }, from, to });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
