"""Compares what pandas, polars and freqtrade read of exported files with the lake, read by pyarrow.

usage: check_exports.py FOLDER   FOLDER holds `bingx_data` and what the recipes of docs/use.md wrote
"""

import os
import pathlib
import subprocess
import sys

import pandas
import polars
import pyarrow.dataset
from freqtrade.data.history import load_pair_history
from freqtrade.data.history.datahandlers import get_datahandler
from freqtrade.enums import CandleType, TradingMode

PRICES = ["open", "high", "low", "close", "volume"]
FEATHER = "user_data/data/bingx/futures/BTC_USDT_USDT-1h-futures.feather"

os.chdir(sys.argv[1])
dataset = pyarrow.dataset.dataset("bingx_data/parquet/bars/timeframe=60m", format="parquet", partitioning="hive")
lake = dataset.to_table().to_pandas().sort_values("open_time").reset_index(drop=True)
rows = lake[["open_time", *PRICES]].values.tolist()
assert len(rows) > 20, len(rows)


def expect(reader, frame, time):
    assert frame[[time, *PRICES]].values.tolist() == rows, f"{reader} reads other rows"
    print(f"{reader}: {len(rows)} rows as the lake has them")


csv = pandas.read_csv("btc-1h.csv", parse_dates=["time"])
expect("pandas, CSV", csv[csv.filled == 0], "time")
expect("pandas, Feather", pandas.read_feather(FEATHER), "date")
expect("polars, Feather", polars.read_ipc(FEATHER).to_pandas(), "date")
for name in ("csv", "parquet"):
    command = ["candlelake", "export", "--symbol", "BTC-USDT", "--timeframe", "1h", "--format", name, "--target", f"one.{name}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
expect("polars, CSV", polars.read_csv("one.csv", try_parse_dates=True).to_pandas(), "time")
expect("pandas, Parquet", pandas.read_parquet("one.parquet"), "time")
expect("polars, Parquet", polars.read_parquet("one.parquet").to_pandas(), "time")

folder = pathlib.Path("user_data/data/bingx")
known = get_datahandler(folder, "feather").ohlcv_get_available_data(folder, TradingMode.FUTURES)
assert ("BTC/USDT:USDT", "1h", CandleType.FUTURES) in known, known
options = {"candle_type": CandleType.FUTURES, "drop_incomplete": False, "fill_up_missing": False}
expect("freqtrade", load_pair_history("BTC/USDT:USDT", "1h", folder, data_format="feather", **options), "date")

# What pandas packs with LZ4 comes back as it was.
pandas.read_feather(FEATHER).to_feather("packed.feather", compression="lz4", compression_level=9)
candlelake = ["candlelake", "import", "packed.feather", "--symbol", "BTC-USDT", "--interval", "1h", "--timeframe", "2h", "--output", "again"]
subprocess.run(candlelake, check=True, stdout=subprocess.DEVNULL)
export = ["candlelake", "export", "--symbol", "BTC-USDT", "--output", "again", "--target", "again.csv"]
subprocess.run(export, check=True, stdout=subprocess.DEVNULL)
expect("candlelake, Feather", pandas.read_csv("again.csv", parse_dates=["time"]), "time")
