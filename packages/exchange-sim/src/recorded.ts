import { readFileSync } from 'node:fs';
import type { EpochMs } from '@candlelake/core';
import { parse } from 'csv-parse/sync';
import { decimalsOf } from './decimals.ts';
import type { Instrument, UnitCandle } from './instrument.ts';
import { intervalLengths } from './intervals.ts';
import { seedOf } from './noise.ts';
import { RECORDED_UPDATES_PER_SECOND } from './synthetic.ts';

export interface RecordedOptions {
  readonly symbol: string;
  /**
   * The text of a CSV file with the columns open_time_ms, open, high, low, close, volume; others are ignored.
   */
  readonly csv: string;
  readonly updatesPerSecond?: number;
}

const COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const;
type Row = Readonly<Record<(typeof COLUMNS)[number] | 'open_time_ms', string>>;

/** Digits after the point as recorded (docs/bingx.md trap 14). */
const STREAM_VOLUME_DECIMALS = 4;
const HISTORY_VOLUME_DECIMALS = 2;

/** {@link createRecordedInstrument} from a file; errors name the file. */
export function readRecordedInstrument(options: {
  readonly symbol: string;
  readonly file: string;
  readonly updatesPerSecond?: number;
}): Instrument {
  const { file, ...rest } = options;
  try {
    return createRecordedInstrument({ ...rest, csv: readFileSync(file, 'utf8') });
  } catch (cause) {
    throw new Error(`candles file "${file}": ${(cause as Error).message}`, { cause });
  }
}

/**
 * Recorded candles as an instrument. Its interval is the smallest distance between two rows; slots without a
 * row had no trades. Throws on a missing column, an unreadable number, a time off the grid, and a time that
 * occurs twice.
 */
export function createRecordedInstrument(options: RecordedOptions): Instrument {
  const rows: readonly Row[] = parse(options.csv, { columns: true, skip_empty_lines: true, trim: true });
  const first = rows[0];
  if (!first) throw new Error('has no rows, expected recorded candles');
  const missing = ['open_time_ms', ...COLUMNS].filter((column) => !(column in first));
  if (missing.length > 0) throw new Error(`has no column "${missing[0]}"`);
  const priceDecimals = mostDecimals(rows, ['open', 'high', 'low', 'close']);
  const historyVolumeDecimals = Math.max(HISTORY_VOLUME_DECIMALS, mostDecimals(rows, ['volume']));
  const volumeDecimals = Math.max(STREAM_VOLUME_DECIMALS, historyVolumeDecimals);
  const candles = new Map<EpochMs, UnitCandle>();
  rows.forEach((row, index) => {
    const line = index + 2;
    const openTime = toUnits(row.open_time_ms, 0, line);
    if (candles.has(openTime))
      throw new Error(`line ${line}: open_time_ms "${row.open_time_ms}" occurs twice`);
    candles.set(openTime, {
      open: toUnits(row.open, priceDecimals, line),
      high: toUnits(row.high, priceDecimals, line),
      low: toUnits(row.low, priceDecimals, line),
      close: toUnits(row.close, priceDecimals, line),
      volume: toUnits(row.volume, volumeDecimals, line),
    });
  });
  const times = [...candles.keys()].sort((a, b) => a - b);
  const baseMs = baseInterval(times);
  const from = times[0]!;
  return {
    symbol: options.symbol,
    seed: seedOf(1, options.symbol),
    baseMs,
    priceDecimals,
    volumeDecimals,
    historyVolumeDecimals,
    launchTime: from,
    from,
    to: times.at(-1)! + baseMs,
    quietRows: 'absent',
    updatesPerSecond: options.updatesPerSecond ?? RECORDED_UPDATES_PER_SECOND,
    candle: (openTime) => candles.get(openTime) ?? null,
  };
}

function baseInterval(times: readonly EpochMs[]): number {
  let baseMs = times.length > 1 ? Infinity : intervalLengths()[0]!;
  for (let i = 1; i < times.length; i += 1) baseMs = Math.min(baseMs, times[i]! - times[i - 1]!);
  if (!intervalLengths().includes(baseMs)) {
    throw new Error(
      `its closest candles are ${baseMs} ms apart, expected the length of an exchange interval`,
    );
  }
  const stray = times.find((time) => time % baseMs !== 0);
  if (stray !== undefined) throw new Error(`open_time_ms "${stray}" is not a multiple of ${baseMs}`);
  return baseMs;
}

function mostDecimals(rows: readonly Row[], columns: readonly (typeof COLUMNS)[number][]): number {
  let most = 0;
  for (const row of rows) for (const column of columns) most = Math.max(most, decimalsOf(row[column]));
  return most;
}

function toUnits(text: string, digits: number, line: number): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`line ${line}: "${text}" is not a decimal number`);
  const [whole = '', fraction = ''] = text.split('.');
  const units = Number(whole + fraction.padEnd(digits, '0'));
  if (!Number.isSafeInteger(units)) throw new Error(`line ${line}: "${text}" has too many digits`);
  return units;
}
