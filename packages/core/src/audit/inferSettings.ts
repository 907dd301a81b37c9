import type { Periods } from '../domain/bars/indicators.ts';
import { type Interval, intervalMs } from '../domain/time/interval.ts';
import { MINUTE_MS } from '../domain/time/time.ts';
import { timeframeProblem } from '../domain/time/timeframe.ts';
import { BadDataError, ConfigError } from '../errors.ts';
import { lakeSettingsOf } from '../lake/lakeSettings.ts';
import { METADATA_KEY } from '../lake/metadata.ts';
import { parseCandlesPath, timeframeOfBarsPath } from '../lake/partitions.ts';
import type { DecodedTable, DecodeTable, LakeMetadata, ObjectStore } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { parseSettings } from '../settings/parseSettings.ts';
import { findTableFault } from './tableFault.ts';

export interface InferPorts {
  readonly objects: Pick<ObjectStore, 'read'>;
  readonly decode: DecodeTable;
}

/**
 * The settings that a lake shows: the interval and the timeframes by its paths, the periods by the newest
 * file of bars that can be read, and whether averages and ranges are written by its values. Whether short
 * bars are left out does not show: they are not. Throws ConfigError for a lake without candles and for one of
 * several intervals.
 */
export async function inferLakeSettings(
  { objects, decode }: InferPorts,
  paths: readonly string[],
): Promise<LakeSettings> {
  const interval = intervalOf(paths);
  const bars = paths.filter((path) => timeframeOfBarsPath(path) !== null);
  const newest = await readNewest({ objects, decode }, bars);
  const defaults = lakeSettingsOf(parseSettings({}));
  const periods = (newest && periodsOf(newest.metadata)) ?? defaults.periods;
  return {
    ...defaults,
    interval,
    timeframes: timeframesOf(bars, interval, defaults),
    periods,
    // The first bars of a lake have no averages yet.
    writeMa: newest === null || newest.length < periods.maLong || hasValue(newest, 'trend'),
    writeAtr: newest === null || hasValue(newest, 'tr'),
  };
}

/** Ascending; a lake without bars gets the default timeframe, or bars as long as its candles. */
function timeframesOf(
  bars: readonly string[],
  interval: Interval,
  { timeframes }: LakeSettings,
): readonly number[] {
  const found = new Set(bars.map((path) => timeframeOfBarsPath(path)!));
  if (found.size > 0) return [...found].sort((a, b) => a - b);
  const fitting = timeframes.filter((minutes) => timeframeProblem(minutes, interval) === null);
  return fitting.length > 0 ? fitting : [intervalMs(interval) / MINUTE_MS];
}

function intervalOf(paths: readonly string[]): Interval {
  const intervals = new Set(paths.flatMap((path) => parseCandlesPath(path)?.interval ?? []));
  const [interval] = intervals;
  if (interval !== undefined && intervals.size === 1) return interval;
  const found = interval === undefined ? 'no candles' : `candles of ${[...intervals].join(', ')}`;
  throw new ConfigError(`the lake has ${found}; expected candles of one interval to rebuild a store from`);
}

/** The newest file that can be read. The dates are in the paths, behind the timeframe. */
async function readNewest(
  { objects, decode }: InferPorts,
  paths: readonly string[],
): Promise<DecodedTable | null> {
  const dateOf = (path: string) => path.slice(path.indexOf('/date='));
  for (const path of paths.toSorted((a, b) => (dateOf(a) < dateOf(b) ? 1 : -1))) {
    const bytes = await objects.read(path);
    const decoded = bytes && (await decode(bytes).catch(ignoreBadData));
    if (decoded && findTableFault(decoded, 'bars') === null && periodsOf(decoded.metadata)) return decoded;
  }
  return null;
}

/** The periods in the metadata of a file of bars; null for metadata that this program does not write. */
function periodsOf(metadata: string | null): Periods | null {
  try {
    const { periods } = JSON.parse(metadata ?? '') as LakeMetadata;
    const { maShort = null, maLong = null, atr: atrPeriod = null } = periods!;
    const content = { maShort, maLong, atrPeriod };
    return lakeSettingsOf(parseSettings({ file: { path: METADATA_KEY, content } })).periods;
  } catch (error) {
    // No JSON, no object with periods, no periods that settings allow.
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof ConfigError)
      return null;
    throw error;
  }
}

function ignoreBadData(error: unknown): null {
  if (error instanceof BadDataError) return null;
  throw error;
}

function hasValue({ columns }: DecodedTable, column: string): boolean {
  return columns[column]!.some((value) => value !== null);
}
