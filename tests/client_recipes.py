"""Runs the recipes of docs/clients.md, each in a process of its own.

python tests/client_recipes.py STORE      writes into the page what was tested
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import shells

PAGE = Path(__file__).parents[1] / "docs" / "clients.md"
#: The package of each client.
PACKAGES = {
    "pandas": "pandas",
    "polars": "polars",
    "Arrow": "pyarrow",
    "ibis": "ibis-framework",
    "JupySQL": "jupysql",
    "marimo": "marimo",
    "Harlequin": "harlequin",
}
#: What asks DuckDB for what its version 2 does not have any more.
_BELOW_2 = ("ibis",)
#: Types a question into Harlequin's editor, as a person does, runs it, and prints what its table shows.
_HARLEQUIN = """
import asyncio, sys
from harlequin import Harlequin
from harlequin_duckdb import DuckDbAdapter

async def ask(question):
    app = Harlequin(adapter=DuckDbAdapter((sys.argv[1],), read_only=True))
    async with app.run_test(size=(120, 40)) as pilot:
        while app.editor is None or app.connection is None:
            await pilot.pause(0.1)
        app.editor.text = question
        app.editor.focus()
        await pilot.press("ctrl+j")
        for _ in range(600):
            await pilot.pause(0.1)
            table = app.results_viewer.get_visible_table()
            if table is not None and table.row_count == 10:
                break
        print("rank,title")
        for number in range(table.row_count):
            print(*table.get_row_at(number), sep=",")

asyncio.run(ask(sys.argv[2]))
"""


def recipe(client: str) -> tuple[str, str]:
    """Return the name of the file of a recipe, and its text."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {client}\n")[1].split("\n## ")[0]
    text = re.findall(r"```\w+\n(.*?)```", section, re.S)[0]
    named = re.match(r"# ([\w.]+)\n", text)
    return (named[1], text) if named else ("", text.strip())


def run(client: str, store: Path) -> tuple[str, list[list[str]]]:
    """Run a recipe; return what was tested, and the rows that it gave, the header first."""
    folders = [shells.installed("notebooks"), *([shells.installed("duckdb-1.5")] if client in _BELOW_2 else [])]
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "movies.duckdb").symlink_to(store)
        name, text = recipe(client)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "HOME": place,
            "XDG_CONFIG_HOME": place,
            "TERM": "xterm",
        }
        if name:
            (Path(place) / name).write_text(text)
        ipython = ["-m", "IPython", "--no-banner", "--colors=NoColor"] if name.endswith(".ipy") else []
        command = [*ipython, name] if name else ["-c", _HARLEQUIN, "movies.duckdb", text]
        done = subprocess.run(
            [sys.executable, *command],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        version = f"from importlib.metadata import version; print(version('{PACKAGES[client]}'))"
        found = subprocess.run(
            [sys.executable, "-c", version], env=environment, capture_output=True, text=True, check=True
        )
    lines = [line.strip().replace('"', "").split(",", 1) for line in done.stdout.splitlines()]
    start = lines.index(["rank", "title"])
    below = ", DuckDB 1.5" if client in _BELOW_2 else ""
    return f"{PACKAGES[client]} {found.stdout.strip()}{below}", [line for line in lines[start + 1 :] if len(line) == 2]


def table_row(client: str, tested: str) -> str:
    """Return the row of the page's table that says what was tested."""
    asks = "the file" if client == "Harlequin" else "`recstore.connect`"
    return f"| [{client}](#{client.lower()}) | {asks} | {tested} |"


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    for one in PACKAGES:
        row = table_row(one, run(one, Path(sys.argv[1]).resolve())[0])
        page = re.sub(rf"^\| \[{one}\]\(.*$", row, page, flags=re.M)
    PAGE.write_text(page, encoding="utf-8")
