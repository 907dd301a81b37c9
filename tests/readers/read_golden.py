"""Opens the golden objects with pyarrow and pandas, warnings being errors (python -W error), and compares every value with the .json beside it."""

import json
import math
import pathlib

import pandas
import pyarrow
import pyarrow.parquet

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
TYPES = {
    "string": pyarrow.string(),
    "timestamp": pyarrow.timestamp("ms", tz="UTC"),
    "double": pyarrow.float64(),
    "int32": pyarrow.int32(),
}
TIMES = {"open_time", "close_time", "first_missing"}
INTEGERS = {
    *("bar_index", "candle_count", "expected_count"),
    *("expected", "final", "provisional", "quiet", "unavailable", "missing"),
}
TEXTS = {"market", "symbol", "status", "source", "ma_cross", "trend"}
NULLABLE = {"ma_short", "ma_long", "ma_cross", "trend", "tr", "atr", "atr_percent", "first_missing"}


def type_of(column):
    if column in TIMES:
        return TYPES["timestamp"]
    if column in INTEGERS:
        return TYPES["int32"]
    return TYPES["string"] if column in TEXTS else TYPES["double"]


def plain(value):
    """A value as the .json writes it."""
    if value is None or value is pandas.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pandas.Timestamp):
        return value.value // 1_000_000
    return value.item() if hasattr(value, "item") else value


def check(name):
    path = GOLDEN / f"{name}.parquet"
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    columns = list(golden["rows"][0])

    table = pyarrow.parquet.read_table(path)
    assert table.column_names == columns, table.column_names
    for field in table.schema:
        assert field.type == type_of(field.name), field
        assert field.nullable == (field.name in NULLABLE), field
    metadata = {key.decode(): value.decode() for key, value in pyarrow.parquet.read_metadata(path).metadata.items()}
    for entry in golden["metadata"]:
        assert metadata[entry["key"]] == entry["value"], metadata

    times = {column: TYPES["timestamp"] for column in columns if column in TIMES}
    as_numbers = table.cast(pyarrow.schema([(f.name, pyarrow.int64() if f.name in times else f.type) for f in table.schema]))
    assert as_numbers.to_pylist() == golden["rows"], f"{name}: pyarrow reads other rows"

    frame = pandas.read_parquet(path)
    rows = [{column: plain(value) for column, value in row.items()} for row in frame.to_dict("records")]
    assert rows == golden["rows"], f"{name}: pandas reads other rows"
    print(f"{name}: {len(rows)} rows, {len(columns)} columns as they have to be")


print(f"pyarrow {pyarrow.__version__}, pandas {pandas.__version__}")
for name in ("candles", "bars", "coverage"):
    check(name)
