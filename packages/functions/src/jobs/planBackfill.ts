import {
  DAY_MS,
  type EpochMs,
  type Interval,
  intervalMs,
  planWindows,
  type RegisterPorts,
  readNeeds,
  registerSymbols,
  type Series,
  type SurveyPorts,
  settledDays,
  startOfDay,
  startOfHistory,
  swapSeries,
} from '@candlelake/core';
import { BACKFILL_QUEUE } from '../names.ts';
import { type BackfillRange, scopeOf } from './backfillRange.ts';

export interface PlanPorts extends SurveyPorts, RegisterPorts {
  readonly enqueue: (ranges: readonly BackfillRange[]) => Promise<void>;
}

export interface PlanOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** Null: the start of the window of history, or of the stored candles if that is earlier. */
  readonly from: EpochMs | null;
  /** Null: the end of yesterday. The stream and the gap filler repair today. */
  readonly to: EpochMs | null;
  readonly historyDays: number;
}

/**
 * Finds what is missing and puts it into the queue, newest first, in ranges of at most {@link
 * BACKFILL_QUEUE.requestsPerMessage} requests. Asks the exchange only about symbols that the store does not
 * know; throws ConfigError for one that it does not list. Returns the ranges.
 */
export async function planBackfill(
  ports: PlanPorts,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<readonly BackfillRange[]> {
  await registerUnknown(ports, options, signal);
  const planned: BackfillRange[] = [];
  for (const symbol of options.symbols) {
    signal.throwIfAborted();
    const ranges = await rangesOf(ports, options, symbol);
    await ports.enqueue(ranges);
    planned.push(...ranges);
  }
  return planned;
}

async function registerUnknown(ports: PlanPorts, options: PlanOptions, signal: AbortSignal): Promise<void> {
  const { interval } = options;
  const records = await ports.candles.listSeries();
  const known = new Set(records.filter((one) => one.interval === interval).map(({ symbol }) => symbol));
  const symbols = options.symbols.filter((symbol) => !known.has(symbol));
  if (symbols.length > 0) await registerSymbols(ports, { symbols, interval, tries: 3 }, signal);
}

async function rangesOf(
  ports: PlanPorts,
  { interval, from, to, historyDays }: PlanOptions,
  symbol: string,
): Promise<readonly BackfillRange[]> {
  const series = swapSeries(symbol, interval);
  const now = ports.exchangeClock.now();
  const record = await ports.candles.findSeries(series);
  const scope = scopeOf({
    symbol,
    interval,
    from: from ?? startOfHistory(record, { now, historyDays }),
    to: to ?? (await endOfHistory(ports, series, startOfDay(now))),
  });
  const { ask } = await readNeeds(ports, scope);
  const lengthMs = intervalMs(interval);
  const windows = planWindows(ask, { intervalMs: lengthMs, firstSlot: null });
  const ranges: BackfillRange[] = [];
  for (let next = 0; next < windows.length; next += BACKFILL_QUEUE.requestsPerMessage) {
    const newestFirst = windows.slice(next, next + BACKFILL_QUEUE.requestsPerMessage);
    const oldest = newestFirst.at(-1)!.slots[0]!;
    const newest = newestFirst[0]!.slots.at(-1)!;
    ranges.push({ symbol, interval, from: oldest, to: newest + lengthMs });
  }
  return ranges;
}

/** The start of today, or of yesterday once it is settled: one small read in place of all its candles. */
async function endOfHistory({ derivation }: PlanPorts, series: Series, today: EpochMs): Promise<EpochMs> {
  const yesterday = today - DAY_MS;
  const settled = await settledDays(derivation, series, { from: yesterday, to: today });
  return settled.has(yesterday) ? yesterday : today;
}
