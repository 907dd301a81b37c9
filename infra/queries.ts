/** A query saved in the workgroup, in SQL that both Athena and DuckDB accept. */
export interface SavedQuery {
  /** The end of the resource's name. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

/** The examples of docs/aws.md. Each restricts its partitions, so that only their objects are read. */
export function savedQueries({
  interval,
  timeframe,
}: {
  readonly interval: string;
  readonly timeframe: string;
}) {
  const lastDays = (days: number) => `"date" >= CAST(current_date - INTERVAL '${days}' DAY AS VARCHAR)`;
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
      sql: `SELECT "date", symbol, min_by(open, open_time) AS open, max(high) AS high, min(low) AS low, max_by(close, open_time) AS close, sum(volume) AS volume
FROM candles
WHERE "interval" = '${interval}' AND ${lastDays(7)}
GROUP BY "date", symbol
ORDER BY "date", symbol`,
    },
  ] as const satisfies readonly SavedQuery[];
}
