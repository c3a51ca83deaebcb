"""The manifest of a store: what the file is, what it holds and where that came from, to be signed and compared."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import duckdb

from recstore import sql
from recstore.catalogs.render import attached_relation
from recstore.errors import StoreError
from recstore.opening import open_connection
from recstore.paths import typed
from recstore.store.damage import told_when_damaged
from recstore.store.digest import DIGEST, content_lines, digest_of
from recstore.store.file import NO_EXTENSIONS, attach_store, close_off, info, restrain, wal_of

_STORE = "described_store"


def manifest(path: str | os.PathLike[str], *, untrusted: bool = False) -> dict[str, Any]:
    """Describe the store at `path`: its bytes, its contents, its builds and their sources, and its tables.

    The digest of the contents and the numbers of rows are computed, not copied from the file. No view or function of
    the file is run. Paths of this machine stand only among the sources. With `untrusted` memory and threads are
    limited. Raises `StoreError` where the file is no store, or where a write-ahead log lies beside it: then not all
    that the store holds is in the file.
    """
    store = typed(path)
    with told_when_damaged(store, untrusted=untrusted), open_connection(config=NO_EXTENSIONS) as connection:
        if untrusted:
            restrain(connection)
        attach_store(connection, store, _STORE)
        if wal_of(store).exists():
            raise StoreError(f"{wal_of(store)} is not merged into {path}: open the store once with DuckDB.")
        close_off(connection)
        facts = info(connection, _STORE)
        lines = content_lines(connection, _STORE)
        described = {
            "store": {
                key: facts.get(key)
                for key in ("format_version", "recstore_version", "duckdb_version", "build_id", "built_at")
            },
            "content_digest": digest_of(lines),
            "content_digest_recorded": facts.get(DIGEST),
            "sources": _sources(connection),
            "tables": _tables(connection),
        }
    # Not before the store is closed: the system lets go of a process's locks on a file as soon as it closes it once.
    with store.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    return {"file": {"sha256": digest, "bytes": size}, **described}


def manifest_differences(recorded: Any, now: Any, place: str = "") -> list[str]:  # noqa: ANN401 - whatever JSON holds
    """Return the differences of two manifests, one line each: `place: recorded there, found here`."""
    if isinstance(recorded, dict) and isinstance(now, dict):
        return [
            line
            for key in sorted(recorded.keys() | now.keys())
            for line in manifest_differences(recorded.get(key), now.get(key), f"{place}.{key}".lstrip("."))
        ]
    return [] if recorded == now else [f"{place}: {recorded!r} in the manifest, {now!r} in the store"]


def _sources(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = connection.execute(sql.render("recstore.reports.sql", "sources", store=_STORE)).fetchall()
    return [
        dict(zip(("catalog", "source", "file", "bytes", "sha256", "rows", "rejects"), row, strict=True)) for row in rows
    ]


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'main' ORDER BY ALL", [_STORE]
    ).fetchall()
    relation = attached_relation(_STORE)
    return {name: connection.execute(f"SELECT count(*) FROM {relation(name)}").fetchall()[0][0] for (name,) in names}
