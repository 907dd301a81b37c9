import type { Series } from '../domain/candle/candle.ts';
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
}

/** A stretch of history to fill, at lower priority than live slots. */
export function historyScope({ series, from, to }: Pick<RepairScope, 'series' | 'from' | 'to'>): RepairScope {
  return { series, from, to, fillGaps: true, priority: 'background' };
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
