import {
  barCloseTime,
  barOpenTime,
  barsPerSession,
  formatTimeframe,
  intervalMs,
  MINUTE_MS,
  type Settings,
} from '@candlelake/core';
import { formatMinutes, formatSpan } from '../output/formatTime.ts';
import type { Lines } from '../output/lines.ts';

/** Prints the bars of a UTC day, one line for each, for every timeframe of the settings. */
export function showAlignment({ timeframes, interval, logFormat }: Settings, lines: Lines): void {
  for (const minutes of timeframes) {
    const bars = gridOf(minutes, intervalMs(interval));
    if (logFormat === 'json') {
      for (const bar of bars) lines.write(JSON.stringify({ timeframe: formatTimeframe(minutes), ...bar }));
      continue;
    }
    const lastMs = bars.at(-1)!.minutes * MINUTE_MS;
    lines.write(
      `${formatTimeframe(minutes)}: ${bars.length} bars in every UTC day, the last of ${formatMinutes(lastMs)}`,
    );
    lines.write(`bar  UTC          candles of ${interval}`);
    for (const { bar, span, candles } of bars) lines.write(`${String(bar).padStart(3)}  ${span}  ${candles}`);
  }
}

function gridOf(timeframeMinutes: number, lengthMs: number) {
  return Array.from({ length: barsPerSession(timeframeMinutes) }, (_, bar) => {
    const openTime = barOpenTime(0, timeframeMinutes, bar);
    const closeTime = barCloseTime(0, timeframeMinutes, bar);
    return {
      bar,
      span: formatSpan(openTime, closeTime),
      minutes: (closeTime - openTime) / MINUTE_MS,
      candles: (closeTime - openTime) / lengthMs,
    };
  });
}
