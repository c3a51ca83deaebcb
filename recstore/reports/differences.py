"""What changed from the version before to the store of now."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.registry import stored_catalogs
from recstore.errors import StoreError
from recstore.opening import open_connection
from recstore.store.damage import told_when_damaged
from recstore.store.digest import LEFT_OUT
from recstore.store.file import NO_EXTENSIONS, attach_store, close_off, require_tables, restrain
from recstore.store.versions import files_of, read_chain

_SQL = "recstore.reports.sql"
_TOP = 10


@dataclass(frozen=True)
class TableChange:
    """Rows of one table before and now; None where there is no such table.

    `removed` rows are before alone, and `added` ones now alone: with both 0 the table holds the same, in any order.
    """

    table: str
    before: int | None
    now: int | None
    removed: int
    added: int


@dataclass(frozen=True)
class SpaceChange:
    """How many items of a space are there before and now, and for how many of those the first 10 differ."""

    catalog: str
    space: str
    items: int
    changed: int


def diff(
    path: str | os.PathLike[str], other: str | os.PathLike[str] | None = None, *, untrusted: bool = False
) -> tuple[list[TableChange], list[SpaceChange]]:
    """Compare what the store at `path` holds with what `other` holds, by default the version before it.

    Tables are compared row by row, whatever the order of rows, by the columns that both have. Raises `StoreError` where
    a store cannot be opened, or there is no version before. With `untrusted` both may come from a stranger, as in
    `connect`.
    """
    store = Path(path)
    with (
        told_when_damaged(store, untrusted=untrusted),
        ExitStack() as stack,
        open_connection(config=NO_EXTENSIONS if untrusted else {}) as connection,
    ):
        if untrusted:
            restrain(connection)
        attach_store(connection, store, "now")
        if other is None:
            found = files_of(store, read_chain(connection, "now"))
            if not found:
                raise StoreError(f"There is no version before {path} to compare it with.")
            other = found[0]
        stack.enter_context(told_when_damaged(other, untrusted=untrusted))
        attach_store(connection, Path(other), "before")
        if untrusted:
            close_off(connection)
            require_tables(connection, store, "now")
            require_tables(connection, Path(other), "before")
        before, now = _tables(connection, "before"), _tables(connection, "now")
        tables = [_compare(connection, name, before.get(name), now.get(name)) for name in sorted(before | now)]
        spaces = []
        there = [catalog.name for catalog in stored_catalogs(connection, "before")]
        for catalog in stored_catalogs(connection, "now"):
            if catalog.name not in there:
                continue
            query = sql.render(
                _SQL, "top_changed", neighbors=catalog.neighbors, key=catalog.key, before="before", now="now"
            )
            rows = connection.execute(query, {"k": _TOP}).fetchall()
            spaces += [SpaceChange(catalog.name, space, items, changed) for space, items, changed in rows]
    return tables, spaces


def same_content(tables: list[TableChange]) -> bool:
    """Tell whether two stores hold the same, apart from when and how they were built."""
    return all(not change.removed and not change.added for change in tables if change.table not in LEFT_OUT)


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """Return the tables of a store as SQL names them in it, with their columns."""
    rows = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? AND NOT internal", [database]
    ).fetchall()
    found = {}
    for schema, table in rows:
        name = f"{sql.identifier(database)}.{sql.identifier(schema)}.{sql.identifier(table)}"
        columns = connection.execute(f"SELECT name FROM pragma_table_info({sql.literal(name)}) ORDER BY cid").fetchall()
        found[table if schema == "main" else f"{schema}.{table}"] = [name, *(column for (column,) in columns)]
    return found


def _compare(
    connection: duckdb.DuckDBPyConnection, table: str, before: list[str] | None, now: list[str] | None
) -> TableChange:
    counts = [
        None if each is None else connection.execute(f"SELECT count(*) FROM {each[0]}").fetchall()[0][0]
        for each in (before, now)
    ]
    if before is None or now is None:
        return TableChange(table, counts[0], counts[1], counts[0] or 0, counts[1] or 0)
    columns = ", ".join(sql.identifier(column) for column in before[1:] if column in now[1:])
    query = sql.render(_SQL, "rows_changed", before=before[0], now=now[0], columns=columns)
    removed, added = connection.execute(query).fetchall()[0]
    return TableChange(table, counts[0], counts[1], removed, added)
