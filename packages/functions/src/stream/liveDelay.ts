import {
  type CandleStore,
  countsForHealth,
  DAY_MS,
  type EpochMs,
  type Interval,
  intervalMs,
  type Market,
  type Series,
  type StreamStatus,
  startOfDay,
} from '@candlelake/core';

export interface SymbolDelay {
  readonly symbol: string;
  /** Time since the close of the oldest live slot that is not settled, in ms; 0 when all are. */
  readonly delayMs: number;
}

export interface LiveDelayPorts {
  readonly candles: Pick<CandleStore, 'readDay' | 'findSeries'>;
}

export interface LiveDelayOptions {
  /** Exchange time. */
  readonly now: EpochMs;
  readonly market: Market;
  readonly interval: Interval;
}

/**
 * The delay of every symbol that counts for health. Live slots begin after the newest settled slot of the
 * store, so a restart of the process does not reset the delay. A symbol without any stored candle counts from
 * the start of the process, and the empty slots of a quiet symbol do not count.
 */
export async function liveDelays(
  { candles }: LiveDelayPorts,
  status: StreamStatus,
  { now, market, interval }: LiveDelayOptions,
): Promise<readonly SymbolDelay[]> {
  const lengthMs = intervalMs(interval);
  const delays: SymbolDelay[] = [];
  for (const { symbol, quiet, oldestUnresolvedLive } of status.symbols.filter(countsForHealth)) {
    const newest = quiet ? now : await newestSettledSlot(candles, { market, symbol, interval }, now);
    const next = newest === null ? status.startedAt : newest + lengthMs;
    const oldest = Math.min(next, oldestUnresolvedLive ?? next);
    delays.push({ symbol, delayMs: Math.max(0, now - oldest - lengthMs) });
  }
  return delays;
}

/**
 * The newest slot of today or yesterday that is final, or that history showed empty. Without one, the last
 * slot before yesterday; null for a series without candles. The stream's store has both days in memory.
 */
async function newestSettledSlot(
  store: LiveDelayPorts['candles'],
  series: Series,
  now: EpochMs,
): Promise<EpochMs | null> {
  const today = startOfDay(now);
  for (const day of [today, today - DAY_MS]) {
    const { candles, absences } = await store.readDay(series, day);
    const final = candles.findLast(({ status }) => status === 'final');
    const newest = Math.max(final?.openTime ?? 0, absences.at(-1)?.openTime ?? 0);
    if (newest > 0) return newest;
  }
  const record = await store.findSeries(series);
  return record?.firstSlot == null ? null : today - DAY_MS - intervalMs(series.interval);
}
