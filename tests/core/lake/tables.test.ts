import { LAKE_TABLES } from '@candlelake/core';
import { expect, test } from 'vitest';

/** The tables as the design lists them; a change here is a change of the schema version. */
const DESIGN = {
  candles: `market string, symbol string, open_time timestamp, close_time timestamp, open double, high double, low double,
    close double, volume double, status string, source string`,
  bars: `market string, symbol string, bar_index int32, open_time timestamp, close_time timestamp, open double, high double,
    low double, close double, volume double, candle_count int32, expected_count int32, status string, ma_short double?,
    ma_long double?, ma_cross string?, trend string?, tr double?, atr double?, atr_percent double?`,
  coverage: `market string, symbol string, expected int32, final int32, provisional int32, quiet int32, unavailable int32,
    missing int32, first_missing timestamp?`,
};

test.each(['candles', 'bars', 'coverage'] as const)('the columns of %s are those of the design', (name) => {
  const columns = LAKE_TABLES[name].map(
    (column) => `${column.name} ${column.type}${column.nullable ? '?' : ''}`,
  );
  expect(columns).toEqual(DESIGN[name].split(',').map((column) => column.trim()));
});
