import { INTERVALS, type Interval } from '../domain/time/interval.ts';
import { type EpochMs, formatDate, parseInstant } from '../domain/time/time.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import type { TableName } from './tables.ts';

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

/** The table of an object of the lake. */
export function tableOfPath(path: string): TableName {
  if (path.startsWith('candles/')) return 'candles';
  return path.startsWith('bars/') ? 'bars' : 'coverage';
}

/** What the path of an object of the candles table says. */
export interface CandlesPlace {
  readonly interval: Interval;
  readonly day: EpochMs;
}

/** The interval and the day of an object of the candles table; null for any other path. */
export function parseCandlesPath(path: string): CandlesPlace | null {
  const [, name, date = ''] = /^candles\/interval=(\w+)\/date=([\d-]+)\/candles\.parquet$/.exec(path) ?? [];
  const interval = INTERVALS.find((one) => one === name);
  const day = parseInstant(date);
  return interval !== undefined && day !== null ? { interval, day } : null;
}

const BARS_PATH = /^bars\/timeframe=([1-9]\d*)m\/date=\d{4}-\d{2}-\d{2}\/bars\.parquet$/;

/** The timeframe, in minutes, of an object of bars; null for any other path. */
export function timeframeOfBarsPath(path: string): number | null {
  const match = BARS_PATH.exec(path);
  return match ? Number(match[1]) : null;
}
