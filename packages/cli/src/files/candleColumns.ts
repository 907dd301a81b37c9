import { ConfigError } from '@candlelake/core';
import type { CsvRecord } from './csvTable.ts';

const CANDLE_COLUMNS = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;
type CandleColumn = (typeof CANDLE_COLUMNS)[number];

/** The name of a column in the header of a file, or its number from 1. */
export type ColumnNames = Partial<Readonly<Record<CandleColumn, string>>>;

/** Where the values of a row are, from 0. */
export interface ColumnPlaces extends Readonly<Record<CandleColumn, number>> {
  /** What the file calls the open time. */
  readonly timeName: string;
  /** The column that marks rows which were made up; null without one. */
  readonly filled: number | null;
  readonly last: number;
  /** All columns, for messages. */
  readonly title: string;
}

/** The header that is expected where none is recognised. */
const OWN_HEADER = 'open_time_ms,open,high,low,close,volume';

/** What files call the open time, in lower case; the first that a header has counts. */
const TIME_NAMES = [
  ...['open_time_ms', 'open_time', 'opentime', 'open time', 'time', 'timestamp', 'datetime', 'date', 'unix'],
] as const;

/** Reads `time=Date,open=Open`: the names of columns, or their numbers from 1. Throws ConfigError. */
export function parseColumns(text: string): ColumnNames {
  const names = text.split(',').map((part) => {
    const [, column, name] = /^\s*(\w+)\s*=\s*(.+?)\s*$/.exec(part) ?? [];
    const isKnown = (CANDLE_COLUMNS as readonly (string | undefined)[]).includes(column);
    if (isKnown) return [column, name] as const;
    throw new ConfigError(
      `--columns "${part}": expected such as time=Date,open=Open with ${CANDLE_COLUMNS.join(', ')}`,
    );
  });
  const twice = names.find(([column], index) => names.slice(0, index).some(([other]) => other === column));
  if (twice) throw new ConfigError(`--columns "${text}": ${twice[0]} is given twice, expected once`);
  return Object.fromEntries(names) as ColumnNames;
}

/** The places that a header names, in upper or lower case. */
export function headerPlaces(
  name: string,
  { line, values }: CsvRecord,
  given: ColumnNames = {},
): ColumnPlaces {
  const names = values.map((value) => value.toLowerCase());
  const placeOf = (column: CandleColumn): number => {
    const wanted = given[column]?.toLowerCase() ?? recognisedName(names, column);
    const count = names.filter((one) => one === wanted).length;
    if (count === 1) return names.indexOf(wanted);
    if (count === 0 && given[column] && /^[1-9]\d{0,3}$/.test(wanted) && Number(wanted) <= names.length)
      return Number(wanted) - 1;
    const fault = count === 0 ? 'missing' : 'given twice';
    const expected = given[column] ? `one of ${values.join()}` : `a header with ${OWN_HEADER}`;
    throw new ConfigError(`"${name}" line ${line}: column "${wanted}" is ${fault}, expected ${expected}`);
  };
  const places = placesBy(placeOf);
  const filled = names.indexOf('filled');
  return {
    ...places,
    timeName: values[places.time]!,
    filled: filled < 0 ? null : filled,
    last: values.length - 1,
    title: values.join(),
  };
}

/** The places in a file without a header: in the usual order, or as given by number. */
export function numberPlaces(
  name: string,
  { line, values }: CsvRecord,
  given: ColumnNames = {},
): ColumnPlaces {
  const places = placesBy((column) => {
    const number = given[column] ?? String(CANDLE_COLUMNS.indexOf(column) + 1);
    if (/^[1-9]\d{0,3}$/.test(number)) return Number(number) - 1;
    throw new ConfigError(
      `--columns "${column}=${number}": "${name}" has no header, expected the number of a column`,
    );
  });
  const last = Math.max(...CANDLE_COLUMNS.map((column) => places[column]));
  if (values.length <= last) {
    throw new ConfigError(
      `"${name}" line ${line}: ${values.length} values, expected a header with ${OWN_HEADER}, or rows in this order`,
    );
  }
  return { ...places, timeName: 'time', filled: null, last, title: CANDLE_COLUMNS.join() };
}

function placesBy(placeOf: (column: CandleColumn) => number): Record<CandleColumn, number> {
  const places = CANDLE_COLUMNS.map((column) => [column, placeOf(column)] as const);
  return Object.fromEntries(places) as Record<CandleColumn, number>;
}

function recognisedName(names: readonly string[], column: CandleColumn): string {
  if (column !== 'time') return column;
  return TIME_NAMES.find((name) => names.includes(name)) ?? TIME_NAMES[0];
}
