-- Completeness by symbol. Share of the slots of the last 30 days that are accounted for: final, or known to have been quiet.
SELECT market, symbol, sum(expected) AS slots, sum(missing) AS missing, 1e2 * sum(final + quiet) / sum(expected) AS percent_settled
FROM coverage
WHERE "interval" = '3m' AND CAST("date" AS VARCHAR) >= CAST(CAST(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '30' DAY AS DATE) AS VARCHAR)
GROUP BY market, symbol
ORDER BY percent_settled, market, symbol;
