"""Lays out what is nested, as JSON lines of events have it: each field of a structure becomes a column of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.joining import derived
from recstore.catalogs.declared.guessing.names import bare
from recstore.catalogs.declared.guessing.profiles import Table
from recstore.catalogs.declared.guessing.queries import from_clause, written

_SQL = "recstore.catalogs.declared.guessing.sql"
_DEEPEST = 5
#: What stands for a structure in a list of such: the first of these fields that it has, or its first text.
_CALLED = ("name", "title", "label", "id")


def laid_out(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> list[Table]:
    """Return the tables; of one with structures, a query in which their fields are columns: `visitor_id`."""
    return [_laid_out(connection, table) for table in tables]


def _laid_out(connection: duckdb.DuckDBPyConnection, table: Table) -> Table:
    if not any("STRUCT" in one.type for one in table.columns.values()):
        return table
    types = dict(
        zip(table.columns, connection.sql(f"SELECT {_all(table)} FROM {table.relation.text}").types, strict=True)
    )
    columns, taken = [], set()
    for expression, path in (found for name, kind in types.items() for found in _fields(bare(name), (name,), kind)):
        name = "_".join(path)
        while name.lower() in taken:
            name += "_2"
        taken.add(name.lower())
        columns.append(expression if expression == bare(name) else f"{expression} AS {bare(name)}")
    nested = [name for name, kind in types.items() if "STRUCT" in str(kind)]
    notes = [*table.notes, f"{', '.join(nested)}: what is nested there has columns of its own here."]
    source = written(_SQL, "laid_out", columns=",\n    ".join(columns), source=from_clause(table, list(table.columns)))
    inner = written(_SQL, "laid_out", columns=", ".join([*columns, "_rs_line"]), source=table.relation.text)
    return derived(connection, replace(table, notes=notes), source, f"({inner})", f"{table.sample}_laid_out")


def _all(table: Table) -> str:
    return ", ".join(map(sql.identifier, table.columns))


def _fields(expression: str, path: tuple[str, ...], kind: Any) -> Iterator[tuple[str, tuple[str, ...]]]:  # noqa: ANN401 - a type of DuckDB's
    """Yield SQL of each field that is no structure, and the names that lead to it."""
    if kind.id == "struct" and len(path) < _DEEPEST:
        for name, inner in kind.children:
            yield from _fields(f"{expression}.{bare(name)}", (*path, name), inner)
    elif kind.id == "list" and kind.children[0][1].id == "struct":
        fields = dict(kind.children[0][1].children)
        texts = [name for name, inner in fields.items() if inner.id == "varchar"]
        called = next((name for name in (*_CALLED, *texts) if name in fields), None)
        if called:
            yield f"list_transform({expression}, lambda one: one.{bare(called)})", path
    else:
        yield expression, path
