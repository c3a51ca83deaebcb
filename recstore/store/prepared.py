"""Views and functions that are made once in a process, and copied from then on: DuckDB 2.0 takes long to parse them.

A copy of what stands in a file binds nothing and parses nothing: 10 ms instead of half a second for two catalogues.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs import render
from recstore.catalogs.catalog import Catalog
from recstore.opening import open_connection
from recstore.scratch import scratch_folder
from recstore.store.file import STORAGE_VERSION

_NAME = "_rs_prepared"
_lock = threading.RLock()
_files: dict[str, Path] = {}


@cache
def _folder() -> Path:
    """Return the folder of this process for what is prepared: it goes when the process ends."""
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(scratch_folder())


def copy_definitions(connection: duckdb.DuckDBPyConnection, catalogs: tuple[Catalog, ...], database: str) -> None:
    """Create the views and functions of a store of these catalogues in an attached database that has their tables."""
    with _lock:
        _copy(connection, _definitions(catalogs), database)


@cache
def _definitions(catalogs: tuple[Catalog, ...]) -> Path:
    path = _folder() / f"store-{len(_files)}-{abs(hash(catalogs))}.duckdb"
    with open_connection() as making:
        making.execute(f"{_attached(path)}USE {_NAME}")
        making.execute(render.render_tables(catalogs))
        making.execute(f"BEGIN;\n{render.render_views(catalogs)}{render.render_functions(catalogs)}COMMIT;")
        tables = making.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = ?", [_NAME]).fetchall()
        making.execute("".join(f"DROP TABLE {sql.identifier(table)};\n" for (table,) in tables))
        making.execute(f"USE memory; DETACH {_NAME}")
    return path


def create_functions(connection: duckdb.DuckDBPyConnection, written: Callable[[str], str], database: str) -> None:
    """Create the functions that `written` writes for a prefix, such as `"rec".main.`, in an attached database.

    Where the connection may open no file, they are made from their text.
    """
    text = written(f"{_NAME}.main.")
    with _lock:
        with suppress(duckdb.Error):
            if text not in _files:
                path = _folder() / f"functions-{len(_files)}.duckdb"
                connection.execute(_attached(path))
                try:
                    connection.execute(f"BEGIN;\n{text}COMMIT;")
                finally:
                    connection.execute(f"DETACH {_NAME}")
                _files[text] = path
            _copy(connection, _files[text], database)
            return
        connection.execute(written(f"{sql.identifier(database)}.main."))


def _attached(path: Path) -> str:
    return f"ATTACH {sql.literal(str(path))} AS {_NAME} (STORAGE_VERSION {sql.literal(STORAGE_VERSION)}, READ_WRITE);\n"


def _copy(connection: duckdb.DuckDBPyConnection, path: Path, database: str) -> None:
    connection.execute(f"ATTACH {sql.literal(str(path))} AS {_NAME} (READ_ONLY)")
    try:
        connection.execute(f"COPY FROM DATABASE {_NAME} TO {sql.identifier(database)} (SCHEMA)")
    finally:
        connection.execute(f"DETACH {_NAME}")
