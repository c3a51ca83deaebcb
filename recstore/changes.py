"""What changed from the version before to the store of now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalog import CATALOGS
from recstore.errors import StoreError
from recstore.store import attach_store, open_connection
from recstore.versions import versions

_CHANGES = "recstore.schema.changes"
_TOP = 10


@dataclass(frozen=True)
class TableChange:
    """Rows of one table before and now; None where there is no such table."""

    table: str
    before: int | None
    now: int | None


@dataclass(frozen=True)
class SpaceChange:
    """How many items of a space are there before and now, and for how many of those the first 10 differ."""

    catalog: str
    space: str
    items: int
    changed: int


def diff(path: str | os.PathLike[str]) -> tuple[list[TableChange], list[SpaceChange]]:
    """Compare the store at `path` with the version before it; a `StoreError` where there is none."""
    store = Path(path)
    with open_connection() as connection:
        attach_store(connection, store, "now")
        found = versions(store)
        if not found:
            raise StoreError(f"There is no version before {path} to compare it with.")
        attach_store(connection, found[0], "before")
        before, now = _counts(connection, "before"), _counts(connection, "now")
        tables = [TableChange(name, before.get(name), now.get(name)) for name in sorted(before.keys() | now.keys())]
        spaces = []
        for catalog in CATALOGS.values():
            query = sql.render(
                _CHANGES, "top_changed", neighbors=catalog.neighbors, key=catalog.key, before="before", now="now"
            )
            rows = connection.execute(query, {"k": _TOP}).fetchall()
            spaces += [SpaceChange(catalog.name, space, items, changed) for space, items, changed in rows]
    return tables, spaces


def _counts(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, int]:
    rows = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ?", [database]
    ).fetchall()
    counts = {}
    for schema, table in rows:
        name = f"{sql.identifier(database)}.{sql.identifier(schema)}.{sql.identifier(table)}"
        count = connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
        counts[table if schema == "main" else f"{schema}.{table}"] = count
    return counts
