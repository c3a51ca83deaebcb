"""Functions of view databases, made once in a process and copied from then on: DuckDB 2.0 takes long to parse them.

A copy of what stands in a file binds nothing and parses nothing: 10 ms instead of half a second for two catalogues. The
functions of a store are not copied so: DuckDB prints a copy a little differently, and `check` compares what it prints.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from itertools import count
from pathlib import Path

import duckdb

from recstore import sql
from recstore.scratch import scratch_folder
from recstore.store.file import STORAGE_VERSION

_NAME = "_rs_prepared"
_lock = threading.RLock()
_made: dict[tuple[int, int, str], Path] = {}
_numbers = count()


def create_functions(connection: duckdb.DuckDBPyConnection, written: Callable[[str], str], database: str) -> None:
    """Create the functions that `written` writes for a prefix, such as `"rec".main.`, in an attached database.

    Where the connection may open no file, they are made from their text.
    """
    text = written(f"{_NAME}.main.")

    def make(path: Path) -> None:
        connection.execute(_attached(path))
        try:
            connection.execute(f"BEGIN;\n{text}COMMIT;")
        finally:
            connection.execute(f"DETACH {_NAME}")

    with _lock:
        try:
            _copy(connection, _prepared(text, make), database)
        except (duckdb.Error, OSError):
            connection.execute(written(f"{sql.identifier(database)}.main."))


def _prepared(what: str, make: Callable[[Path], None]) -> Path:
    """Return the file that `make` makes of `what`: once for a process and the user that it runs as."""
    key = (os.getpid(), os.geteuid() if hasattr(os, "geteuid") else 0, what)
    path = _made.get(key)
    if path is None or not path.exists():
        path = _folder(*key[:2]) / f"{next(_numbers)}.duckdb"
        make(path)
        _made[key] = path
    return path


@cache
def _folder(process: int, _user: int) -> Path:
    """Return the folder of a process for what is prepared; it goes when that process ends, and no fork of it."""
    kept = ExitStack()
    atexit.register(lambda: kept.close() if os.getpid() == process else None)
    return kept.enter_context(scratch_folder())


def _attached(path: Path) -> str:
    return f"ATTACH {sql.literal(str(path))} AS {_NAME} (STORAGE_VERSION {sql.literal(STORAGE_VERSION)}, READ_WRITE);\n"


def _copy(connection: duckdb.DuckDBPyConnection, path: Path, database: str) -> None:
    connection.execute(f"ATTACH {sql.literal(str(path))} AS {_NAME} (READ_ONLY)")
    try:
        connection.execute(f"COPY FROM DATABASE {_NAME} TO {sql.identifier(database)} (SCHEMA)")
    finally:
        connection.execute(f"DETACH {_NAME}")
