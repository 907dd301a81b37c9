-- Days with gaps. Days of the last 30 with slots that are missing or not yet final, and where the first gap begins.
SELECT "date", market, symbol, expected, final, provisional, missing, first_missing
FROM coverage
WHERE "interval" = '3m' AND CAST("date" AS VARCHAR) >= CAST(CAST(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '30' DAY AS DATE) AS VARCHAR) AND missing + provisional > 0
ORDER BY "date" DESC, market, symbol;
