import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  barOpenTime,
  barsPath,
  barsPerSession,
  type ColumnDefinition,
  ConfigError,
  candlesPath,
  DAY_MS,
  type EpochMs,
  INTERVALS,
  type Interval,
  intervalMs,
  LAKE_TABLES,
  parseInstant,
  parseTimeframe,
} from '@candlelake/core';

/** The rows of the lake that are exported. */
export interface ExportTable {
  readonly interval: Interval;
  /** Null for candles. */
  readonly timeframeMinutes: number | null;
  /** `3m`, `21m`. */
  readonly size: string;
  /** Without those that name the row. */
  readonly columns: readonly ColumnDefinition[];
  /** The UTC days that the lake has, ascending. */
  readonly days: readonly EpochMs[];
  pathOf(day: EpochMs): string;
  /** When the rows of a day open, on its grid. */
  openTimes(day: EpochMs): readonly EpochMs[];
}

/** Columns that name a row or follow from its time. */
const NAMING_COLUMNS: ReadonlySet<string> = new Set([
  ...['market', 'symbol', 'open_time', 'close_time', 'bar_index', 'source'],
]);

/**
 * Finds bars of a timeframe, else candles of this interval; without a timeframe the candles. Throws
 * ConfigError with what the lake has.
 */
export function findExportTable(root: string, timeframe: string | undefined): ExportTable {
  const [interval] = INTERVALS.filter((one) => existsSync(join(root, `coverage/interval=${one}`)));
  if (!interval) throw new ConfigError(`"${root}": no lake in it, expected the folder parquet of a stream`);
  const days = namesIn(join(root, `coverage/interval=${interval}`), /^date=([\d-]+)$/)
    .map((date) => parseInstant(date)!)
    .sort((a, b) => a - b);
  const timeframes = namesIn(join(root, 'bars'), /^timeframe=(\d+)m$/).map(Number);
  const minutes = timeframe === undefined ? null : parseTimeframe(timeframe);
  if (minutes !== null && timeframes.includes(minutes)) return barsOf(interval, minutes, days);
  if (timeframe === undefined || minutes === intervalMs(interval) / 60_000) return candlesOf(interval, days);
  const known = [interval, ...timeframes.sort((a, b) => a - b).map((one) => `${one}m`)];
  throw new ConfigError(`--timeframe "${timeframe}": not in the lake, expected one of ${known.join(', ')}`);
}

function candlesOf(interval: Interval, days: readonly EpochMs[]): ExportTable {
  const lengthMs = intervalMs(interval);
  return {
    ...{ interval, days, timeframeMinutes: null, size: interval },
    columns: LAKE_TABLES.candles.filter(({ name }) => !NAMING_COLUMNS.has(name) && name !== 'status'),
    pathOf: (day) => candlesPath(interval, day),
    openTimes: (day) => Array.from({ length: DAY_MS / lengthMs }, (_, slot) => day + slot * lengthMs),
  };
}

function barsOf(interval: Interval, minutes: number, days: readonly EpochMs[]): ExportTable {
  return {
    ...{ interval, days, timeframeMinutes: minutes, size: `${minutes}m` },
    columns: LAKE_TABLES.bars.filter(({ name }) => !NAMING_COLUMNS.has(name)),
    pathOf: (day) => barsPath(minutes, day),
    openTimes: (day) =>
      Array.from({ length: barsPerSession(minutes) }, (_, index) => barOpenTime(day, minutes, index)),
  };
}

/** What the pattern finds in the names of a folder; nothing where there is no folder. */
function namesIn(folder: string, pattern: RegExp): readonly string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => pattern.exec(name)?.[1] ?? []);
}
