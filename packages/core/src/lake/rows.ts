import { BAR_STATUSES, type BarColumns } from '../domain/bars/bars.ts';
import { type IndicatorColumns, MA_CROSSES, type Periods, TRENDS } from '../domain/bars/indicators.ts';
import type { Series } from '../domain/candle/candle.ts';
import { sumToDouble } from '../domain/candle/decimal.ts';
import type { Coverage } from '../domain/slots/coverage.ts';
import { CANDLE_SOURCES, type DaySlots, SlotState } from '../domain/slots/slots.ts';
import type { LakeTable } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { DERIVATION_VERSION, LAKE_SCHEMA_VERSION } from './tables.ts';

const CANDLE_STATUSES = ['final', 'provisional'] as const;
const SHORT = BAR_STATUSES.indexOf('short');
const METADATA = { schemaVersion: LAKE_SCHEMA_VERSION, derivationVersion: DERIVATION_VERSION };

/**
 * The rows of one series and day in the candles table: one for each slot that has a candle and closes by
 * `as_of`, in time order.
 */
export function candleRows(series: Series, slots: DaySlots): LakeTable {
  const rows = rowsWhere(slots.length, (i) => isCandle(slots.state[i]!));
  const openTime = Float64Array.from(rows, (i) => slots.day + i * slots.intervalMs);
  return {
    name: 'candles',
    length: rows.length,
    columns: {
      ...names(series, rows.length),
      open_time: openTime,
      close_time: openTime.map((time) => time + slots.intervalMs),
      open: doubles(slots.open, rows),
      high: doubles(slots.high, rows),
      low: doubles(slots.low, rows),
      close: doubles(slots.close, rows),
      volume: Float64Array.from(rows, (i) => sumToDouble(slots.volume, i, i + 1)),
      status: {
        texts: CANDLE_STATUSES,
        codes: Uint16Array.from(rows, (i) => (slots.state[i] === SlotState.final ? 0 : 1)),
      },
      source: { texts: CANDLE_SOURCES, codes: codes(slots.source, rows) },
    },
    metadata: METADATA,
  };
}

/**
 * The rows of one series and day in the bars table. The settings leave out rows or values; they change none.
 */
export function barRows(
  series: Series,
  bars: BarColumns,
  indicators: IndicatorColumns,
  settings: Pick<LakeSettings, 'periods' | 'writeMa' | 'writeAtr' | 'skipPartial'>,
): LakeTable {
  const rows = rowsWhere(bars.length, (i) => !settings.skipPartial || bars.status[i] !== SHORT);
  return {
    name: 'bars',
    length: rows.length,
    columns: {
      ...names(series, rows.length),
      ...barValues(bars, rows),
      ...averageValues(indicators, rows, settings.writeMa),
      ...rangeValues(indicators, rows, settings.writeAtr),
    },
    metadata: barMetadata(settings.periods),
  };
}

/** The row of one series and day in the coverage table. */
export function coverageRow(series: Series, coverage: Coverage): LakeTable {
  return {
    name: 'coverage',
    length: 1,
    columns: {
      ...names(series, 1),
      expected: Int32Array.of(coverage.expected),
      final: Int32Array.of(coverage.final),
      provisional: Int32Array.of(coverage.provisional),
      quiet: Int32Array.of(coverage.quiet),
      unavailable: Int32Array.of(coverage.unavailable),
      missing: Int32Array.of(coverage.missing),
      first_missing: Float64Array.of(coverage.firstMissing ?? Number.NaN),
    },
    metadata: METADATA,
  };
}

function barMetadata({ maShort, maLong, atr }: Periods): LakeTable['metadata'] {
  return { ...METADATA, periods: { maShort, maLong, atr } };
}

function barValues(bars: BarColumns, rows: Int32Array) {
  return {
    bar_index: ints(bars.barIndex, rows),
    open_time: doubles(bars.openTime, rows),
    close_time: doubles(bars.closeTime, rows),
    open: doubles(bars.open, rows),
    high: doubles(bars.high, rows),
    low: doubles(bars.low, rows),
    close: doubles(bars.close, rows),
    volume: doubles(bars.volume, rows),
    candle_count: ints(bars.candleCount, rows),
    expected_count: ints(bars.expectedCount, rows),
    status: { texts: BAR_STATUSES, codes: codes(bars.status, rows) },
  };
}

function averageValues(indicators: IndicatorColumns, rows: Int32Array, written: boolean) {
  const none = written ? null : new Uint8Array(indicators.trend.length);
  return {
    ma_short: written ? doubles(indicators.maShort, rows) : nulls(rows.length),
    ma_long: written ? doubles(indicators.maLong, rows) : nulls(rows.length),
    ma_cross: { texts: [null, ...MA_CROSSES], codes: codes(none ?? indicators.maCross, rows) },
    trend: { texts: [null, ...TRENDS], codes: codes(none ?? indicators.trend, rows) },
  };
}

function rangeValues(indicators: IndicatorColumns, rows: Int32Array, written: boolean) {
  return {
    tr: written ? doubles(indicators.tr, rows) : nulls(rows.length),
    atr: written ? doubles(indicators.atr, rows) : nulls(rows.length),
    atr_percent: written ? doubles(indicators.atrPercent, rows) : nulls(rows.length),
  };
}

function isCandle(state: number): boolean {
  return state === SlotState.final || state === SlotState.provisional;
}

function names({ market, symbol }: Series, length: number) {
  return {
    market: { texts: [market], codes: new Uint16Array(length) },
    symbol: { texts: [symbol], codes: new Uint16Array(length) },
  };
}

function rowsWhere(length: number, isRow: (index: number) => boolean): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) if (isRow(i)) rows[count++] = i;
  return rows.subarray(0, count);
}

function doubles(column: Float64Array, rows: Int32Array): Float64Array {
  return filled(new Float64Array(rows.length), column, rows);
}

function ints(column: Int32Array, rows: Int32Array): Int32Array {
  return filled(new Int32Array(rows.length), column, rows);
}

function codes(column: Uint8Array, rows: Int32Array): Uint16Array {
  return filled(new Uint16Array(rows.length), column, rows);
}

function filled<T extends Float64Array | Int32Array | Uint16Array>(
  values: T,
  column: ArrayLike<number>,
  rows: Int32Array,
): T {
  for (let i = 0; i < rows.length; i++) values[i] = column[rows[i]!]!;
  return values;
}

function nulls(length: number): Float64Array {
  return new Float64Array(length).fill(Number.NaN);
}
