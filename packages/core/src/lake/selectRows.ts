import { type ColumnType, LAKE_TABLES, type TableName } from './tables.ts';

/** Rows of a day as new columns of a table; all columns of the table lie on one buffer. */
export interface SelectedRows {
  readonly length: number;
  /** The values of a column at the rows, or what a function returns for their indexes. */
  doubles(source: Source<Float64Array>): Float64Array;
  ints(source: Source<Int32Array>): Int32Array;
  codes(source: Source<Uint8Array>): Uint16Array;
}

type Source<T> = T | ((index: number) => number);

/** Bytes of a value; a text is a code. */
const WIDTHS: Readonly<Record<ColumnType, number>> = { string: 2, timestamp: 8, double: 8, int32: 4 };

/**
 * Selects rows, by their indexes in the columns of a day, for a table. An allocation for each column would
 * cost more than its values, here and again in the thread that encodes them. Throws RangeError for more
 * columns than the table has.
 */
export function selectRows(name: TableName, rows: Int32Array): SelectedRows {
  const { length } = rows;
  const sizes = LAKE_TABLES[name].map(({ type }) => padded(WIDTHS[type] * length));
  const buffer = new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0));
  let end = 0;
  const place = (width: number) => {
    const start = end;
    end += padded(width * length);
    return start;
  };
  return {
    length,
    doubles: (source) => fill(new Float64Array(buffer, place(8), length), rows, source),
    ints: (source) => fill(new Int32Array(buffer, place(4), length), rows, source),
    codes: (source) => fill(new Uint16Array(buffer, place(2), length), rows, source),
  };
}

/** A typed array begins at a multiple of the bytes of its values. */
function padded(size: number): number {
  return Math.ceil(size / 8) * 8;
}

function fill<T extends Float64Array | Int32Array | Uint16Array>(
  values: T,
  rows: Int32Array,
  source: Source<ArrayLike<number>>,
): T {
  if (typeof source === 'function') for (let i = 0; i < rows.length; i++) values[i] = source(rows[i]!);
  else for (let i = 0; i < rows.length; i++) values[i] = source[rows[i]!]!;
  return values;
}
