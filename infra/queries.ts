/** A query saved in the workgroup, in SQL that gives the same rows in Athena and DuckDB. */
export interface SavedQuery {
  /** The end of the resource's name. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

/**
 * The examples of docs/aws.md, "Asking Athena". Each restricts its partitions, so that only their objects are
 * read. Days are UTC days in every session time zone; quotients are doubles, because Trino rounds those of
 * decimals; sums of doubles are ordered, because their last digits depend on the order.
 */
export function savedQueries({
  interval,
  timeframe,
}: {
  readonly interval: string;
  readonly timeframe: string;
}) {
  // current_date would be the day of the session's time zone. Athena prunes by the partition's text, which
  // DuckDB reads as a date unless it is told not to: hence the cast.
  const lastDays = (days: number) =>
    `CAST("date" AS VARCHAR) >= CAST(CAST(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '${days}' DAY AS DATE) AS VARCHAR)`;
  return [
    {
      id: 'LastBars',
      name: 'Last bars of a symbol',
      description: 'The bars of today and yesterday, newest first, with their indicators',
      sql: `SELECT open_time, open, high, low, close, volume, status, ma_short, ma_long, trend, atr
FROM bars
WHERE timeframe = '${timeframe}' AND ${lastDays(1)} AND symbol = 'BTC-USDT'
ORDER BY open_time DESC`,
    },
    {
      id: 'Crossovers',
      name: 'Crossovers of a month',
      description: 'Golden and death crosses of all symbols in the last 30 days, newest first',
      sql: `SELECT close_time, symbol, ma_cross, close, ma_short, ma_long
FROM bars
WHERE timeframe = '${timeframe}' AND ${lastDays(30)} AND ma_cross IS NOT NULL
ORDER BY close_time DESC, symbol`,
    },
    {
      id: 'Gaps',
      name: 'Days with gaps',
      description:
        'Days of the last 30 with slots that are missing or not yet final, and where the first gap begins',
      sql: `SELECT "date", symbol, expected, final, provisional, missing, first_missing
FROM coverage
WHERE "interval" = '${interval}' AND ${lastDays(30)} AND missing + provisional > 0
ORDER BY "date" DESC, symbol`,
    },
    {
      id: 'Completeness',
      name: 'Completeness by symbol',
      // 1e2 is a double; 100.0 is a decimal in Trino, whose quotient keeps one decimal place.
      description:
        'Share of the slots of the last 30 days that are accounted for: final, or known to have been quiet',
      sql: `SELECT symbol, sum(expected) AS slots, sum(missing) AS missing, 1e2 * sum(final + quiet) / sum(expected) AS percent_settled
FROM coverage
WHERE "interval" = '${interval}' AND ${lastDays(30)}
GROUP BY symbol
ORDER BY percent_settled, symbol`,
    },
    {
      id: 'DailyCandles',
      name: 'Daily candles',
      description: 'One candle a day and symbol, made from the candles of the last week',
      sql: `SELECT "date", symbol, min_by(open, open_time) AS open, max(high) AS high, min(low) AS low, max_by(close, open_time) AS close, sum(volume ORDER BY open_time) AS volume
FROM candles
WHERE "interval" = '${interval}' AND ${lastDays(7)}
GROUP BY "date", symbol
ORDER BY "date", symbol`,
    },
  ] as const satisfies readonly SavedQuery[];
}
