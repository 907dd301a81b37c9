import { DAY_MS, type EpochMs, MINUTE_MS, startOfDay } from './time.ts';

/** A bar of the session grid; half-open, epoch ms. */
export interface BarSpan {
  readonly index: number;
  readonly openTime: EpochMs;
  readonly closeTime: EpochMs;
}

/** How many bars of a timeframe a session has, the last and perhaps shorter one included: 69 for 21 minutes. */
export function barsPerSession(timeframeMinutes: number): number {
  return Math.ceil(DAY_MS / (timeframeMinutes * MINUTE_MS));
}

/** When bar `index` of the session that starts at `day` opens. The grid restarts with each session: flooring to the epoch is right on one weekday only. */
export function barOpenTime(day: EpochMs, timeframeMinutes: number, index: number): EpochMs {
  return day + index * timeframeMinutes * MINUTE_MS;
}

/** When bar `index` closes: a timeframe later, or with the session if that is earlier. TradingView cuts a 24x7 session so ("Bar building"). */
export function barCloseTime(day: EpochMs, timeframeMinutes: number, index: number): EpochMs {
  return Math.min(barOpenTime(day, timeframeMinutes, index + 1), day + DAY_MS);
}

/** The bar of a timeframe that holds an instant. */
export function barAt(time: EpochMs, timeframeMinutes: number): BarSpan {
  const day = startOfDay(time);
  const index = Math.floor((time - day) / (timeframeMinutes * MINUTE_MS));
  return {
    index,
    openTime: barOpenTime(day, timeframeMinutes, index),
    closeTime: barCloseTime(day, timeframeMinutes, index),
  };
}
