import type { Interval } from '../domain/time/interval.ts';
import { type EpochMs, formatDate } from '../domain/time/time.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';

/**
 * The path of a day's candles below the lake's root: `candles/interval=3m/date=2026-11-22/candles.parquet`.
 */
export function candlesPath(interval: Interval, day: EpochMs): string {
  return `candles/interval=${interval}/date=${formatDate(day)}/candles.parquet`;
}

/** The path of a day's bars below the lake's root: `bars/timeframe=21m/date=2026-11-22/bars.parquet`. */
export function barsPath(timeframeMinutes: number, day: EpochMs): string {
  return `bars/timeframe=${timeframeMinutes}m/date=${formatDate(day)}/bars.parquet`;
}

/**
 * The path of a day's coverage below the lake's root:
 * `coverage/interval=3m/date=2026-11-22/coverage.parquet`.
 */
export function coveragePath(interval: Interval, day: EpochMs): string {
  return `coverage/interval=${interval}/date=${formatDate(day)}/coverage.parquet`;
}

/** The paths of all objects that a day can have under these settings. */
export function objectPaths({ interval, timeframes }: LakeSettings, day: EpochMs): readonly string[] {
  return [
    candlesPath(interval, day),
    ...timeframes.map((minutes) => barsPath(minutes, day)),
    coveragePath(interval, day),
  ];
}

const BARS_PATH = /^bars\/timeframe=([1-9]\d*)m\/date=\d{4}-\d{2}-\d{2}\/bars\.parquet$/;

/** The timeframe, in minutes, of an object of bars; null for any other path. */
export function timeframeOfBarsPath(path: string): number | null {
  const match = BARS_PATH.exec(path);
  return match ? Number(match[1]) : null;
}
