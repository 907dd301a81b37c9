import { ConfigError, type ImportRow, type ImportRows, type TimeUnit, timeUnitOf } from '@candlelake/core';
import { type ColumnNames, type ColumnPlaces, headerPlaces, numberPlaces } from './candleColumns.ts';
import { type CsvRecord, readCsv } from './csvTable.ts';
import { type DataFile, FEATHER_MAGIC, openDataFile } from './dataFile.ts';
import { readJsonRows } from './jsonRows.ts';

export interface CandleFileOptions {
  /** The names of columns, or their numbers from 1, that are not to be recognised. */
  readonly columns?: ColumnNames;
  readonly timeUnit?: TimeUnit;
}

/** A file of candles, recognised by its first rows. */
export interface CandleFile extends ImportRows, Pick<DataFile, 'name' | 'size' | 'bytesRead'> {
  /** What was recognised, in one line. */
  readonly description: string;
}

/**
 * Opens a file of candles: CSV with a header, such as ours and TradingView's; CSV without one, such as the
 * dumps of exchanges; JSON arrays of ccxt and freqtrade; these also in a zip or packed with gzip; Feather.
 * Its rows are read as they are asked for. Throws ConfigError, with line and column, for a file that is none
 * of these.
 */
export async function openCandleFile(path: string, options: CandleFileOptions = {}): Promise<CandleFile> {
  const { name, size, bytesRead, chunks } = await openDataFile(path);
  const content = await peek(chunks);
  const kind = kindOf(content.first);
  const batches =
    kind === 'Feather'
      ? await readFeather(path)
      : kind === 'JSON arrays'
        ? readJsonRows(content.all, name)
        : readCsv(content.all, name);
  const hasHeader = kind === 'Feather' ? true : kind === 'CSV' ? null : false;
  const layout = await findLayout(batches[Symbol.asyncIterator](), { ...options, name, hasHeader });
  const { places, header, first, rest } = layout;
  const unit = timeUnit(layout, options);
  const told = kind === 'CSV' ? `CSV ${header ? 'with' : 'without'} a header` : kind;
  return {
    ...{ name, size, bytesRead },
    description: `${name}: ${told}, times in ${unit === 'iso' ? 'ISO 8601' : `epoch ${unit}`}`,
    time: { column: places.timeName, unit },
    place: kind === 'CSV' ? 'line' : 'row',
    batches: rowsOf({ first, rest }, { name, places, width: header?.length ?? null }),
  };
}

/** Arrow is loaded for such a file only: it takes 20 MB. */
async function readFeather(path: string): Promise<AsyncIterable<readonly CsvRecord[]>> {
  const { readFeatherRows } = await import('./featherRows.ts');
  return readFeatherRows(path);
}

type FileKind = 'CSV' | 'JSON arrays' | 'Feather';

function kindOf(first: Uint8Array | null): FileKind {
  const text = new TextDecoder().decode(first?.subarray(0, 1_000));
  if (text.startsWith(FEATHER_MAGIC)) return 'Feather';
  // Objects are refused by the reader of arrays.
  return /^\s*[[{]/.test(text) ? 'JSON arrays' : 'CSV';
}

interface Peeked {
  readonly first: Uint8Array | null;
  readonly all: AsyncIterable<Uint8Array>;
}

async function peek(chunks: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  const { done, value } = await iterator.next();
  const first = done ? null : value;
  async function* all() {
    if (first) yield first;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { first, all: all() };
}

type Records = AsyncIterator<readonly CsvRecord[]>;

interface Layout {
  readonly places: ColumnPlaces;
  /** Null for a file without one. */
  readonly header: readonly string[] | null;
  /** The records of the first batches after the header. */
  readonly first: readonly CsvRecord[];
  readonly rest: Records;
}

interface LayoutOptions extends CandleFileOptions {
  readonly name: string;
  /** Null where the first record tells. */
  readonly hasHeader: boolean | null;
}

async function findLayout(records: Records, { name, hasHeader, columns }: LayoutOptions): Promise<Layout> {
  const head: CsvRecord[] = [];
  // The header and the first row.
  while (head.length < 2) {
    const { done, value } = await records.next();
    if (done) break;
    head.push(...value);
  }
  const [record] = head;
  if (!record) throw new ConfigError(`"${name}": has no candles, expected at least one row`);
  return (hasHeader ?? isHeader(record))
    ? {
        places: headerPlaces(name, record, columns),
        header: record.values,
        first: head.slice(1),
        rest: records,
      }
    : { places: numberPlaces(name, record, columns), header: null, first: head, rest: records };
}

function isHeader({ values: [first = ''] }: CsvRecord): boolean {
  return !/^[\d.]*$/.test(first) && timeUnitOf(first) === null;
}

/** That of the option, of the column's name, or of the first row; ms where none is recognised. */
function timeUnit({ places, first }: Layout, options: CandleFileOptions): TimeUnit {
  if (options.timeUnit) return options.timeUnit;
  if (/_ms$/i.test(places.timeName)) return 'ms';
  return timeUnitOf(first[0]?.values[places.time] ?? '') ?? 'ms';
}

async function* rowsOf(
  { first, rest }: Pick<Layout, 'first' | 'rest'>,
  options: RowOptions,
): AsyncGenerator<readonly ImportRow[]> {
  if (first.length > 0) yield first.flatMap((record) => rowOf(record, options) ?? []);
  for (;;) {
    const { done, value } = await rest.next();
    if (done) return;
    yield value.flatMap((record) => rowOf(record, options) ?? []);
  }
}

interface RowOptions {
  readonly name: string;
  readonly places: ColumnPlaces;
  /** The number of values of each row; null where it may differ. */
  readonly width: number | null;
}

/** Null for a row that `candlelake export --fill` made up. */
function rowOf({ line, values }: CsvRecord, { name, places, width }: RowOptions): ImportRow | null {
  if (width !== null ? values.length !== width : values.length <= places.last) {
    const expected = width === null ? `at least ${places.last + 1}` : `the ${width} of the header`;
    throw new ConfigError(
      `"${name}" line ${line}: ${values.length} values, expected ${expected}: ${places.title}`,
    );
  }
  if (places.filled !== null && values[places.filled] === '1') return null;
  return {
    line,
    openTime: values[places.time]!,
    open: values[places.open]!,
    high: values[places.high]!,
    low: values[places.low]!,
    close: values[places.close]!,
    volume: values[places.volume]!,
  };
}
