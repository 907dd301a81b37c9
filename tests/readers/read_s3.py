"""Runs the S3 recipe of docs/use.md with DuckDB's own httpfs over the lake of a folder, copied to a simulated S3.

usage: read_s3.py FOLDER   FOLDER holds `bingx_data`; AWS_ENDPOINT_URL is the address of the S3
"""

import os
import pathlib
import re
import sys
import urllib.request

import duckdb
import duckdb_ext

BUCKET = "recipes"
endpoint = os.environ["AWS_ENDPOINT_URL"]
root = pathlib.Path(sys.argv[1]) / "bingx_data/parquet"


def put(path, data=b""):
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(f"{endpoint}/{path}", data=data, headers=headers, method="PUT")
    urllib.request.urlopen(request, timeout=30).close()


put(BUCKET)
files = [path for path in root.rglob("*.parquet")]
assert len(files) > 3, files
for path in files:
    put(f"{BUCKET}/lake/{path.relative_to(root)}", path.read_bytes())

text = (pathlib.Path(__file__).parent.parent.parent / "docs/use.md").read_text()
(recipe,) = re.findall(r"^```text\n(INSTALL httpfs;.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
# The packages hold the extensions that INSTALL would download; the address is that of the simulated S3.
recipe = re.sub(r"INSTALL \w+; ", "", recipe)
for name in ("httpfs", "aws"):
    (extension,) = pathlib.Path(duckdb_ext.__path__[0]).rglob(f"{name}.duckdb_extension")
    recipe = recipe.replace(f"LOAD {name};", f"LOAD '{extension}';")
place = f"ENDPOINT '{endpoint.removeprefix('http://')}', USE_SSL false, URL_STYLE 'path', REGION"
recipe = recipe.replace("REGION", place).replace("BUCKET", BUCKET)

os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
rows = duckdb.sql(recipe).fetchall()
local = recipe.splitlines()[-1].replace(f"s3://{BUCKET}/lake", str(root))
assert rows and rows == duckdb.sql(local).fetchall(), rows
print(f"DuckDB over S3: {rows}")
