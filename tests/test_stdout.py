"""stdout is data alone: no connection that recstore makes draws a progress bar on it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from repeated import repeated

import recstore

ROOT = Path(__file__).parents[1]
#: What code may call in the module duckdb: all else makes a connection, or uses the one that the module keeps.
HARMLESS = {"__version__.startswith", "tokenize", "list_type", "sqltype", "type", "struct_type", "OutOfMemoryException"}
_BAR = "SELECT value FROM duckdb_settings() WHERE name LIKE 'enable_progress_bar%' ORDER BY name"

# Without a file DuckDB takes the session for an interactive one. The slow query takes 3 seconds on any machine.
_SLOW = """
import sys, time, duckdb, recstore
from recstore.opening import open_connection

def run(con, n):
    begun = time.perf_counter()
    con.execute("SET threads = 1")
    con.execute(f"SELECT sum(hash(range)) FROM range({n})").fetchall()
    return time.perf_counter() - begun

n = 1_000_000
while (seconds := run(recstore.connect(sys.argv[1]), n)) < 0.2:
    n *= 4
con = duckdb.connect() if sys.argv[2] == "plain" else recstore.connect(sys.argv[1])
taken = run(con.cursor() if sys.argv[2] == "cursor" else con, int(n * 4 / seconds))
print("rows", taken > 2, flush=True)
"""


def slow(store: Path, which: str) -> str:
    command = [sys.executable, "-c", _SLOW, str(store), which]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("which", repeated(["connection", "cursor"]))
def test_a_slow_query_draws_nothing(which, sample_store):
    assert slow(sample_store, which) in ("rows True\n", "rows False\n")


def calls_of_duckdb(path: Path) -> list[str]:
    """Return the functions of the module duckdb that a file calls; classes do not count."""
    called = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "duckdb":
            called += [alias.name for alias in node.names]
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("duckdb."):
            called.append(ast.unparse(node.func).removeprefix("duckdb."))
    return called


def test_only_one_place_makes_connections():
    files = [*ROOT.glob("recstore/**/*.py"), *ROOT.glob("loaders/**/*.py")]
    found = [(path.name, name) for path in files for name in calls_of_duckdb(path) if name not in HARMLESS]
    assert found == [("opening.py", "connect")]


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_connection_that_is_given_is_left_as_it_is(value, sample_store):
    with duckdb.connect() as con:
        con.execute(f"SET enable_progress_bar = {value}")
        before = con.execute(_BAR).fetchall()
        recstore.attach(con, sample_store)
        assert con.execute(_BAR).fetchall() == before
        assert len(con.execute("FROM rec.similar_movies(1, k := 3)").fetchall()) == 3
        assert con.execute(_BAR).fetchall() == before
