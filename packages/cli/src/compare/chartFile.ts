import { ConfigError, type EpochMs, parseFileTime, type TimeUnit, timeUnitOf } from '@candlelake/core';
import { type CsvRecord, readCsv } from '../files/csvTable.ts';
import { openDataFile } from '../files/dataFile.ts';

/** The values of a bar that are compared, by the names of the lake's columns. */
export const COMPARED_COLUMNS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'ma_short',
  'ma_long',
  'atr',
] as const;
export type ComparedColumn = (typeof COMPARED_COLUMNS)[number];

/** A bar of a chart; a value that the chart does not show is missing. */
interface ChartBar {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly openTime: EpochMs;
  readonly values: Partial<Readonly<Record<ComparedColumn, number>>>;
}

export interface Chart {
  /** Ascending. */
  readonly bars: readonly ChartBar[];
  /** The columns of the file that are compared, by the names of the lake's. */
  readonly columns: ReadonlyMap<ComparedColumn, string>;
}

const PRICES = ['open', 'high', 'low', 'close'] as const;

/**
 * Reads a chart as TradingView exports it: `time` in seconds or ISO, `open`, `high`, `low`, `close`,
 * `Volume`, and the columns of indicators. `ATR` is the lake's `atr`, and the first two of `MA`, `SMA`,
 * `MA #2` are its averages. Throws ConfigError, with line and column, for a file that is no such chart.
 */
export async function readChart(path: string): Promise<Chart> {
  let places: ReadonlyMap<ComparedColumn | 'time', number> | null = null;
  let header: readonly string[] = [];
  let unit: TimeUnit | null = null;
  const bars: ChartBar[] = [];
  for await (const record of recordsOf(path)) {
    if (places === null) {
      header = record.values;
      places = placesOf(path, header);
      continue;
    }
    if (record.values.length !== header.length) {
      throw new ConfigError(
        `"${path}" line ${record.line}: ${record.values.length} values, expected the ${header.length} of the header: ${header.join()}`,
      );
    }
    unit ??= timeUnitOf(record.values[places.get('time')!]!);
    const bar = barOf(path, record, { places, unit });
    const before = bars.at(-1);
    if (before && before.openTime >= bar.openTime) {
      throw new ConfigError(`"${path}" line ${bar.line}: its time is not after that of line ${before.line}`);
    }
    bars.push(bar);
  }
  if (places === null || bars.length === 0)
    throw new ConfigError(`"${path}": has no bars, expected at least one row`);
  const columns = [...places].flatMap(([name, index]) =>
    name === 'time' ? [] : ([[name, header[index]!]] as const),
  );
  return { bars, columns: new Map(columns) };
}

async function* recordsOf(path: string): AsyncGenerator<CsvRecord> {
  const { name, chunks } = await openDataFile(path);
  for await (const batch of readCsv(chunks, name)) yield* batch;
}

function placesOf(path: string, header: readonly string[]): ReadonlyMap<ComparedColumn | 'time', number> {
  const names = header.map((name) => name.toLowerCase());
  const places = new Map<ComparedColumn | 'time', number>();
  for (const name of ['time', ...PRICES] as const) {
    const index = names.indexOf(name);
    if (index < 0)
      throw new ConfigError(
        `"${path}" line 1: column "${name}" is missing, expected a chart that TradingView exported`,
      );
    places.set(name, index);
  }
  const averages = names.flatMap((name, index) => (/^s?ma(?: ?#?\d+)?$/.test(name) ? [index] : []));
  const found: Readonly<Record<Exclude<ComparedColumn, (typeof PRICES)[number]>, number>> = {
    volume: names.indexOf('volume'),
    ma_short: names.includes('ma_short') ? names.indexOf('ma_short') : (averages[0] ?? -1),
    ma_long: names.includes('ma_long') ? names.indexOf('ma_long') : (averages[1] ?? -1),
    atr: names.indexOf('atr'),
  };
  for (const [name, index] of Object.entries(found))
    if (index >= 0) places.set(name as ComparedColumn, index);
  return places;
}

function barOf(
  path: string,
  { line, values }: CsvRecord,
  {
    places,
    unit,
  }: { readonly places: ReadonlyMap<ComparedColumn | 'time', number>; readonly unit: TimeUnit | null },
): ChartBar {
  const text = values[places.get('time')!]!;
  const openTime = unit === null ? null : parseFileTime(text, unit);
  if (openTime === null) {
    const expected =
      unit === null || unit === 'iso' ? 'seconds or a time such as 2026-11-22T00:21:00Z' : `epoch ${unit}`;
    throw new ConfigError(`"${path}" line ${line}: time "${text}", expected ${expected}`);
  }
  const read = COMPARED_COLUMNS.flatMap((name) => {
    const index = places.get(name);
    const value = index === undefined ? '' : values[index]!;
    if (value === '' || /^nan$/i.test(value)) return [];
    if (!Number.isFinite(Number(value)))
      throw new ConfigError(`"${path}" line ${line}: ${name} "${value}", expected a number`);
    return [[name, Number(value)] as const];
  });
  return { line, openTime, values: Object.fromEntries(read) };
}
