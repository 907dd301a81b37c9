import { barAt, type EpochMs, parseTimeframe } from '@candlelake/core';

const MINUTE_MS = 60_000;
/** Longer gaps are drawn this wide, so that a market closed for weeks keeps its bars on the screen. */
const MAX_GAP_BARS = 500;

/** The length of a timeframe such as `21m` or `1h`. Throws RangeError for another notation. */
export function timeframeMs(timeframe: string): number {
  const minutes = parseTimeframe(timeframe);
  if (minutes === null) throw new RangeError(`timeframe "${timeframe}": expected one such as "21m" or "1h"`);
  return minutes * MINUTE_MS;
}

/** The close time of the bar that opens at `openTime`: the last bar of a day ends with the day. */
export function barCloseAfter(openTime: EpochMs, lengthMs: number): EpochMs {
  return barAt(openTime, lengthMs / MINUTE_MS).closeTime;
}

/**
 * Open times of the places on the time axis: those of the bars, and those of the grid between them and up to
 * `until`, so that a gap is as wide as the bars it lacks, up to {@link MAX_GAP_BARS}.
 * `openTimes` are in order, without repeats.
 */
export function axisTimes(
  openTimes: readonly number[],
  lengthMs: number,
  until: number | null = null,
): readonly number[] {
  const times: number[] = [];
  const addGap = (end: number) => {
    let place = times.length === 0 ? end : barCloseAfter(times.at(-1)!, lengthMs);
    for (let added = 0; place < end && added < MAX_GAP_BARS; added++) {
      times.push(place);
      place = barCloseAfter(place, lengthMs);
    }
  };
  for (const openTime of openTimes) {
    addGap(openTime);
    times.push(openTime);
  }
  if (until !== null) addGap(until);
  return times;
}

/**
 * The position of an instant on the axis, in bars: bar `i` reaches from `i - 0.5` to `i + 0.5`. Instants
 * outside the axis have the position of its nearest end.
 */
export function axisPosition(instant: number, times: readonly number[], lengthMs: number): number {
  const index = lastAtOrBefore(times, instant);
  if (index < 0) return -0.5;
  const openTime = times[index]!;
  const share = (instant - openTime) / (barCloseAfter(openTime, lengthMs) - openTime);
  return index - 0.5 + Math.min(share, 1);
}

/** The index of the last element that is at most `value`; -1 when there is none. */
export function lastAtOrBefore(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
