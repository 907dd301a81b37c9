import type { Series } from '../domain/candle/candle.ts';
import { floorToInterval, intervalMs } from '../domain/time/interval.ts';
import { DAY_MS, type EpochMs, startOfDay } from '../domain/time/time.ts';
import type { CandleStore, RequestPriority, SeriesRecord } from '../ports.ts';

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
 * or of the day of the oldest stored candle if that is earlier, so that downtime leaves no hole behind. A
 * start that asked for as many days earlier may have been stopped before it filled the oldest one: the window
 * of a series that the store knows is recorded, and still counts.
 */
export async function beginHistory(
  candles: Pick<CandleStore, 'findSeries' | 'describeSeries'>,
  series: Series,
  { now, historyDays }: { readonly now: EpochMs; readonly historyDays: number },
): Promise<EpochMs> {
  const record = await candles.findSeries(series);
  const asked = { days: historyDays, from: startOfDay(now) - historyDays * DAY_MS };
  const known = record?.fillWindow ?? asked;
  const window = known.days === historyDays && known.from < asked.from ? known : asked;
  if (record !== null && window !== record.fillWindow) {
    await candles.describeSeries(series, { fillWindow: window });
  }
  return Math.min(window.from, startOfDay(record?.firstSlot ?? window.from));
}
