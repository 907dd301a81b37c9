-- Crossovers of a month. Golden and death crosses of all symbols in the last 30 days, newest first.
SELECT close_time, market, symbol, ma_cross, close, ma_short, ma_long
FROM bars
WHERE timeframe = '21m' AND CAST("date" AS VARCHAR) >= CAST(CAST(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '30' DAY AS DATE) AS VARCHAR) AND ma_cross IS NOT NULL
ORDER BY close_time DESC, market, symbol;
