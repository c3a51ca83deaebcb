"""What somebody wrote into a store that another one lacks: named before the one takes the place of the other."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import stored_catalogs
from recstore.errors import StoreError, first_line
from recstore.store.definition import Definition, definition
from recstore.store.file import info, name_tables_of

_SQL = "recstore.store.sql"
_ROWS = "rows_published"


def record_rows(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Write into a store how many rows its source tables are published with, and a digest of them."""
    table = f"{sql.identifier(database)}.main.store_info"
    found = {"duckdb": duckdb.__version__, **_digests(connection, database)}
    connection.execute(f"DELETE FROM {table} WHERE key = ?", [_ROWS])
    connection.execute(f"INSERT INTO {table} (key, value) VALUES (?, ?)", [_ROWS, json.dumps(found)])


def would_be_lost(path: object, lost: list[str]) -> str:
    """Say that what is lost keeps a store where it is."""
    return (
        f"{path} holds what was written to it since, and would be lost: {', '.join(lost)}. Nothing was changed. "
        "Save it elsewhere first, or say --discard to do without it."
    )


def what_is_lost(connection: duckdb.DuckDBPyConnection, old: str, new: str) -> list[str]:
    """Return what somebody wrote into the attached store `old` and is not in `new`, in words.

    These are objects that are not recstore's, and their rows; columns and spaces; and rows of the source tables, where
    these are not as they were published. What of a damaged store cannot be compared counts as lost.
    """
    try:
        return list(_lost(connection, old, new))
    except (StoreError, duckdb.Error) as error:
        return [f"whatever was written to it, which is damaged and cannot be compared ({first_line(error)})"]
    finally:
        name_tables_of(connection, new)


def _lost(connection: duckdb.DuckDBPyConnection, old: str, new: str) -> Iterator[str]:
    catalogs = stored_catalogs(connection, old)
    own = definition(catalogs)
    before, after = (_objects(connection, database, own) for database in (old, new))
    differing = [thing for thing in before if after.get(thing) != before[thing]]
    yield from (f"the {kind} {name}" for kind, _schema, name in differing)
    name_tables_of(connection, old)
    for kind, schema, table in before:
        if kind == "table" and (kind, schema, table) not in differing:
            yield from _rows_lost(connection, old, new, schema, table, ["*"])
    for catalog in catalogs:
        for table in _changed(connection, old, catalog.source_tables):
            yield from _rows_lost(connection, old, new, "main", table, own.columns(table))
        theirs, there = (_user_spaces(connection, database, catalog) for database in (old, new))
        yield from (f"the space {space} of {catalog.name}" for space in sorted(theirs - there))


def _objects(connection: duckdb.DuckDBPyConnection, database: str, own: Definition) -> dict[tuple[str, str, str], str]:
    """Return kind, schema and name of what is not recstore's, with its definition."""
    names = [*own.tables, *own.views, *(name for name, _kind in own.macros)]
    columns = [f"{table}.{column}" for table in own.tables for column in own.columns(table)]
    values = {"database": database, "own": names, "columns": columns}
    rows = connection.execute(sql.read(_SQL, "foreign_definitions"), values).fetchall()
    return {(kind, schema, name): text for kind, schema, name, text in rows}


def _rows_lost(
    connection: duckdb.DuckDBPyConnection, old: str, new: str, schema: str, table: str, columns: list[str]
) -> Iterator[str]:
    """Say how many rows of a table are lost, if any are."""
    listed = ", ".join(column if column == "*" else sql.identifier(column) for column in columns)
    name = f"{sql.identifier(schema)}.{sql.identifier(table)}"
    query = f"SELECT count(*) FROM (SELECT {listed} FROM {old}.{name} EXCEPT ALL SELECT {listed} FROM {new}.{name})"
    rows = connection.execute(query).fetchall()[0][0]
    if rows:
        yield f"{rows:,} rows of {table}"


def _changed(connection: duckdb.DuckDBPyConnection, database: str, tables: tuple[str, ...]) -> list[str]:
    """Return those of the tables that are not as they were published; of a store that does not say, none.

    Where what it says cannot be read, all may be.
    """
    try:
        recorded = json.loads(info(connection, database).get(_ROWS, "{}"))
        written_by = recorded.pop("duckdb", None)
        known = {table: (count, digest) for table, (count, digest) in recorded.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return list(tables)
    found = _digests(connection, database)
    # Another DuckDB may hash otherwise.
    compared = 2 if written_by == duckdb.__version__ else 1
    return [table for table in tables if table in known and known[table][:compared] != found[table][:compared]]


def _digests(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, tuple[int, str]]:
    """Return the number of rows of each source table, and a digest of them."""
    digests: dict[str, tuple[int, str]] = {}
    catalogs = stored_catalogs(connection, database)
    own = definition(catalogs)
    for catalog in catalogs:
        for table in catalog.source_tables:
            columns = ", ".join(sql.identifier(column) for column in own.columns(table))
            query = f"SELECT count(*), CAST(bit_xor(hash({columns})) AS VARCHAR) FROM {database}.main.{table}"
            count, digest = connection.execute(query).fetchall()[0]
            digests[table] = count, digest
    return digests


def _user_spaces(connection: duckdb.DuckDBPyConnection, database: str, catalog: Catalog) -> set[str]:
    query = sql.render(_SQL, "user_spaces", old=database, vectors=catalog.vectors)
    rows = connection.execute(query, {"catalog": catalog.name, "made": list(catalog.made)}).fetchall()
    return {space for space, _is_default, _recipe in rows}
