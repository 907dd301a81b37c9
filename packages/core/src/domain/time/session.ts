import { DAY_MS, type EpochMs, MINUTE_MS, startOfDay } from './time.ts';

/** A bar of the session grid; half-open, epoch ms. */
export interface BarSpan {
  readonly index: number;
  readonly openTime: EpochMs;
  readonly closeTime: EpochMs;
}

/** The number of bars in a session, the last one included, which may be shorter: 69 for 21 minutes. */
export function barsPerSession(timeframeMinutes: number): number {
  return Math.ceil(DAY_MS / (timeframeMinutes * MINUTE_MS));
}

/**
 * The open time of bar `index` of the session that starts at `day`. The grid restarts with each session
 * (docs/decisions/0003-session-anchored-bars.md): a grid from the epoch is right on one weekday only.
 */
export function barOpenTime(day: EpochMs, timeframeMinutes: number, index: number): EpochMs {
  return day + index * timeframeMinutes * MINUTE_MS;
}

/**
 * The close time of bar `index`: a timeframe after its open time, at most the end of the session. Source:
 * TradingView, "Bar building", for a session of 24 hours.
 */
export function barCloseTime(day: EpochMs, timeframeMinutes: number, index: number): EpochMs {
  return Math.min(barOpenTime(day, timeframeMinutes, index + 1), day + DAY_MS);
}

/** The bar that contains an instant. */
export function barAt(time: EpochMs, timeframeMinutes: number): BarSpan {
  const day = startOfDay(time);
  const index = Math.floor((time - day) / (timeframeMinutes * MINUTE_MS));
  return {
    index,
    openTime: barOpenTime(day, timeframeMinutes, index),
    closeTime: barCloseTime(day, timeframeMinutes, index),
  };
}
