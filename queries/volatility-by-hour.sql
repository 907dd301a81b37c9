-- Volatility by hour. The mean range of the bars of the last 30 days by hour of the UTC day, in percent of their close.
SELECT symbol, hour(open_time) AS hour, count(*) AS bars, 1e2 * sum((high - low) / close ORDER BY open_time) / count(*) AS range_percent
FROM bars
WHERE timeframe = '21m' AND CAST("date" AS VARCHAR) >= CAST(CAST(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '30' DAY AS DATE) AS VARCHAR)
GROUP BY symbol, hour(open_time)
ORDER BY symbol, hour;
