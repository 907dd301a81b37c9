import { join, resolve } from 'node:path';
import { ConfigError, formatInstant, intervalMs, type Settings } from '@candlelake/core';
import { encodeFeather } from '@candlelake/core/encode';
import { loadColumnEncoder } from '../adapters/encoder.ts';
import { createFileObjects } from '../adapters/fileObjects.ts';
import type { SqliteReader } from '../adapters/sqliteStore.ts';
import { columnFile } from '../export/exportColumns.ts';
import type { ExportFormat } from '../export/exportFormats.ts';
import { type ExportRow, exportRows } from '../export/exportRows.ts';
import { type ExportTable, findExportTable } from '../export/exportTable.ts';
import { csvLines, ndjsonLines } from '../export/exportText.ts';
import { FREQTRADE_FOLDER, freqtradeGridWarning, freqtradePath } from '../export/freqtrade.ts';
import { writeTarget } from '../export/target.ts';
import { inChunks, writeBulk } from '../output/bulk.ts';
import { countOf, formatCount } from '../output/formatNumber.ts';
import { formatSymbols } from '../output/formatSymbols.ts';
import { lakeRoot, openStoreForReading, storePath } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { rangeOf } from './readStore.ts';

export interface ExportOptions {
  readonly format: ExportFormat;
  readonly timeframe?: string;
  /** Fill quiet slots with flat rows. */
  readonly fill?: boolean;
  /** The file, or with `freqtrade` the data folder; standard output by default. */
  readonly target?: string;
}

type FullOptions = ExportOptions & { readonly settings: Settings };

/** Writes the bars or candles of a symbol to a file for another program. */
export async function exportLake(options: FullOptions, context: CommandContext): Promise<void> {
  const { settings, format, target } = options;
  refuseContradictions(options);
  const table = findExportTable(resolve(lakeRoot(settings.output)), options.timeframe);
  const store = options.fill ? openQuietSlots(settings) : null;
  try {
    if (format === 'freqtrade') return await exportFreqtrade({ ...options, table }, context);
    const [symbol] = settings.symbols;
    const counted = countedRows({ ...options, table, store }, symbol!);
    const chunks = chunksOf(counted.rows, { format, table, hasFilled: store !== null });
    if (target === undefined) await writeBulk(context.lines.stream, refusingNone(chunks, counted));
    else await writeTarget(target, refusingNone(chunks, counted));
    const notes = target === undefined ? context.notes : context.lines;
    notes.write(`${counted.summary()}${target === undefined ? '' : ` to ${target}`}`);
  } finally {
    store?.close();
  }
}

function refuseContradictions({ settings: { symbols }, format, fill }: FullOptions): void {
  if (format === 'freqtrade') {
    if (fill) throw new ConfigError('--fill: freqtrade fills holes itself, expected another --format');
  } else if (symbols.length > 1) {
    throw new ConfigError(`--symbol "${symbols.join()}": expected one symbol for --format ${format}`);
  }
}

/** Only the store tells a slot in which nothing traded from a hole. */
function openQuietSlots({ output }: Settings): SqliteReader {
  const store = openStoreForReading(output);
  if (store) return store;
  throw new ConfigError(`--fill: needs the store "${storePath(output)}", which knows the quiet slots`);
}

async function exportFreqtrade(
  options: FullOptions & { readonly table: ExportTable },
  { lines, notes }: CommandContext,
): Promise<void> {
  const { table, settings, target = FREQTRADE_FOLDER } = options;
  const minutes = table.timeframeMinutes ?? intervalMs(table.interval) / 60_000;
  const warning = freqtradeGridWarning(minutes);
  if (warning !== null) notes.write(`warning: ${warning}`);
  for (const symbol of settings.symbols) {
    const counted = countedRows({ ...options, store: null }, symbol);
    const path = join(target, freqtradePath(settings.market, symbol, minutes));
    const chunks = chunksOf(counted.rows, { format: 'freqtrade', table, hasFilled: false });
    await writeTarget(path, refusingNone(chunks, counted));
    lines.write(`${counted.summary()} to ${path}`);
  }
}

interface ChunkOptions {
  readonly format: ExportOptions['format'];
  readonly table: ExportTable;
  readonly hasFilled: boolean;
}

/** The content of a file of these rows. */
async function* chunksOf(
  rows: AsyncIterable<ExportRow>,
  { format, table: { columns }, hasFilled }: ChunkOptions,
): AsyncGenerator<string | Uint8Array> {
  const options = { columns, hasFilled };
  if (format === 'csv') yield* inChunks(csvLines(rows, options));
  else if (format === 'ndjson') yield* inChunks(ndjsonLines(rows, options));
  else if (format === 'parquet') {
    const file = await columnFile(rows, { ...options, timeName: 'time' });
    yield loadColumnEncoder()(file.definitions, file.rows);
  } else {
    const file = await columnFile(rows, { ...options, timeName: 'date' });
    const definitions = file.definitions.filter(({ name }) => FREQTRADE_COLUMNS.has(name));
    yield encodeFeather(definitions, file.rows);
  }
}

/** freqtrade refuses a file with other columns. */
const FREQTRADE_COLUMNS: ReadonlySet<string> = new Set(['date', 'open', 'high', 'low', 'close', 'volume']);

interface CountedRows {
  readonly rows: AsyncIterable<ExportRow>;
  /** How many rows were read. */
  readonly count: () => number;
  /** What was exported, as the beginning of a sentence. */
  readonly summary: () => string;
  readonly missing: () => Error;
}

type CountOptions = FullOptions & { readonly table: ExportTable; readonly store: SqliteReader | null };

function countedRows({ settings, table, store }: CountOptions, symbol: string): CountedRows {
  const { market, output } = settings;
  const objects = createFileObjects(resolve(lakeRoot(output)));
  const counts = new Map<string, number>();
  let first: number | null = null;
  let last = 0;
  let count = 0;
  async function* rows(): AsyncGenerator<ExportRow> {
    for await (const row of exportRows(objects, { table, market, symbol, ...rangeOf(settings) }, store)) {
      const kind = row.isFilled ? 'filled' : row.status;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      first ??= row.openTime;
      last = row.openTime;
      count += 1;
      yield row;
    }
  }
  const noun = table.timeframeMinutes === null ? 'candle' : 'bar';
  const named = `${formatSymbols([symbol], market)} ${table.size}`;
  return {
    rows: rows(),
    count: () => count,
    summary() {
      const told = ['provisional', 'short', 'filled'].filter((kind) => counts.has(kind));
      const kinds = told.map((kind) => `${formatCount(counts.get(kind)!)} ${kind}`).join(', ');
      const span = `from ${formatInstant(first ?? 0)} to ${formatInstant(last)}`;
      return `${named}: exported ${countOf(count, noun)}${kinds && ` (${kinds})`}, ${span}`;
    },
    missing: () =>
      new ConfigError(
        `--symbol "${symbol}": the lake has no ${noun} of ${table.size} of ${market} in the window`,
      ),
  };
}

/** Throws before the first chunk when there is no row, so that no empty file is left. */
async function* refusingNone(
  chunks: AsyncIterable<string | Uint8Array>,
  { count, missing }: CountedRows,
): AsyncGenerator<string | Uint8Array> {
  for await (const chunk of chunks) {
    if (count() === 0) throw missing();
    yield chunk;
  }
  if (count() === 0) throw missing();
}
