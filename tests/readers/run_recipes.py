"""Runs the sh and python fences of docs/use.md in order, in a folder that holds `bingx_data`; `PATH` has the program.

usage: run_recipes.py FOLDER
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent.parent.parent
# `npx` would look for the program in the folder.
PRELUDE = 'set -euo pipefail; npx() { "$@"; }; '


def sections():
    text = (ROOT / "docs/use.md").read_text()
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title = section.split("\n", 1)[0]
        yield title, re.findall(r"^```(sh|python)\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)


def run(language, code):
    command = ["bash", "-c", PRELUDE + code] if language == "sh" else [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    if result.returncode != 0 or not (result.stdout or language == "sh"):
        sys.exit(f"{code}\nends with {result.returncode}:\n{result.stdout}{result.stderr}")
    print(result.stdout, end="")


os.chdir(sys.argv[1])
if not pathlib.Path("queries").exists():
    pathlib.Path("queries").symlink_to(ROOT / "queries")
ran = 0
for title, fences in sections():
    for language, code in fences:
        print(f"=== {title}: {language}")
        run(language, code)
        ran += 1
assert ran == 13, ran
print(f"{ran} recipes ran")
