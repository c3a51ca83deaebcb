"""Makes a new store beside the old one and puts it in place whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from recstore import sql
from recstore.errors import StoreError
from recstore.store import STORAGE_VERSION, attach_store, check_file, own_tables

#: The old store, where there is one, is attached to the builder's connection under this name.
OLD = "old_store"
_NEW = "new_store"


@contextmanager
def staged_store(path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, bool]]:
    """Yield a connection whose current database is a new, empty file beside `path`, and whether there is an old store.

    When the block ends well, the file is closed, flushed to disk and renamed to `path` in one step, so that open
    readers keep the old store and new ones see the new. When it does not, the file is removed and `path` is as it
    was. The old store stays attached as `old_store` meanwhile, which keeps writers out of it.
    """
    if not path.parent.is_dir():
        raise StoreError(f"The folder {path.parent} does not exist; make it first.")
    staging = path.with_name(f".{path.name}.staging-{os.getpid()}")
    connection = duckdb.connect()
    try:
        exists = path.exists()
        if exists:
            _settle(path)
            attach_store(connection, path, OLD)
            _refuse_foreign_objects(connection, path)
        try:
            connection.execute(
                f"ATTACH {sql.literal(str(staging))} AS {_NEW} (STORAGE_VERSION {sql.literal(STORAGE_VERSION)})"
            )
        except duckdb.Error as error:
            raise StoreError(f"The folder {path.parent} cannot be written: {str(error).splitlines()[0]}") from error
        connection.execute(f"USE {_NEW}")
        yield connection, exists
        connection.execute(f"USE memory; CHECKPOINT {_NEW}; DETACH {_NEW}")
        _flush(staging)
        staging.replace(path)
        _flush(path.parent)
    finally:
        connection.close()
        for leftover in (staging, staging.with_name(staging.name + ".wal")):
            with suppress(FileNotFoundError):
                leftover.unlink()


def _settle(path: Path) -> None:
    """Bring the write-ahead log of a writer that is gone into the file: beside a new file it would be taken for its."""
    check_file(path)
    if path.with_name(path.name + ".wal").exists():
        try:
            with duckdb.connect(str(path)) as writer:
                writer.execute("CHECKPOINT")
        except duckdb.Error as error:
            raise StoreError(
                f"{path} is open for writing elsewhere, or its .wal file is damaged: {str(error).splitlines()[0]}"
            ) from error


def _refuse_foreign_objects(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND NOT internal ORDER BY ALL", [OLD]
    ).fetchall()
    foreign = [name for (name,) in rows if name not in own_tables()]
    if foreign:
        raise StoreError(
            f"{path} also holds tables that are not recstore's and would be lost: {', '.join(foreign)}. "
            "Move them to a file of their own, or build to another path."
        )


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
