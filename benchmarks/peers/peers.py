"""Derives 21m bars with the 20 columns of the lake from 3m candles, and writes one Parquet file a day.

usage: peers.py polars|duckdb CANDLES_PARQUET FOLDER ROUNDS

Prints the shortest time in ms as JSON. Reading the candles is not measured.
"""

import json
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor

DAY_MS = 86_400_000
BAR_MS = 21 * 60_000
SLOT_MS = 3 * 60_000
SHORT, LONG, ATR = 3, 7, 14


def polars_bars(candles):
    import polars as pl

    day = pl.col("open_time") // DAY_MS * DAY_MS
    bars = (
        candles.with_columns(day.alias("day"), ((pl.col("open_time") - day) // BAR_MS).cast(pl.Int32).alias("bar_index"))
        .group_by("day", "bar_index", maintain_order=True)
        .agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
            pl.len().cast(pl.Int32).alias("candle_count"),
        )
    )

    def mean_of_last(count):
        total = pl.col("close").shift(count - 1)
        for back in range(count - 2, -1, -1):
            total = total + pl.col("close").shift(back)
        return total / count

    before = pl.col("close").shift(1)
    start = pl.col("day") + pl.col("bar_index").cast(pl.Int64) * BAR_MS
    end = pl.min_horizontal(start + BAR_MS, pl.col("day") + DAY_MS)
    span = pl.col("high") - pl.col("low")
    bars = bars.with_columns(
        market=pl.lit("swap"),
        symbol=pl.lit("BTC-USDT"),
        open_time=start,
        close_time=end,
        expected_count=((end - start) // SLOT_MS).cast(pl.Int32),
        status=pl.lit("complete"),
        ma_short=mean_of_last(SHORT),
        ma_long=mean_of_last(LONG),
        tr=pl.max_horizontal(span, (pl.col("high") - before).abs(), (pl.col("low") - before).abs()),
    )
    seed = bars["tr"].head(ATR).mean()
    row = pl.int_range(pl.len())
    warm = pl.when(row < ATR - 1).then(None).when(row == ATR - 1).then(seed).otherwise(pl.col("tr"))
    short, long = pl.col("ma_short"), pl.col("ma_long")
    short_before, long_before = short.shift(1), long.shift(1)
    bars = bars.with_columns(
        atr=warm.ewm_mean(alpha=1 / ATR, adjust=False, ignore_nulls=True, min_samples=1),
        trend=pl.when(short > long)
        .then(pl.lit("BULLISH"))
        .when(short < long)
        .then(pl.lit("BEARISH"))
        .when(long.is_not_null())
        .then(pl.lit("NEUTRAL")),
        ma_cross=pl.when((short > long) & (short_before <= long_before))
        .then(pl.lit("GOLDEN_CROSS"))
        .when((short < long) & (short_before >= long_before))
        .then(pl.lit("DEATH_CROSS")),
    )
    times = [pl.col(name).cast(pl.Datetime("ms", "UTC")) for name in ("open_time", "close_time")]
    return bars.with_columns(*times, atr_percent=pl.col("atr") / pl.col("close") * 100)


COLUMNS = (
    "market symbol bar_index open_time close_time open high low close volume candle_count expected_count "
    "status ma_short ma_long ma_cross trend tr atr atr_percent"
).split()


def run_polars(path, folder):
    import polars as pl

    candles = pl.read_parquet(path).with_columns(pl.col("open_time").cast(pl.Int64))

    def work():
        bars = polars_bars(candles)

        def write(part):
            (day,), rows = part
            place = os.path.join(folder, f"day={day}")
            os.mkdir(place)
            rows.select(COLUMNS).write_parquet(os.path.join(place, "bars.parquet"), compression="zstd", compression_level=1)

        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(write, bars.partition_by("day", as_dict=True, maintain_order=True).items()))

    return work


# Wilder's average as sums within blocks of 256 bars, and a recursion over the blocks.
DUCKDB_BARS = f"""
WITH grouped AS (
  SELECT open_time // {DAY_MS} * {DAY_MS} AS day, ((open_time % {DAY_MS}) // {BAR_MS})::INT AS bar_index,
    first(open ORDER BY open_time) AS open, max(high) AS high, min(low) AS low, last(close ORDER BY open_time) AS close,
    sum(volume) AS volume, count(*)::INT AS candle_count
  FROM candles GROUP BY ALL
), ranged AS (
  SELECT *, row_number() OVER w - 1 AS n, day + bar_index * {BAR_MS} AS start,
    least(day + (bar_index + 1) * {BAR_MS}, day + {DAY_MS}) AS stop,
    lag(close) OVER w AS before,
    CASE WHEN row_number() OVER w >= {SHORT} THEN avg(close) OVER (w ROWS {SHORT - 1} PRECEDING) END AS ma_short,
    CASE WHEN row_number() OVER w >= {LONG} THEN avg(close) OVER (w ROWS {LONG - 1} PRECEDING) END AS ma_long
  FROM grouped WINDOW w AS (ORDER BY day, bar_index)
), tr AS (
  SELECT *, greatest(high - low, abs(high - before), abs(low - before)) AS tr, (n - {ATR}) // 256 AS block, (n - {ATR}) % 256 + 1 AS nth,
    lag(ma_short) OVER w AS short_before, lag(ma_long) OVER w AS long_before
  FROM ranged WINDOW w AS (ORDER BY n)
), sums AS (
  SELECT *, sum(CASE WHEN n >= {ATR} THEN tr / {ATR} * power({ATR} / {ATR - 1}, nth) END)
    OVER (PARTITION BY n >= {ATR}, block ORDER BY n) AS part FROM tr
), blocks AS (
  SELECT block, max(part) AS part FROM sums WHERE n >= {ATR} GROUP BY block
), carried AS (
  WITH RECURSIVE steps AS (
    SELECT 0::BIGINT AS block, (SELECT avg(tr) FROM tr WHERE n < {ATR}) AS carry
    UNION ALL
    SELECT steps.block + 1, power({ATR - 1} / {ATR}, 256) * (carry + part) FROM steps JOIN blocks USING (block)
  ) SELECT * FROM steps
), averaged AS (
  SELECT sums.*, CASE WHEN n = {ATR - 1} THEN (SELECT carry FROM carried WHERE block = 0)
    WHEN n >= {ATR} THEN power({ATR - 1} / {ATR}, nth) * (carry + part) END AS atr
  FROM sums LEFT JOIN carried ON n >= {ATR} AND sums.block = carried.block
)
SELECT 'swap' AS market, 'BTC-USDT' AS symbol, bar_index, epoch_ms(start::BIGINT) AS open_time,
  epoch_ms(stop::BIGINT) AS close_time, open, high, low, close, volume, candle_count,
  ((stop - start) // {SLOT_MS})::INT AS expected_count, 'complete' AS status, ma_short, ma_long,
  CASE WHEN ma_short > ma_long AND short_before <= long_before THEN 'GOLDEN_CROSS'
    WHEN ma_short < ma_long AND short_before >= long_before THEN 'DEATH_CROSS' END AS ma_cross,
  CASE WHEN ma_long IS NULL THEN NULL WHEN ma_short > ma_long THEN 'BULLISH' WHEN ma_short < ma_long THEN 'BEARISH'
    ELSE 'NEUTRAL' END AS trend,
  tr, atr, atr / close * 100 AS atr_percent, day
FROM averaged ORDER BY n
"""


def run_duckdb(path, folder):
    import duckdb

    database = duckdb.connect()
    database.execute(
        f"CREATE TABLE candles AS SELECT * REPLACE (epoch_ms(open_time) AS open_time) FROM read_parquet('{path}') ORDER BY open_time"
    )

    def work():
        database.execute(
            f"COPY ({DUCKDB_BARS}) TO '{folder}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, "
            "PARTITION_BY (day), OVERWRITE_OR_IGNORE)"
        )

    return work


def main():
    name, path, folder, rounds = sys.argv[1:]
    work = {"polars": run_polars, "duckdb": run_duckdb}[name](path, folder)
    best = float("inf")
    # The first round is not counted.
    for turn in range(int(rounds) + 1):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        start = time.perf_counter()
        work()
        if turn > 0:
            best = min(best, time.perf_counter() - start)
    print(json.dumps({"ms": best * 1000}))


main()
