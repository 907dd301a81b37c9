import {
  beginHistory,
  DAY_MS,
  type DerivationStore,
  type EpochMs,
  type Interval,
  isStartLookDue,
  type RegisterPorts,
  registerSymbols,
  settledDays,
  startOfDay,
  UNKNOWN_HISTORY_START,
  unlistedEvent,
} from '@candlelake/core';
import type { BackfillQueue } from './backfillQueue.ts';
import type { BackfillRange } from './backfillRange.ts';

export interface PlanPorts extends RegisterPorts {
  readonly derivation: Pick<DerivationStore, 'readAsOf' | 'readCoverage'>;
  readonly queue: BackfillQueue;
}

export interface PlanOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** Null: the start of the window of history, or of the stored candles if that is earlier. */
  readonly from: EpochMs | null;
  /** Null: the end of yesterday. The stream and the gap filler repair today. */
  readonly to: EpochMs | null;
  readonly historyDays: number;
  /** Plan nothing while the queue has messages, so that the schedule does not repeat a long backfill. */
  readonly onlyIfIdle: boolean;
}

/**
 * Sends one range for each symbol that has days which are not settled: from the first of them to the last. It
 * reads the coverage of the days, never their candles, so that hundreds of symbol-years are planned within
 * seconds; the worker splits a range that takes too many requests. Asks the exchange only when the store does
 * not know a symbol, and leaves that one out if it is not traded; throws ConfigError when no symbol is known.
 * Returns the ranges.
 */
export async function planBackfill(
  ports: PlanPorts,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<readonly BackfillRange[]> {
  if (options.onlyIfIdle && !(await ports.queue.isEmpty())) return [];
  const unlisted = await registerUnknown(ports, options, signal);
  const ranges: BackfillRange[] = [];
  for (const symbol of options.symbols) {
    if (unlisted.has(symbol)) continue;
    signal.throwIfAborted();
    const range = await unsettledRange(ports, options, symbol);
    if (range !== null) ranges.push(range);
  }
  await ports.queue.send(ranges);
  return ranges;
}

/** Registers symbols that the store does not know; reports and returns those that are not traded. */
async function registerUnknown(
  ports: PlanPorts,
  { symbols, interval }: PlanOptions,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const records = await ports.candles.listSeries();
  const { market } = ports.history;
  const kept = records.filter((one) => one.market === market && one.interval === interval);
  const known = new Set(kept.map(({ symbol }) => symbol));
  if (symbols.every((symbol) => known.has(symbol))) return new Set();
  const unlisted = await registerSymbols(ports, { symbols, interval, tries: 3 }, signal);
  const unknown = unlisted.filter(({ isKnown }) => !isKnown);
  for (const one of unknown) ports.report(unlistedEvent(one, 'the others go on, and it is looked at again'));
  return new Set(unknown.map(({ symbol }) => symbol));
}

/** From the first day that is not settled to the last one; null when all are. */
async function unsettledRange(
  { candles, derivation, exchangeClock, history: { market } }: PlanPorts,
  { interval, from, to, historyDays }: PlanOptions,
  symbol: string,
): Promise<BackfillRange | null> {
  const series = { market, symbol, interval };
  const now = exchangeClock.now();
  const record = await candles.findSeries(series);
  const historyStart = record?.historyStart ?? UNKNOWN_HISTORY_START;
  const isStartInDoubt = isStartLookDue(historyStart, { now, since: 0 });
  // No candle is expected before the launch, and none to be had before the known beginning of history.
  const earliest = Math.max(record?.launchTime ?? 0, isStartInDoubt ? 0 : (historyStart.firstAvailable ?? 0));
  const start = Math.max(from ?? (await beginHistory(candles, series, { now, historyDays })), earliest);
  const end = to ?? startOfDay(now);
  const settled = await settledDays(derivation, series, { from: start, to: end, now });
  const days: EpochMs[] = [];
  for (let day = startOfDay(start); day < end; day += DAY_MS) if (!settled.has(day)) days.push(day);
  if (days.length === 0) return null;
  const range = { from: Math.max(start, days[0]!), to: Math.min(end, days.at(-1)! + DAY_MS) };
  return { ...series, ...range };
}
