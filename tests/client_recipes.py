"""Runs the recipe of every client that the documentation has one for, each in a process of its own.

python tests/client_recipes.py STORE      writes into docs/clients.md what was tested
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

import browser_page
import duckdb
import pytest
import shells

DOCS = shells.ROOT / "docs"
PAGE = DOCS / "clients.md"
QUESTION = "SELECT rank, title FROM similar_movies('Toy Story (1995)') ORDER BY rank"
#: What asks DuckDB for what its version 2 does not have any more.
_BELOW_2 = ("notebooks", "duckdb-1.5")
_ROW = re.compile(r'"?(\d+)"?[ ,]+"?(.+?)"?$')
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
        for number in range(table.row_count):
            print(*table.get_row_at(number), sep=",")

asyncio.run(ask(sys.argv[2]))
"""
Rows = list[tuple[int, str]]


@dataclass(frozen=True)
class Client:
    """A client: where its recipe stands, what it asks with, the packages to be named, and how it is run.

    `folders` are those of `.clients` that its Python sees; `answer` gets a folder in which `movies.duckdb` lies.
    """

    name: str
    recipe: str
    asks: str
    packages: tuple[str, ...]
    answer: Callable[[Client, Path], Rows]
    folders: tuple[str, ...] = ()

    def block(self) -> tuple[str, str]:
        """Return the file's name that a recipe has, or "", and its text: the first block with a name, or that asks."""
        page, _, section = self.recipe.partition("#")
        text = (DOCS / page).read_text(encoding="utf-8")
        if section:
            heading = section.replace("-", "[- ]")
            text = re.split(rf"^## {heading}$", text, flags=re.M | re.I)[1].split("\n## ")[0]
        blocks = re.findall(r"^```\w+\n(.*?)^```$", text, re.M | re.S)
        named = [(found[1], one) for one in blocks if (found := re.match(r"(?:#|//|--) ([\w.]+)\n", one))]
        return named[0] if named else ("", next(one for one in blocks if "similar_movies(" in one))

    def tested_with(self) -> str:
        """Return the packages with their versions, as installed."""
        return ", ".join(f"{one} {self._version(one)}" for one in self.packages)

    def _version(self, package: str) -> str:
        if package.startswith("@"):
            described = shells.installed("node") / "node_modules" / package / "package.json"
            return str(json.loads(described.read_text(encoding="utf-8"))["version"])
        for folder in reversed(self.folders):
            for found in Distribution.discover(name=package, path=[str(shells.installed(folder))]):
                return found.version
        return Distribution.from_name(package).version


def _run(client: Client, place: Path, command: list[str] | str) -> str:
    folders = [str(shells.installed(one)) for one in client.folders]
    path = os.pathsep.join([str(place), os.environ["PATH"]])
    environment = {
        "PYTHONPATH": os.pathsep.join(folders),
        "PATH": path,
        "HOME": str(place),
        "XDG_CONFIG_HOME": str(place),
    }
    done = subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=place,
        env={**os.environ, **environment, "TERM": "xterm", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def _printed(text: str) -> Rows:
    found = [_ROW.match(line.strip()) for line in text.splitlines()]
    return [(int(one[1]), one[2]) for one in found if one]


def _program(client: Client, place: Path) -> Rows:
    """Run the recipe as a file of Python or IPython."""
    name, text = client.block()
    name = name or "ask.py"
    (place / name).write_text(text, encoding="utf-8")
    ipython = ["-m", "IPython", "--no-banner", "--colors=NoColor"] if name.endswith(".ipy") else []
    return _printed(_run(client, place, [sys.executable, *ipython, name]))


def _harlequin(client: Client, place: Path) -> Rows:
    _name, text = client.block()
    return _printed(_run(client, place, [sys.executable, "-c", _HARLEQUIN, "movies.duckdb", text.strip()]))


def _shell(version: str) -> Callable[[Client, Path], Rows]:
    def answer(client: Client, place: Path) -> Rows:
        (place / "duckdb").symlink_to(shells.binary(version))
        _name, text = client.block()
        return _printed(_run(client, place, text.strip().removeprefix("$ ")))

    return answer


def _node(client: Client, place: Path) -> Rows:
    if shutil.which("node") is None:
        pytest.skip("Node is not on this machine")
    name, text = client.block()
    (place / name).write_text(text, encoding="utf-8")
    (place / "node_modules").symlink_to(shells.installed("node") / "node_modules")
    return [(rank, title) for rank, _movie_id, title in json.loads(_run(client, place, ["node", name]))]


def _browser(_client: Client, place: Path) -> Rows:
    return browser_page.ask(place / "movies.duckdb", place).rows


def _dbt(client: Client, place: Path) -> Rows:
    """Build the recipe as the only model of the example's project."""
    name, text = client.block()
    for file in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(shells.ROOT / "examples" / "dbt" / file, place)
    (place / "models").mkdir()
    (place / "models" / name).write_text(text, encoding="utf-8")
    run = "from dbt.cli.main import cli; cli(['run', '--profiles-dir', '.'])"
    _run(client, place, [sys.executable, "-c", run])
    with duckdb.connect(str(place / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(f"SELECT rank, title FROM {name.removesuffix('.sql')} ORDER BY rank").fetchall()


_HERE = "`recstore.connect`"
CLIENTS = [
    Client("Python, DuckDB 2.0", "clients.md#python", "`duckdb.connect`", ("duckdb",), _program),
    Client("Python, DuckDB 1.5", "clients.md#python", "`duckdb.connect`", ("duckdb",), _program, ("duckdb-1.5",)),
    Client("Python, DuckDB 1.4", "clients.md#python", "`duckdb.connect`", ("duckdb",), _program, ("duckdb-1.4",)),
    Client("pandas", "clients.md#pandas", _HERE, ("pandas",), _program),
    Client("polars", "clients.md#polars", _HERE, ("polars",), _program),
    Client("Arrow", "clients.md#arrow", _HERE, ("pyarrow",), _program),
    Client("ibis", "clients.md#ibis", _HERE, ("ibis-framework", "duckdb"), _program, _BELOW_2),
    Client("JupySQL", "clients.md#jupysql", _HERE, ("jupysql",), _program, ("notebooks",)),
    Client("marimo", "clients.md#marimo", _HERE, ("marimo",), _program, ("notebooks",)),
    Client("Harlequin", "clients.md#harlequin", "the file", ("harlequin",), _harlequin, ("notebooks",)),
    Client("DuckDB shell 1.5", "clients.md#duckdb-shell", "the file", ("duckdb-cli",), _shell("1.5"), ("shell-1.5",)),
    Client("DuckDB shell 1.4", "clients.md#duckdb-shell", "the file", ("duckdb-cli",), _shell("1.4"), ("shell-1.4",)),
    Client("Node", "node.md", "the file", ("@duckdb/node-api",), _node),
    Client("A page in the browser (WASM)", "browser.md", "the file, by HTTP", ("@duckdb/duckdb-wasm",), _browser),
    Client("SQLAlchemy", "sqlalchemy.md", "`recstore:///…`", ("sqlalchemy", "duckdb-sqlalchemy"), _program),
    Client("dbt", "dbt.md", "`recstore.dbt`", ("dbt-core", "dbt-duckdb"), _dbt, ("dbt",)),
]
BY_NAME = {client.name: client for client in CLIENTS}


def run(client: Client, store: Path) -> Rows:
    """Run a recipe in a folder of its own, over a store; return the rows that it gave."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "movies.duckdb").symlink_to(store)
        return client.answer(client, Path(name))


def right(store: Path) -> Rows:
    """Return the rows that every client must give."""
    with duckdb.connect(str(store), read_only=True) as connection:
        return connection.execute(QUESTION).fetchall()


def row(client: Client, rows: Rows, expected: Rows) -> str:
    """Return the row of the page's table about a client that gave `rows`."""
    page, _, section = client.recipe.partition("#")
    link = f"#{section}" if page == PAGE.name else page
    same = sum(one == other for one, other in zip(rows, expected, strict=False))
    cells = (f"[{client.name}]({link})", client.asks, client.tested_with(), f"{same} of {len(expected)}")
    return f"| {' | '.join(cells)} |"


def rows_of_page() -> list[str]:
    """Return the rows of the page's first table."""
    return list(_lines(PAGE.read_text(encoding="utf-8").splitlines()))


def _lines(lines: list[str]) -> Iterator[str]:
    start = next(number for number, line in enumerate(lines) if line.startswith("|---"))
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            return
        yield line


if __name__ == "__main__":
    asked = Path(sys.argv[1]).resolve()
    expected = right(asked)
    made = [row(client, run(client, asked), expected) for client in CLIENTS]
    text = PAGE.read_text(encoding="utf-8")
    before = "\n".join(rows_of_page())
    PAGE.write_text(text.replace(before, "\n".join(made)), encoding="utf-8")
