/**
 * Asks DuckDB whether the lake in a folder holds, for every symbol, at least three whole days of 21-minute bars without a hole: `node tests/demo/checkLake.ts FOLDER`. Ends
 * with 1 and says what is missing otherwise.
 */
import { DuckDBInstance } from '@duckdb/node-api';

const [folder = 'demo_data'] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run("SET TimeZone = 'UTC'");

// A whole day has 69 bars: 68 of 21 minutes and one of 12 that ends at midnight, each beginning where the one before it ended.
const reader = await connection.runAndReadAll(`
  WITH bars AS (
    SELECT symbol, date, open_time, close_time, status, lag(close_time) OVER (PARTITION BY symbol ORDER BY open_time) AS previous_close
    FROM read_parquet('${folder}/parquet/bars/timeframe=21m/*/bars.parquet', hive_partitioning = true)
  ), days AS (
    SELECT symbol, date, count(*) = 69 AND bool_and(status = 'complete') AS whole FROM bars GROUP BY ALL
  )
  SELECT symbol, count(*) FILTER (whole)::INTEGER AS whole_days,
    (SELECT count(*)::INTEGER FROM bars b WHERE b.symbol = days.symbol AND previous_close IS NOT NULL AND previous_close <> open_time) AS holes
  FROM days GROUP BY symbol ORDER BY symbol`);
const symbols = reader.getRowObjectsJS();
console.table(symbols);
const good = symbols.filter(({ whole_days, holes }) => Number(whole_days) >= 3 && holes === 0);
if (symbols.length === 0 || good.length < symbols.length) {
  console.error(`${folder}: expected three whole days of bars without a hole for every symbol`);
  process.exit(1);
}
