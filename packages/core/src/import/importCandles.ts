import type { CandleValues, Series } from '../domain/candle/candle.ts';
import { type CandleFault, checkCandleValues } from '../domain/candle/candleCheck.ts';
import { canonicalDecimal } from '../domain/candle/decimal.ts';
import type { MergedPart } from '../domain/slots/importPlan.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, formatInstant } from '../domain/time/time.ts';
import { ConfigError } from '../errors.ts';
import type { DerivationStore, ImportStage, StagedRow, StoreStage, YieldToHost } from '../ports.ts';
import { parseFileTime, type TimeUnit } from './fileTime.ts';
import { createReadingCheck, createSpacingCheck, type ForeignRows } from './rowSpacing.ts';

/** One row of a file, as text. */
export interface ImportRow extends CandleValues {
  /** Line or row of the file, from 1. */
  readonly line: number;
  readonly openTime: string;
}

/** The rows of a file in its order, and how it writes their open times. */
export interface ImportRows {
  readonly time: {
    /** The name of the column. */
    readonly column: string;
    readonly unit: TimeUnit;
  };
  /** What {@link ImportRow.line} counts. */
  readonly place: 'line' | 'row';
  /** A batch is what was read at once. */
  readonly batches: AsyncIterable<readonly ImportRow[]>;
}

export interface ImportPorts {
  readonly stage: StoreStage;
  readonly derivation: Pick<DerivationStore, 'advanceAsOf'>;
  /** Lets other work of the host run, signals for example; called after each part that is written. */
  readonly yieldToHost: YieldToHost;
  /** Called when all rows are checked, before the first is stored. */
  readonly onChecked?: () => Promise<void>;
  /** Called with what a part of the import wrote; it counts once the import resolves. */
  readonly onMerged?: (part: MergedPart) => void;
}

export interface ImportOptions {
  readonly series: Series;
  readonly rows: ImportRows;
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

/**
 * Imports the candles of a file into the store in one transaction. Throws ConfigError, with its line, for a
 * row that is not a closed candle of the series, for two different rows of one slot, and for rows of another
 * interval; throws the signal's reason when it aborts before the commit. Nothing is stored then.
 */
export async function importCandles(
  ports: ImportPorts,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<Imported> {
  const { derivation, stage, yieldToHost, onChecked, onMerged } = ports;
  const span = await stageRows({ stage, yieldToHost }, options, signal);
  await onChecked?.();
  let changed = 0;
  await stage.merge({ series: options.series, observed: options.now }, async (part) => {
    changed += part.changed;
    onMerged?.(part);
    await yieldToHost();
    signal.throwIfAborted();
  });
  await derivation.advanceAsOf(span.to);
  return { ...span, changed };
}

/** Reads and checks all rows; at least one. */
export async function stageRows(
  { stage, yieldToHost }: { readonly stage: ImportStage; readonly yieldToHost: YieldToHost },
  options: ImportOptions,
  signal: AbortSignal,
): Promise<Omit<Imported, 'changed'>> {
  const { name, rows, series } = options;
  const reading = createReadingCheck(series.interval);
  for await (const batch of rows.batches) {
    signal.throwIfAborted();
    const checked = batch.map((row) => readRow(row, options));
    reading.add(checked);
    const clash = stage.add(checked);
    if (!clash) continue;
    const slot = formatInstant(clash.first.openTime);
    throw new ConfigError(
      `"${name}" ${rows.place}s ${clash.first.line} and ${clash.second.line}: two different candles at ${slot}, expected one`,
    );
  }
  const { count, first, last } = stage.span();
  if (count === 0) throw new ConfigError(`"${name}": has no candles, expected at least one row`);
  const foreign = reading.end();
  if (foreign === 'unsorted') await checkSpacing({ stage, yieldToHost }, options, signal);
  else refuseForeign(foreign, options);
  return { candles: count, from: first, to: last + intervalMs(series.interval) };
}

/** Checks the spacing of all rows, which were not in order. */
async function checkSpacing(
  { stage, yieldToHost }: { readonly stage: ImportStage; readonly yieldToHost: YieldToHost },
  options: ImportOptions,
  signal: AbortSignal,
): Promise<void> {
  const spacing = createSpacingCheck(options.series.interval);
  for (const places of stage.places()) {
    for (const place of places) refuseForeign(spacing.add(place), options);
    await yieldToHost();
    signal.throwIfAborted();
  }
  refuseForeign(spacing.end(), options);
}

/** Candles of a longer interval fit the grid too, so only their spacing shows that they are foreign. */
function refuseForeign(foreign: ForeignRows | null, { name, rows, series }: ImportOptions): void {
  if (!foreign) return;
  const remedy = foreign.interval
    ? `; for a file of ${foreign.interval} use --interval ${foreign.interval} and another --output`
    : '';
  const at = `"${name}" ${rows.place} ${foreign.line}`;
  throw new ConfigError(
    `${at}: rows are ${foreign.spacing} apart, expected candles of ${series.interval}${remedy}`,
  );
}

function readRow(row: ImportRow, options: ImportOptions): StagedRow {
  const { name, rows } = options;
  const openTime = parseFileTime(row.openTime, rows.time.unit) ?? Number.NaN;
  const problem = openTimeProblem(openTime, options);
  if (problem !== null) {
    const at = `"${name}" ${rows.place} ${row.line}`;
    const hint = Number.isNaN(openTime) && DATE_PARTS.test(row.openTime) ? DATE_HINT : '';
    throw new ConfigError(`${at}: ${rows.time.column} "${row.openTime}"${problem}${hint}`);
  }
  const values = checkCandleValues(row);
  if (typeof values === 'string') throw valueProblem(row, values, options);
  const { open, high, low, close, volume } = values;
  return { line: row.line, openTime, open, high, low, close, volume };
}

function valueProblem(row: ImportRow, fault: CandleFault, { name, rows }: ImportOptions): ConfigError {
  const at = `"${name}" ${rows.place} ${row.line}`;
  if (fault === 'wrong number') {
    const column = VALUE_COLUMNS.find((value) => canonicalDecimal(row[value]) === null)!;
    return new ConfigError(`${at}: ${column} "${row[column]}": expected a decimal number, not below zero`);
  }
  const text = VALUE_COLUMNS.map((value) => row[value]).join(',');
  return new ConfigError(`${at}: "${text}" is not a candle: ${fault}`);
}

/** Parts of a date in any order, such as `20.11.2025 00:00`. */
const DATE_PARTS = /^\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}/;
const DATE_HINT = '; dates are read as 2026-11-22T00:03:00Z or 2026-11-22 00:03';

/** Why a time is not the open time of a closed candle, as the end of a message; null when it is one. */
function openTimeProblem(openTime: number, { series, now, rows }: ImportOptions): string | null {
  const { unit } = rows.time;
  const lengthMs = intervalMs(series.interval);
  // No plausible time is one in another unit too.
  if (openTime >= EXCHANGE_START && openTime % lengthMs === 0 && openTime + lengthMs <= now) return null;
  const expected = unit === 'iso' ? 'a time such as 2026-11-22T00:03:00Z' : `epoch ${unit}`;
  const isPlausible = (time: number) => time >= EXCHANGE_START && time <= now;
  const [other] = UNITS.find(([, ms]) => isPlausible(openTime * ms)) ?? [];
  if (other && unit === 'ms') return ` looks like epoch ${other}, expected epoch ms`;
  if (openTime < EXCHANGE_START)
    return ` is before 2018, when the exchange did not exist: expected ${expected}`;
  if (!(openTime % lengthMs === 0)) {
    return `: expected ${expected} at the start of a ${series.interval} candle`;
  }
  return `: expected a candle that closed before ${formatInstant(now)}`;
}

/** Units that a column of milliseconds may hold by mistake, and their length in ms. */
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['seconds', 1_000],
  ['microseconds', 1e-3],
  ['nanoseconds', 1e-6],
];
