import type { Candle, Series } from '../domain/candle/candle.ts';
import { checkCandleValues } from '../domain/candle/candleCheck.ts';
import { candleText } from '../domain/candle/merge.ts';
import { intervalMs } from '../domain/time/interval.ts';
import { type EpochMs, formatInstant } from '../domain/time/time.ts';
import { ConfigError } from '../errors.ts';
import type { CandleStore, DerivationStore } from '../ports.ts';

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

/**
 * Imports the candles of a file into the store in one transaction. Throws ConfigError, with its line, for a
 * row that is not a closed candle of the series, and for two different rows of one slot; throws the signal's
 * reason when it aborts before the write. Nothing is stored then.
 */
export async function importCandles(
  ports: ImportPorts,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<Imported> {
  const { series, name } = options;
  const bySlot = new Map<EpochMs, { readonly line: number; readonly candle: Candle }>();
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
  const candles = [...bySlot.values()].map(({ candle }) => candle).sort((a, b) => a.openTime - b.openTime);
  const [first, last] = [candles[0], candles.at(-1)];
  if (!first || !last) throw new ConfigError(`"${name}": has no candles, expected at least one row`);
  const merged = await ports.candles.merge([{ series, candles }]);
  const changed = merged.filter(({ visible }) => visible).length;
  const to = last.openTime + intervalMs(series.interval);
  await ports.derivation.advanceAsOf(to);
  return { candles: candles.length, changed, from: first.openTime, to };
}

function readRow(row: ImportRow, { series, now, name }: ImportOptions): Candle {
  const at = `"${name}" line ${row.line}`;
  const lengthMs = intervalMs(series.interval);
  const openTime = /^\d{1,15}$/.test(row.openTime) ? Number(row.openTime) : Number.NaN;
  if (!(openTime % lengthMs === 0)) {
    throw new ConfigError(
      `${at}: open_time_ms "${row.openTime}": expected epoch ms at the start of a ${series.interval} candle`,
    );
  }
  if (openTime + lengthMs > now) {
    throw new ConfigError(
      `${at}: open_time_ms "${row.openTime}": expected a candle that closed before ${formatInstant(now)}`,
    );
  }
  const values = checkCandleValues(row);
  if (typeof values === 'string') {
    const { open, high, low, close, volume } = row;
    throw new ConfigError(
      `${at}: "${[open, high, low, close, volume].join(',')}" is not a candle: ${values}`,
    );
  }
  return { openTime, ...values, status: 'imported', source: 'import', observed: now };
}
