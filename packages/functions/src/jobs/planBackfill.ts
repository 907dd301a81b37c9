import {
  type AskPorts,
  type Clock,
  DAY_MS,
  describeSymbols,
  type EpochMs,
  type Interval,
  intervalMs,
  planWindows,
  type Random,
  type Series,
  startOfDay,
  survey,
} from '@candlelake/core';
import { BACKFILL_QUEUE } from '../names.ts';
import { type BackfillRange, scopeOf } from './backfillRange.ts';

export interface PlanPorts extends AskPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly enqueue: (ranges: readonly BackfillRange[]) => Promise<void>;
}

export interface PlanOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** Null for the window of history, and for what is older and was never settled. */
  readonly from: EpochMs | null;
  /** Null for the end of yesterday: today is the stream's, and the gap filler's. */
  readonly to: EpochMs | null;
  readonly historyDays: number;
}

/**
 * Finds what is missing and puts it into the queue, newest first, in ranges of at most {@link BACKFILL_QUEUE.requestsPerMessage} requests. Asks
 * the exchange only for symbols that the store does not know; throws ConfigError for one that it does not list. Returns the ranges.
 */
export async function planBackfill(
  ports: PlanPorts,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<readonly BackfillRange[]> {
  await describeUnknown(ports, options, signal);
  const planned: BackfillRange[] = [];
  for (const symbol of options.symbols) {
    signal.throwIfAborted();
    const ranges = await rangesOf(ports, options, symbol);
    await ports.enqueue(ranges);
    planned.push(...ranges);
  }
  return planned;
}

async function describeUnknown(ports: PlanPorts, options: PlanOptions, signal: AbortSignal): Promise<void> {
  const { interval } = options;
  const records = await ports.candles.listSeries();
  const known = new Set(records.filter((one) => one.interval === interval).map(({ symbol }) => symbol));
  const symbols = options.symbols.filter((symbol) => !known.has(symbol));
  if (symbols.length > 0) await describeSymbols(ports, { symbols, interval, tries: 3 }, signal);
}

async function rangesOf(
  ports: PlanPorts,
  { interval, from, to, historyDays }: PlanOptions,
  symbol: string,
): Promise<readonly BackfillRange[]> {
  const series = { market: 'swap', symbol, interval } as const;
  const today = startOfDay(ports.exchangeClock.now());
  const scope = {
    symbol,
    interval,
    from: from ?? (await historyStart(ports, series, today - historyDays * DAY_MS)),
    to: to ?? ((await isSettled(ports, series, today - DAY_MS)) ? today - DAY_MS : today),
  };
  const { ask } = await survey(ports, scopeOf(scope));
  const lengthMs = intervalMs(interval);
  const windows = planWindows(ask, [], lengthMs);
  const ranges: BackfillRange[] = [];
  for (let next = 0; next < windows.length; next += BACKFILL_QUEUE.requestsPerMessage) {
    const newestFirst = windows.slice(next, next + BACKFILL_QUEUE.requestsPerMessage);
    const oldest = newestFirst.at(-1)!.slots[0]!;
    const newest = newestFirst[0]!.slots.at(-1)!;
    ranges.push({ symbol, interval, from: oldest, to: newest + lengthMs });
  }
  return ranges;
}

/** The start of the window, or the day of the symbol's first slot if that is earlier: downtime leaves no hole behind. */
async function historyStart({ candles }: PlanPorts, series: Series, windowStart: EpochMs): Promise<EpochMs> {
  const record = await candles.findSeries(series);
  return Math.min(windowStart, startOfDay(record?.firstSlot ?? windowStart));
}

/** By the last derivation of that day: one small read in place of all its candles. */
async function isSettled({ derivation }: PlanPorts, series: Series, day: EpochMs): Promise<boolean> {
  const [record] = await derivation.readCoverage(series, day, day + DAY_MS);
  return record !== undefined && record.coverage.missing === 0 && record.coverage.provisional === 0;
}
