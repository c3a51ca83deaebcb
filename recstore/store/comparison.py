"""Compares what a store defines with what this recstore would: its tables, views and functions, and what shadows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import duckdb

from recstore import sql
from recstore.catalogs import render
from recstore.catalogs.catalog import Catalog
from recstore.opening import open_connection
from recstore.store.definition import Column, Definition, column_comments, definition
from recstore.store.parsed import Comparison, signatures

#: What names functions in brackets and the like: the rest of what is called stands as `name(` in some SQL file.
_SYNTAX = (
    "array_extract", "array_slice", "coalesce", "count_star", "like_escape", "list_slice", "list_value",
    "lag", "not_like_escape", "rank", "row", "row_number", "struct_extract", "struct_pack", "trim",
)  # fmt: skip
_CALL = re.compile(r'\b([a-z_][a-z0-9_]*)"?\s*\(', re.IGNORECASE)
_PACKAGES = tuple(
    f"recstore.{name}"
    for name in (
        "catalogs.audio.sql", "catalogs.movies.sql", "connection.sql", "pipeline.sql", "reports.sql", "schema.checks",
        "schema.checks.catalog", "schema.checks.store", "schema.functions", "schema.views", "sources.sql", "store.sql",
    )
)  # fmt: skip


def lacking(own: Definition, there: Definition) -> str | None:
    """Return the first table or column of this format that is not there, or None."""
    for table, columns in own.tables.items():
        found = there.columns(table)
        if table not in there.tables:
            return table
        for column in columns:
            if column.name not in found:
                return f"{table}.{column.name}"
    return None


def other_columns(own: Definition, there: Definition) -> Iterator[str]:
    """Yield what is another column than this format's, with how it differs."""
    for table, columns in own.tables.items():
        found = {column.name: column for column in there.tables.get(table, [])}
        for column in columns:
            if column.name in found and (how := _otherwise(column, found[column.name])):
                yield f"{table}.{column.name} {how}"


def other_definitions(
    connection: duckdb.DuckDBPyConnection, database: str, own: Definition, there: Definition
) -> Iterator[str]:
    """Yield the names of the functions and views of this format that are not there, or not the same.

    Definitions that read alike are the same, and so are those that parse to the same: it does not matter which DuckDB
    wrote them, nor what the store says of it. No definition is run, or bound to what it names.
    """
    with Comparison() as parsed:
        for (name, kind), overloads in own.macros.items():
            found = there.macros.get((name, kind), ())
            same = (
                [(one.parameters, one.types) for one in found] == [(one.parameters, one.types) for one in overloads]
                and parsed.same_signatures(own.signatures[name], signatures(connection, database, name))
                and all(parsed.same_query(one.body, other.body) for one, other in zip(overloads, found, strict=True))
            )
            if not same:
                yield name
        for view, text in own.views.items():
            if view not in there.views or not parsed.same_query(_query(view, text), _query(view, there.views[view])):
                yield view


def other_comments(
    connection: duckdb.DuckDBPyConnection, database: str, own: Definition, there: Definition
) -> Iterator[str]:
    """Yield the names of tables, views, functions and columns that are said to hold something else.

    Columns are left out where the store has views of its user's: DuckDB may bind them to tell what columns hold.
    """
    for what, comment in own.comments.items():
        if there.comments.get(what) != comment:
            yield what[1]
    (views,) = connection.execute(
        "SELECT count(*) FROM duckdb_views() WHERE database_name = ? AND NOT internal", [database]
    ).fetchall()[0]
    if views == len(own.views):
        found = column_comments(connection, database)
        for (table, column), comment in own.column_comments.items():
            if found.get((table, column)) != comment:
                yield f"{table}.{column}"


def shadowing(there: Definition, catalogs: tuple[Catalog, ...]) -> list[str]:
    """Return the macros of a store that take the place of functions of DuckDB's which recstore's SQL calls, sorted."""
    # Recstore's own have names that DuckDB has not.
    others = {name for name, _kind in there.macros.keys() - definition(catalogs).macros.keys()}
    called = called_functions(catalogs) if others else frozenset()
    return sorted(name for name in others if name.lower() in called)


@cache
def called_functions(catalogs: tuple[Catalog, ...]) -> frozenset[str]:
    """Return the functions of DuckDB's that recstore's SQL calls: in functions, views, checks, queries and builds."""
    texts = [render.render_functions(catalogs), render.render_views(catalogs), *_files("recstore.queries")]
    own = [f"{one.schema}.{kind}" for one in catalogs if one.schema for kind in ("checks", "source_checks")]
    texts += [text for package in (*_PACKAGES, *filter(sql.is_there, own)) for text in _files(package)]
    named = {name.lower() for text in texts for name in _CALL.findall(text)}
    with open_connection() as connection:
        rows = connection.execute("SELECT DISTINCT function_name FROM duckdb_functions() WHERE internal").fetchall()
    # Operators are functions, too.
    return frozenset(name for (name,) in rows if name.lower() in named or name in _SYNTAX or not re.match(r"\w", name))


def _files(package: str) -> list[str]:
    return [sql.read(package, name) for name in sql.names(package)]


def _otherwise(own: Column, found: Column) -> str | None:
    if found.kind != own.kind:
        return f"is of the type {found.kind[:60]}, not {own.kind[:60]}"
    if found.default != own.default:
        return "is filled in, or computed, by the table"
    if found.is_required != own.is_required:
        return "may be NULL" if own.is_required else "may not be NULL"
    return None


def _query(view: str, text: str) -> str:
    """Return what a view selects; with columns renamed it is another text, and stays whole."""
    return text.strip().removesuffix(";").removeprefix(f"CREATE VIEW {view} AS ")
