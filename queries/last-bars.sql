-- Last bars of a symbol. The bars of today and yesterday, newest first, with their indicators.
SELECT open_time, open, high, low, close, volume, status, ma_short, ma_long, trend, atr
FROM bars
WHERE timeframe = '21m' AND CAST("date" AS VARCHAR) >= CAST(CAST(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '1' DAY AS DATE) AS VARCHAR) AND market = 'swap' AND symbol = 'BTC-USDT'
ORDER BY open_time DESC;
