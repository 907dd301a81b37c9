import assert from 'node:assert/strict';
import { constants, zstdCompressSync } from 'node:zlib';
import {
  aggregateBars,
  computeIndicators,
  DAY_MS,
  type DaySlots,
  INITIAL_INDICATOR_STATE,
  LAKE_TABLES,
  type LakeTable,
} from '@candlelake/core';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { arrowStreamOf } from '../packages/core/src/lake/arrow.ts';
import { barRows } from '../packages/core/src/lake/rows.ts';
import { encode } from '../tests/support/encoder.ts';
import { lakeSettings } from '../tests/support/lakeSettings.ts';
import { swapSeries } from '../tests/support/swapSeries.ts';
import { bestOf } from './bestOf.ts';
import { daysOf, walkCandles } from './randomWalk.ts';
import type { BenchResult } from './result.ts';

export const DAYS = 1825;
const ROUNDS = 3;
const TIMEFRAME_MINUTES = 21;
const SERIES = swapSeries('BTC-USDT', '3m');
const SETTINGS = lakeSettings();

/**
 * From five years of 3m candles in memory to the bytes of one Parquet file of bars for each day: our code
 * against hyparquet-writer, which gets finished bars.
 */
export async function run(): Promise<BenchResult> {
  const days = daysOf(walkCandles(DAYS));
  const tables = deriveTables(days, (table) => table);
  const columns = tables.map(hyparquetColumns);
  await assertSame(tables[1]!, columns[1]!);
  const [hyparquet, streams, encodeOnly, whole] = await bestOf(ROUNDS, [
    () => columns.map(parquetWriteBuffer),
    () => tables.map((table) => arrowStreamOf(LAKE_TABLES.bars, table, table.length)),
    () => tables.map(encode),
    () => deriveTables(days, encode),
  ]);
  return {
    name: 'daily: candles in memory to five years of daily bars in Parquet',
    aim: 'faster than hyparquet-writer fed the same bars',
    rows: [
      { label: 'hyparquet-writer with zstd, given the bars', value: hyparquet!, unit: 'ms' },
      {
        label: 'candlelake, given the bars',
        ratio: encodeOnly! / hyparquet!,
        value: encodeOnly!,
        unit: 'ms',
      },
      { label: 'of it in parquet-wasm, given Arrow streams', value: encodeOnly! - streams!, unit: 'ms' },
      { label: 'candlelake, from the candles', ratio: whole! / hyparquet!, value: whole!, unit: 'ms' },
    ],
    note:
      `${DAYS * 480} candles, ${DAYS} files of 69 bars and 20 columns; best of ${ROUNDS}, interleaved; ` +
      'both files of a day were read and compared',
  };
}

/** Derives the rows of each object from days in memory, and returns what `use` makes of them. */
export function deriveTables<T>(
  days: readonly DaySlots[],
  use: (table: LakeTable, day: number) => T,
): readonly T[] {
  let state = INITIAL_INDICATOR_STATE;
  return days.map((slots) => {
    const bars = aggregateBars(slots, TIMEFRAME_MINUTES, slots.day + DAY_MS);
    const derived = computeIndicators(bars, SETTINGS.periods, state);
    state = derived.state;
    return use(barRows(SERIES, bars, derived.indicators, SETTINGS), slots.day);
  });
}

type HyparquetColumns = Parameters<typeof parquetWriteBuffer>[0];

/** The same rows in the form of hyparquet-writer; this conversion is not measured. */
function hyparquetColumns({ columns }: LakeTable): HyparquetColumns {
  const schema = LAKE_TABLES.bars.map(({ name, type, nullable }) => ({
    name,
    repetition_type: nullable ? ('OPTIONAL' as const) : ('REQUIRED' as const),
    ...ELEMENTS[type],
  }));
  const columnData = LAKE_TABLES.bars.map(({ name, type, nullable }) => {
    const column = columns[name]!;
    if ('texts' in column) return { name, data: Array.from(column.codes, (code) => column.texts[code]!) };
    if (type === 'timestamp') return { name, data: Array.from(column, BigInt) };
    return {
      name,
      data: nullable ? Array.from(column, (value) => (Number.isNaN(value) ? null : value)) : column,
    };
  });
  const root = { name: 'root', num_children: schema.length };
  return { columnData, schema: [root, ...schema], codec: 'ZSTD', compressors: { ZSTD: zstd } };
}

const ELEMENTS = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  timestamp: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } },
  double: { type: 'DOUBLE' },
  int32: { type: 'INT32' },
} as const;

/** Compresses with the level of our writer. */
function zstd(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}

/** Throws unless both writers' files of one day hold the same rows. */
async function assertSame(table: LakeTable, columns: HyparquetColumns): Promise<void> {
  const ours = await parquetReadObjects({ file: encode(table).slice().buffer, compressors });
  const theirs = await parquetReadObjects({ file: parquetWriteBuffer(columns), compressors });
  assert.equal(ours.length, 69);
  assert.deepEqual(ours, theirs);
}
