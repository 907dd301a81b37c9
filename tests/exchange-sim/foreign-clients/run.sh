#!/usr/bin/env bash
# Points BingX clients that nobody here wrote at the stand-in, changing nothing but the address, and compares the candles they
# report with the market's own. Needs the package registries (npm, PyPI) and python3; installs into a temporary folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
export PATH="$root/node_modules/.bin:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
echo '{"private":true}' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error ccxt@4.5.84
python3 -m venv python
./python/bin/pip install --quiet --disable-pip-version-check ccxt==4.5.84 bingx-python==2.1.7 bingx-py==1.0.2

node "$here/run.ts" "$work"
