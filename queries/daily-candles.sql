-- Daily candles. One candle a day and symbol, made from the candles of the last week.
SELECT "date", market, symbol, min_by(open, open_time) AS open, max(high) AS high, min(low) AS low, max_by(close, open_time) AS close, sum(volume ORDER BY open_time) AS volume
FROM candles
WHERE "interval" = '3m' AND CAST("date" AS VARCHAR) >= CAST(CAST(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '7' DAY AS DATE) AS VARCHAR)
GROUP BY "date", market, symbol
ORDER BY "date", market, symbol;
