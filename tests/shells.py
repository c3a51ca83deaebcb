"""Runs a SQL script in every client that is there: Python and the shell in several versions, and Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLIENTS = ROOT / ".clients"

_IN_PYTHON = """
import sys, duckdb
database, script = sys.argv[1:]
connection = duckdb.connect(database, read_only=database != ":memory:")
for statement in open(script, encoding="utf-8").read().split(";\\n"):
    if statement.strip():
        connection.execute(statement).fetchall()
"""

#: Builds a store, the first argument, from a release of MovieLens, the second, with whichever DuckDB is imported.
BUILD = "import sys, recstore; recstore.build(sys.argv[1], {'movielens': sys.argv[2]})"


def installed(name: str) -> Path:
    folder = CLIENTS / name
    if not folder.exists():
        pytest.skip(f"{name} is not installed; run: make clients")
    return folder


def python_with(version: str | None) -> dict[str, str]:
    """Return an environment in which `import duckdb` gives that version; None is the one we are locked to."""
    path = [str(installed(f"duckdb-{version}"))] if version else []
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def _python(version: str | None) -> Callable[[str, Path], list[str]]:
    return lambda database, script: [sys.executable, "-c", _IN_PYTHON, database, str(script)]


def binary(version: str) -> Path:
    """Return the DuckDB shell of a version."""
    folder = installed(f"shell-{version}")
    return next(path for path in (folder / "duckdb_cli" / "duckdb", folder / "bin" / "duckdb") if path.exists())


def _shell(version: str) -> Callable[[str, Path], list[str]]:
    def command(database: str, script: Path) -> list[str]:
        only = [] if database == ":memory:" else ["-readonly"]
        return [str(binary(version)), "-init", os.devnull, "-bail", *only, database, "-f", str(script)]

    return command


def _node(database: str, script: Path) -> list[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not on this machine")
    return [node, str(ROOT / "tests" / "clients" / "node" / "run.mjs"), str(installed("node")), database, str(script)]


#: Each client by name: the DuckDB version it needs in its environment, and its command line.
ALL: dict[str, tuple[str | None, Callable[[str, Path], list[str]]]] = {
    "python-2.0": (None, _python(None)),
    "python-1.5": ("1.5", _python("1.5")),
    "python-1.4": ("1.4", _python("1.4")),
    "shell-1.5": (None, _shell("1.5")),
    "shell-1.4": (None, _shell("1.4")),
    "node-1.5": (None, _node),
}


def run(client: str, database: str, statements: list[str], scratch: Path) -> None:
    """Run statements in a client; what it says when it fails is the assertion's message."""
    version, command = ALL[client]
    script = scratch / f"{client}.sql"
    script.write_text("".join(f"{statement};\n" for statement in statements), encoding="utf-8")
    done = subprocess.run(
        command(database, script), env=python_with(version), capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr or done.stdout
