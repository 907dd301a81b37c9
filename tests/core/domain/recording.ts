import { type Candle, canonicalDecimal } from '@candlelake/core';
import { DuckDBInstance } from '@duckdb/node-api';
import { readCsvRows } from '../../support/csvRows.ts';

/**
 * Recorded from BingX in July and August 2025: closed 3m candles in nine runs with holes between them, the last run of 288 crossing midnight; and 427 bars
 * of 21 minutes without a hole, which the predecessor built from candles that are mostly lost.
 */
const CANDLES_CSV = 'tests/fixtures/bingx/btc-usdt-3m-closed.csv';
const BARS_CSV = 'tests/fixtures/bingx/btc-usdt-21m-bars.csv';

/** A bar as SQL computes it; times in epoch ms, the close time is the first ms after it. */
export interface SqlBar {
  readonly openTime: number;
  readonly closeTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly candleCount: number;
}

export function recordedCandles(): Candle[] {
  return readCsvRows(CANDLES_CSV).map((line) => {
    const decimal = (name: string) => canonicalDecimal(line[name]!)!;
    const fromHistory = line.provenance === 'rest_closed';
    return {
      openTime: Number(line.open_time_ms),
      open: decimal('open'),
      high: decimal('high'),
      low: decimal('low'),
      close: decimal('close'),
      volume: decimal('volume'),
      status: fromHistory ? 'final' : 'provisional',
      source: fromHistory ? 'history' : 'stream',
      observed: fromHistory ? 1 : 0,
    };
  });
}

export function recordedBars() {
  return readCsvRows(BARS_CSV).map((line) => ({
    openTime: Number(line.open_time_ms),
    lastMs: Number(line.bucket_end_ms),
    index: Number(line.bucket_index),
    high: Number(line.high),
    low: Number(line.low),
    close: Number(line.close),
    volume: Number(line.volume),
    candleCount: Number(line.candle_count),
  }));
}

/** The same bars by DuckDB from the text of the file: no code of ours, volumes as decimals. */
export async function barsBySql(): Promise<SqlBar[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const result = await connection.runAndReadAll(`
    WITH candle AS (
      SELECT make_timestamp_ms(open_time_ms::BIGINT) AS opened, open::DOUBLE AS o, high::DOUBLE AS h, low::DOUBLE AS l,
        close::DOUBLE AS c, volume::DECIMAL(18, 4) AS v
      FROM read_csv('${CANDLES_CSV}', all_varchar = true)
    ), placed AS (
      SELECT *, date_trunc('day', opened) AS day, (hour(opened) * 60 + minute(opened)) // 21 AS bar FROM candle
    )
    SELECT epoch_ms(day + to_minutes(bar * 21))::DOUBLE AS "openTime",
      epoch_ms(least(day + to_minutes((bar + 1) * 21), day + INTERVAL 1 DAY))::DOUBLE AS "closeTime",
      arg_min(o, opened) AS open, max(h) AS high, min(l) AS low, arg_max(c, opened) AS close, sum(v)::DOUBLE AS volume,
      count(*)::INTEGER AS "candleCount"
    FROM placed GROUP BY day, bar ORDER BY 1`);
  return result.getRowObjectsJS() as unknown as SqlBar[];
}
