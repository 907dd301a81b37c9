-- Daily range. How far each symbol moved on each day of the last 30, in percent of its first price.
SELECT "date", market, symbol, min(low) AS low, max(high) AS high, 1e2 * (max(high) - min(low)) / min_by(open, open_time) AS range_percent
FROM candles
WHERE "interval" = '3m' AND CAST("date" AS VARCHAR) >= CAST(CAST(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '30' DAY AS DATE) AS VARCHAR)
GROUP BY "date", market, symbol
ORDER BY "date" DESC, market, symbol;
