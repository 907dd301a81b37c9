import type { Series } from '../domain/candle/candle.ts';
import { floorToInterval, intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { RequestPriority, SeriesRecord } from '../ports.ts';

/** The stretch of one series that is to be settled. */
export interface RepairScope {
  readonly series: Series;
  /** Slots that open in [from, to) and are closed by now. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Whether missing slots are asked for, or only provisional ones. */
  readonly fillGaps: boolean;
  readonly priority: RequestPriority;
  /**
   * When the program started, in exchange time: the start of history is looked at again if its last read is
   * older. Left out by jobs that start every few minutes.
   */
  readonly startedAt?: EpochMs;
}

/** A stretch of history to fill, at lower priority than live slots. */
export function historyScope(scope: Pick<RepairScope, 'series' | 'from' | 'to' | 'startedAt'>): RepairScope {
  return { ...scope, fillGaps: true, priority: 'background' };
}

/** Where the expected slots of a scope begin: on the grid, and not before the slot of the launch. */
export function startOfScope({ from, series }: RepairScope, { launchTime }: SeriesRecord): EpochMs {
  const lengthMs = intervalMs(series.interval);
  return Math.max(Math.ceil(from / lengthMs) * lengthMs, floorToInterval(launchTime ?? 0, series.interval));
}

/**
 * Where the history that a running program keeps begins: at 00:00 UTC of the day `historyDays` before `now`,
 * or of the day of the oldest stored candle if that is earlier, so that downtime leaves no hole behind.
 */
export function startOfHistory(
  record: SeriesRecord | null,
  { now, historyDays }: { readonly now: EpochMs; readonly historyDays: number },
): EpochMs {
  const windowStart = startOfDay(now) - historyDays * DAY_MS;
  return Math.min(windowStart, startOfDay(record?.firstSlot ?? windowStart));
}
