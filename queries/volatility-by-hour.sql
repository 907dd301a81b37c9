-- Volatility by hour. The mean range of the bars of the last 30 days by hour of the UTC day, in percent of their close.
SELECT market, symbol, hour(open_time) AS hour, count(*) AS bars, sum(CAST(round(1e6 * (high - low) / close) AS BIGINT)) / 1e4 / count(*) AS range_percent
FROM bars
WHERE timeframe = '21m' AND CAST("date" AS VARCHAR) >= CAST(CAST(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '30' DAY AS DATE) AS VARCHAR)
GROUP BY market, symbol, hour(open_time)
ORDER BY market, symbol, hour;
