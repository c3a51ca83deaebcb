"""A store file: what it says of itself, and how it is opened."""

from __future__ import annotations

from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalog import CATALOGS, COMMON_TABLES
from recstore.errors import StoreError

FORMAT_VERSION = 1
#: Files of this storage version are opened by DuckDB 1.4, 1.5 and 2.0 alike, and stay so when 2.0 writes to them.
STORAGE_VERSION = "v1.4.0"
_MAGIC = b"DUCK"


def own_tables() -> set[str]:
    """Return the names of all tables that recstore itself keeps in a store."""
    return {table for catalog in CATALOGS.values() for table in catalog.tables} | set(COMMON_TABLES)


def check_file(path: Path) -> None:
    """Raise a `StoreError` that says what is wrong if `path` is no DuckDB file that can be read."""
    if not path.exists():
        raise StoreError(f"There is no store at {path}. Build one with: recstore build {path} --movielens SOURCE")
    if path.is_dir():
        raise StoreError(f"{path} is a folder, not a store.")
    try:
        with path.open("rb") as file:
            beginning = file.read(12)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}).") from error
    if beginning[8:12] != _MAGIC:
        raise StoreError(f"{path} is not a DuckDB file, so it is no store. Pass another path.")


def attach_store(connection: duckdb.DuckDBPyConnection, path: Path, database: str) -> None:
    """Attach the store at `path`, read-only, as `database`; a `StoreError` says why it cannot be."""
    check_file(path)
    name = sql.identifier(database)
    try:
        connection.execute(f"ATTACH {sql.literal(str(path.resolve()))} AS {name} (READ_ONLY)")
    except duckdb.Error as error:
        raise StoreError(f"{path} cannot be opened: {_first_line(error)}") from error
    try:
        known = connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = 'store_info'", [database]
        ).fetchall()[0][0]
        if not known:
            raise StoreError(f"{path} is a DuckDB file but no store: it has no table store_info.")
        version = int(info(connection, database)["format_version"])
        if version > FORMAT_VERSION:
            raise StoreError(
                f"{path} has format {version}, and this recstore reads up to {FORMAT_VERSION}: upgrade recstore."
            )
    except BaseException:
        connection.execute(f"DETACH {name}")
        raise


def info(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, str]:
    """Return the rows of `store_info` of an attached store."""
    rows = connection.execute(f"SELECT key, value FROM {sql.identifier(database)}.main.store_info").fetchall()
    return dict(rows)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
