import { BAR_STATUSES, type BarColumns } from '../domain/bars/bars.ts';
import { type IndicatorColumns, MA_CROSSES, type Periods, TRENDS } from '../domain/bars/indicators.ts';
import type { Series } from '../domain/candle/candle.ts';
import { sumToDouble } from '../domain/candle/decimal.ts';
import type { Coverage } from '../domain/slots/coverage.ts';
import { CANDLE_SOURCES, type DaySlots, SlotState } from '../domain/slots/slots.ts';
import type { LakeTable } from '../ports.ts';
import type { LakeSettings } from '../settings/lakeSettings.ts';
import { type SelectedRows, selectRows } from './selectRows.ts';
import { DERIVATION_VERSION, LAKE_SCHEMA_VERSION } from './tables.ts';

const CANDLE_STATUSES = ['final', 'provisional'] as const;
const SHORT = BAR_STATUSES.indexOf('short');
const METADATA = { schemaVersion: LAKE_SCHEMA_VERSION, derivationVersion: DERIVATION_VERSION };

/**
 * The rows of one series and day in the candles table: one for each slot that has a candle and closes by
 * `as_of`, in time order.
 */
export function candleRows(series: Series, slots: DaySlots): LakeTable {
  const rows = selectRows(
    'candles',
    indexesWhere(slots.length, (i) => isCandle(slots.state[i]!)),
  );
  return {
    name: 'candles',
    length: rows.length,
    columns: {
      ...names(series, rows),
      open_time: rows.doubles((i) => slots.day + i * slots.intervalMs),
      close_time: rows.doubles((i) => slots.day + (i + 1) * slots.intervalMs),
      open: rows.doubles(slots.open),
      high: rows.doubles(slots.high),
      low: rows.doubles(slots.low),
      close: rows.doubles(slots.close),
      volume: rows.doubles((i) => sumToDouble(slots.volume, i, i + 1)),
      status: {
        texts: CANDLE_STATUSES,
        codes: rows.codes((i) => (slots.state[i] === SlotState.final ? 0 : 1)),
      },
      source: { texts: CANDLE_SOURCES, codes: rows.codes(slots.source) },
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
  const isRow = (i: number) => !settings.skipPartial || bars.status[i] !== SHORT;
  const rows = selectRows('bars', indexesWhere(bars.length, isRow));
  return {
    name: 'bars',
    length: rows.length,
    columns: {
      ...names(series, rows),
      ...barValues(bars, rows),
      ...averageValues(indicators, rows, settings.writeMa),
      ...rangeValues(indicators, rows, settings.writeAtr),
    },
    metadata: barMetadata(settings.periods),
  };
}

/** The row of one series and day in the coverage table. */
export function coverageRow(series: Series, coverage: Coverage): LakeTable {
  const rows = selectRows('coverage', Int32Array.of(0));
  return {
    name: 'coverage',
    length: 1,
    columns: {
      ...names(series, rows),
      expected: rows.ints(() => coverage.expected),
      final: rows.ints(() => coverage.final),
      provisional: rows.ints(() => coverage.provisional),
      quiet: rows.ints(() => coverage.quiet),
      unavailable: rows.ints(() => coverage.unavailable),
      missing: rows.ints(() => coverage.missing),
      first_missing: rows.doubles(() => coverage.firstMissing ?? Number.NaN),
    },
    metadata: METADATA,
  };
}

function barMetadata({ maShort, maLong, atr }: Periods): LakeTable['metadata'] {
  return { ...METADATA, periods: { maShort, maLong, atr } };
}

function barValues(bars: BarColumns, rows: SelectedRows) {
  return {
    bar_index: rows.ints(bars.barIndex),
    open_time: rows.doubles(bars.openTime),
    close_time: rows.doubles(bars.closeTime),
    open: rows.doubles(bars.open),
    high: rows.doubles(bars.high),
    low: rows.doubles(bars.low),
    close: rows.doubles(bars.close),
    volume: rows.doubles(bars.volume),
    candle_count: rows.ints(bars.candleCount),
    expected_count: rows.ints(bars.expectedCount),
    status: { texts: BAR_STATUSES, codes: rows.codes(bars.status) },
  };
}

function averageValues(indicators: IndicatorColumns, rows: SelectedRows, written: boolean) {
  return {
    ma_short: rows.doubles(written ? indicators.maShort : () => Number.NaN),
    ma_long: rows.doubles(written ? indicators.maLong : () => Number.NaN),
    ma_cross: { texts: [null, ...MA_CROSSES], codes: rows.codes(written ? indicators.maCross : () => 0) },
    trend: { texts: [null, ...TRENDS], codes: rows.codes(written ? indicators.trend : () => 0) },
  };
}

function rangeValues(indicators: IndicatorColumns, rows: SelectedRows, written: boolean) {
  return {
    tr: rows.doubles(written ? indicators.tr : () => Number.NaN),
    atr: rows.doubles(written ? indicators.atr : () => Number.NaN),
    atr_percent: rows.doubles(written ? indicators.atrPercent : () => Number.NaN),
  };
}

function isCandle(state: number): boolean {
  return state === SlotState.final || state === SlotState.provisional;
}

function names({ market, symbol }: Series, rows: SelectedRows) {
  return {
    market: { texts: [market], codes: rows.codes(() => 0) },
    symbol: { texts: [symbol], codes: rows.codes(() => 0) },
  };
}

function indexesWhere(length: number, isRow: (index: number) => boolean): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) if (isRow(i)) rows[count++] = i;
  return rows.subarray(0, count);
}
