"""What recstore itself keeps in a store, read from an empty one: everything else in a file is its user's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

import duckdb

from recstore import sql
from recstore.catalogs import render
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.checks import all_tables
from recstore.opening import open_connection
from recstore.store.parsed import signatures
from recstore.store.prepared import prepared

_SQL = "recstore.store.sql"
_MADE = "_rs_definitions"


@dataclass(frozen=True)
class Column:
    """A column of a table: what DuckDB says it takes, and what fills it where nothing is given."""

    name: str
    kind: str
    is_required: bool
    default: str | None


@dataclass(frozen=True)
class Overload:
    """One way to call a macro: the names and types of its parameters, and its body as DuckDB prints it."""

    parameters: tuple[str, ...]
    types: str
    body: str


@dataclass(frozen=True)
class Definition:
    """The objects of a store, all in its schema `main`.

    `tables` maps each table to its columns in order. `views` map each to its definition, as DuckDB prints it; `macros`
    map each, by name and kind (`macro` or `table_macro`), to its overloads. `constraints` are (table, kind, columns).
    `comments` are those of tables, views and macros, by kind and name. `signatures` say how each table macro can be
    called, defaults included, and `column_comments` what each (table, column) is said to hold, of an empty store alone.
    """

    tables: dict[str, list[Column]]
    views: dict[str, str]
    macros: dict[tuple[str, str], tuple[Overload, ...]]
    constraints: frozenset[tuple[str, str, tuple[str, ...]]]
    comments: dict[tuple[str, str], str]
    signatures: dict[str, str] = field(default_factory=dict)
    column_comments: dict[tuple[str, str], str] = field(default_factory=dict)

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns of a table; none where there is no such table."""
        return [column.name for column in self.tables.get(table, [])]


@cache
def definition(catalogs: tuple[Catalog, ...]) -> Definition:
    """Make an empty store with some catalogues and return what is in it."""
    with open_connection() as connection:
        connection.execute(f"ATTACH ':memory:' AS empty; USE empty;\n{render.render_tables(catalogs)}")
        put_definitions(connection, catalogs, "empty")
        own = read_objects(connection, "empty")
        return replace(
            own,
            signatures={name: signatures(connection, "empty", name) for name, _kind in own.macros},
            column_comments=column_comments(connection, "empty"),
        )


def put_definitions(connection: duckdb.DuckDBPyConnection, catalogs: tuple[Catalog, ...], database: str) -> None:
    """Create the views and functions of a store of these catalogues in an attached database that has their tables.

    They are copied from a kept file. So they are as DuckDB reads them from one, which it prints a little differently
    from what it has just parsed. And nothing is bound: where a view is made, a macro of the user's comes before a
    function of DuckDB's.
    """
    # On a cursor of its own, so that the connection stays where it is.
    with connection.cursor() as making, prepared(making, _text(catalogs), _MADE):
        connection.execute(f"COPY FROM DATABASE {_MADE} TO {sql.identifier(database)} (SCHEMA)")


@lru_cache(maxsize=2)
def _text(catalogs: tuple[Catalog, ...]) -> str:
    """Return the SQL that makes the views and functions of a store in an empty database, and leaves nothing else."""
    tables = "".join(f"DROP TABLE {table};\n" for table in all_tables(catalogs))
    made = render.render_views(catalogs) + render.render_functions(catalogs)
    return f"USE {_MADE};\n{render.render_tables(catalogs)}\nBEGIN;\n{made}COMMIT;\n{tables}USE memory;\n"


def read_objects(connection: duckdb.DuckDBPyConnection, database: str, *, with_macros: bool = True) -> Definition:
    """Return the objects in the schema `main` of an attached database; nothing in it is bound or evaluated."""

    def ask(name: str) -> list[Any]:
        return connection.execute(sql.read(_SQL, name), {"database": database}).fetchall()

    tables, views, macros = ask("tables"), ask("views"), ask("macros") if with_macros else []
    comments = {("table", name): comment for name, comment in tables}
    comments |= {("view", name): comment for name, _text, comment in views}
    comments |= {(kind, name): comment for name, kind, _overloads, comment in macros}
    return Definition(
        _columns(connection, database, [table for table, _comment in tables]),
        {view: text for view, text, _comment in views},
        {(name, kind): _read(found) for name, kind, found, _comment in macros},
        frozenset((table, kind, tuple(columns)) for table, kind, columns in ask("constraints")),
        {what: comment for what, comment in comments.items() if comment is not None},
    )


def column_comments(connection: duckdb.DuckDBPyConnection, database: str) -> dict[tuple[str, str], str]:
    """Return what the columns of the schema `main` are said to hold. This may bind the views of the database."""
    rows = connection.execute(sql.read(_SQL, "column_comments"), {"database": database}).fetchall()
    return {(table, column): comment for table, column, comment in rows}


def _columns(connection: duckdb.DuckDBPyConnection, database: str, tables: list[str]) -> dict[str, list[Column]]:
    """Return the columns of tables. `duckdb_columns` tells as much, and binds views to tell it."""
    found = dict[str, list[Column]]((table, []) for table in tables)
    asked = [
        sql.render(
            _SQL,
            "columns_of_table",
            table=sql.literal(table),
            name=sql.literal(f"{sql.identifier(database)}.main.{sql.identifier(table)}"),
        )
        for table in tables
    ]
    for table, _place, *column in connection.execute(" UNION ALL ".join(asked)).fetchall() if asked else ():
        found[table].append(Column(*column))
    return found


def _read(found: list[dict[str, Any]]) -> tuple[Overload, ...]:
    return tuple(Overload(tuple(one["parameters"]), one["types"], one["definition"]) for one in found)
