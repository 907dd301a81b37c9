import type { Candle, Series } from '../domain/candle/candle.ts';
import { checkCandleValues } from '../domain/candle/candleCheck.ts';
import { canonicalDecimal } from '../domain/candle/decimal.ts';
import { candleText } from '../domain/candle/merge.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, formatInstant } from '../domain/time/time.ts';
import { ConfigError } from '../errors.ts';
import type { CandleStore, DerivationStore } from '../ports.ts';
import { findForeignRows } from './rowSpacing.ts';

/** One row of a file, as text. */
export interface ImportRow {
  /** Line of the file, from 1. */
  readonly line: number;
  /** Epoch ms. */
  readonly openTime: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

export interface ImportPorts {
  readonly candles: CandleStore;
  readonly derivation: Pick<DerivationStore, 'advanceAsOf'>;
}

export interface ImportOptions {
  readonly series: Series;
  readonly rows: AsyncIterable<ImportRow>;
  /** Rows of candles that close after this instant are refused. */
  readonly now: EpochMs;
  /** Name of the file in messages. */
  readonly name: string;
}

export interface Imported {
  readonly candles: number;
  /** Slots that changed; the others had an equal candle or one from the exchange. */
  readonly changed: number;
  /** Open time of the first candle, close time of the last one. */
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** BingX was founded in 2018: no candle of it opens earlier. */
const EXCHANGE_START = Date.UTC(2018, 0, 1);

const VALUE_COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const;

interface CandleOfLine {
  readonly line: number;
  readonly candle: Candle;
}

/**
 * Imports the candles of a file into the store in one transaction. Throws ConfigError, with its line, for a
 * row that is not a closed candle of the series, for two different rows of one slot, and for rows of another
 * interval; throws the signal's reason when it aborts before the write. Nothing is stored then.
 */
export async function importCandles(
  ports: ImportPorts,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<Imported> {
  const { series } = options;
  const found = await readCandles(options, signal);
  refuseForeignRows(found, options);
  const candles = found.map(({ candle }) => candle);
  const merged = await ports.candles.merge([{ series, candles }]);
  const changed = merged.filter(({ visible }) => visible).length;
  const to = candles.at(-1)!.openTime + intervalMs(series.interval);
  await ports.derivation.advanceAsOf(to);
  return { candles: candles.length, changed, from: candles[0]!.openTime, to };
}

/** The candles of the file, one for each slot, ascending by open time; at least one. */
async function readCandles(options: ImportOptions, signal: AbortSignal): Promise<readonly CandleOfLine[]> {
  const { name } = options;
  const bySlot = new Map<EpochMs, CandleOfLine>();
  for await (const row of options.rows) {
    signal.throwIfAborted();
    const candle = readRow(row, options);
    const other = bySlot.get(candle.openTime);
    if (other && candleText(other.candle) !== candleText(candle)) {
      const slot = formatInstant(candle.openTime);
      throw new ConfigError(
        `"${name}" lines ${other.line} and ${row.line}: two different candles at ${slot}, expected one`,
      );
    }
    if (!other) bySlot.set(candle.openTime, { line: row.line, candle });
  }
  if (bySlot.size === 0) throw new ConfigError(`"${name}": has no candles, expected at least one row`);
  return [...bySlot.values()].sort((a, b) => a.candle.openTime - b.candle.openTime);
}

/** Candles of a longer interval fit the grid too, so only their spacing shows that they are foreign. */
function refuseForeignRows(found: readonly CandleOfLine[], { series, name }: ImportOptions): void {
  const openTimes = found.map(({ candle }) => candle.openTime);
  const foreign = findForeignRows(openTimes, series.interval);
  if (!foreign) return;
  const { spacing, interval } = foreign;
  const remedy = interval
    ? `; for a file of ${interval} use --interval ${interval} and another --output`
    : '';
  throw new ConfigError(
    `"${name}" line ${found[foreign.first]!.line}: rows are ${spacing} apart, expected candles of ${series.interval}${remedy}`,
  );
}

function readRow(row: ImportRow, options: ImportOptions): Candle {
  const { now, name } = options;
  const at = `"${name}" line ${row.line}`;
  const openTime = /^\d{1,19}$/.test(row.openTime) ? Number(row.openTime) : Number.NaN;
  const problem = openTimeProblem(openTime, options);
  if (problem !== null) throw new ConfigError(`${at}: open_time_ms "${row.openTime}"${problem}`);
  const values = checkCandleValues(row);
  if (values === 'wrong number') {
    const column = VALUE_COLUMNS.find((name) => canonicalDecimal(row[name]) === null)!;
    throw new ConfigError(`${at}: ${column} "${row[column]}": expected a decimal number, not below zero`);
  }
  if (typeof values === 'string') {
    const { open, high, low, close, volume } = row;
    throw new ConfigError(
      `${at}: "${[open, high, low, close, volume].join(',')}" is not a candle: ${values}`,
    );
  }
  return { openTime, ...values, status: 'imported', source: 'import', observed: now };
}

/** Why a time is not the open time of a closed candle, as the end of a message; null when it is one. */
function openTimeProblem(openTime: number, { series, now }: ImportOptions): string | null {
  const lengthMs = intervalMs(series.interval);
  const isPlausible = (time: number) => time >= EXCHANGE_START && time <= now;
  const [unit] = UNITS.find(([, ms]) => isPlausible(openTime * ms)) ?? [];
  if (unit) return ` looks like epoch ${unit}, expected epoch ms`;
  if (openTime < EXCHANGE_START) return ' is before 2018, when the exchange did not exist: expected epoch ms';
  if (!(openTime % lengthMs === 0)) {
    return `: expected epoch ms at the start of a ${series.interval} candle`;
  }
  return openTime + lengthMs > now ? `: expected a candle that closed before ${formatInstant(now)}` : null;
}

/** Units that files confuse with milliseconds, and their length in ms. */
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['seconds', 1_000],
  ['microseconds', 1e-3],
  ['nanoseconds', 1e-6],
];
