"""Functions of view databases, made once and copied from then on: DuckDB 2.0 takes long to parse them.

A copy of what stands in a file binds nothing and parses nothing: 10 ms instead of half a second for two catalogues. The
file is kept in the user's cache, under the digest of its text; where nothing can be kept, it serves one process. The
functions of a store are not copied so: DuckDB prints a copy a little differently, and `check` compares what it prints.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache as once
from pathlib import Path

import duckdb

from recstore import cache, sql
from recstore.scratch import scratch_folder
from recstore.store.file import STORAGE_VERSION

_NAME = "_rs_prepared"
_lock = threading.RLock()


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
            with _prepared(text, make) as path:
                _copy(connection, path, database)
        except (duckdb.Error, OSError):
            connection.execute(written(f"{sql.identifier(database)}.main."))


@contextmanager
def _prepared(what: str, make: Callable[[Path], None]) -> Iterator[Path]:
    """Yield the file that `make` makes of `what`: from the cache, else from this process's folder, made if need be.

    The file may be gone when the block ends.
    """
    # What a version of DuckDB writes is for that version alone.
    name = f"{hashlib.sha256(f'{duckdb.__version__} {what}'.encode()).hexdigest()}.duckdb"
    cached = cache.folder() / cache.FUNCTIONS / name
    with cache.held(cached) as is_safe:
        if is_safe:
            with suppress(OSError):
                os.utime(cached)
            yield cached
            return
    made = _folder(os.getpid(), os.geteuid() if hasattr(os, "geteuid") else 0) / name
    if not made.exists():
        make(made)
    with suppress(OSError):
        _keep(made, cached)
    yield made


def _keep(made: Path, cached: Path) -> None:
    with cache.new_file(cache.ready_folder(cache.FUNCTIONS)) as (descriptor, part):
        with made.open("rb") as source, os.fdopen(os.dup(descriptor), "wb") as kept:
            shutil.copyfileobj(source, kept)
        part.replace(cached)
    cache.trim()


@once
def _folder(process: int, _user: int) -> Path:
    """Return the folder of a process for what is prepared; it goes when that process ends, and no fork of it."""
    kept = ExitStack()
    atexit.register(lambda: kept.close() if os.getpid() == process else None)
    return kept.enter_context(scratch_folder())


def _attached(path: Path) -> str:
    return f"ATTACH {sql.literal(str(path))} AS {_NAME} (STORAGE_VERSION {sql.literal(STORAGE_VERSION)}, READ_WRITE);\n"


def _copy(connection: duckdb.DuckDBPyConnection, path: Path, database: str) -> None:
    """Copy the functions in a file; one that cannot be read is removed, so that it is made anew when next asked for."""
    try:
        connection.execute(f"ATTACH {sql.literal(str(path))} AS {_NAME} (READ_ONLY)")
        try:
            connection.execute(f"COPY FROM DATABASE {_NAME} TO {sql.identifier(database)} (SCHEMA)")
        finally:
            connection.execute(f"DETACH {_NAME}")
    except duckdb.PermissionException:
        # It is the connection that may open no file.
        raise
    except duckdb.Error:
        path.unlink(missing_ok=True)
        raise
