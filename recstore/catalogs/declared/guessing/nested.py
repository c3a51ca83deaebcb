"""Lays out what is nested, as JSON of orders and events has it.

Each field of a structure becomes a column of its own; each line of an order, or event of a session, a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.joining import derived
from recstore.catalogs.declared.guessing.names import bare
from recstore.catalogs.declared.guessing.profiles import Table
from recstore.catalogs.declared.guessing.queries import from_clause, written
from recstore.catalogs.declared.guessing.words import meanings, words_of

_SQL = "recstore.catalogs.declared.guessing.sql"
_DEEPEST = 5
#: What stands for a structure in a list of such: the first of these fields that it has, or its first text.
_CALLED = ("name", "title", "label", "id")
_COUNTED = {"num", "count", "total", "number", "n"}


class _Field(NamedTuple):
    """A field that is no structure: SQL of it, the names that lead to it, its type, and the names within."""

    expression: str
    path: tuple[str, ...]
    kind: Any
    within: tuple[str, ...]


def laid_out(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> list[Table]:
    """Return the tables; of one with structures, a query in which their fields are columns: `visitor_id`."""
    return [_laid_out(connection, *_by_lines(connection, table)) for table in tables]


def _laid_out(connection: duckdb.DuckDBPyConnection, table: Table, taken_apart: frozenset[str]) -> Table:
    if not any("STRUCT" in one.type for one in table.columns.values()):
        return table
    columns, taken = [], set()
    for one in _all_fields(connection, table):
        if one.expression in taken_apart:
            continue
        called = next((name for name in _CALLED if name in one.within), next(iter(one.within), None))
        if one.within and called is None:
            continue
        name = "_".join(one.path)
        while name.lower() in taken:
            name += "_2"
        taken.add(name.lower())
        expression = (
            f"list_transform({one.expression}, lambda one: one.{bare(str(called))})" if one.within else one.expression
        )
        columns.append(expression if expression == bare(name) else f"{expression} AS {bare(name)}")
    nested = [name for name, one in table.columns.items() if "STRUCT" in one.type]
    notes = [*table.notes, f"{', '.join(nested)}: what is nested there has columns of its own here."]
    source = written(_SQL, "laid_out", columns=",\n    ".join(columns), source=from_clause(table, list(table.columns)))
    inner = written(_SQL, "laid_out", columns=", ".join([*columns, "_rs_line"]), source=table.relation.text)
    return derived(connection, replace(table, notes=notes), source, f"({inner})", f"{table.sample}_laid_out")


def _by_lines(connection: duckdb.DuckDBPyConnection, table: Table) -> tuple[Table, frozenset[str]]:
    """Return a table with a row for each line of an order, or each event of a session, and what was taken apart."""
    done: set[str] = set()
    while "STRUCT" in " ".join(one.type for one in table.columns.values()):
        fields = _all_fields(connection, table)
        lists = [one for one in fields if one.kind.id == "list" and one.within and one.expression not in done]
        found = next((one for one in lists if table.rows == 1 or _are_lines(one, fields)), None)
        if found is None:
            break
        done.add(found.expression)
        name = found.path[-1].removesuffix("s") or found.path[-1]
        while name in table.columns:
            name += "_2"
        kept = [one for one in table.columns if bare(one) != found.expression]
        columns = ", ".join([*map(bare, kept), f"unnest({found.expression}) AS {bare(name)}"])
        notes = [*table.notes, f"Each of {'.'.join(found.path)} has a row of its own."]
        source = written(_SQL, "laid_out", columns=columns, source=from_clause(table, list(table.columns)))
        inner = written(_SQL, "laid_out", columns=f"{columns}, _rs_line", source=table.relation.text)
        table = derived(connection, replace(table, notes=notes), source, f"({inner})", f"{table.sample}_lines")
    return table, frozenset(done)


def _are_lines(listed: _Field, fields: Sequence[_Field]) -> bool:
    """Tell whether a list holds what somebody had: items are named in it, and beside it who had them, but no item."""

    def says(name: str, *roles: str) -> bool:
        return any(meanings(name).get(role, 0) >= 0.6 for role in roles)

    beside = ["_".join(one.path) for one in fields if one.kind.id != "list"]
    return (
        any(says(name, "item") for name in listed.within)
        and any(says(name, "user", "session") for name in beside)
        and not any(says(name, "item") and not _COUNTED & set(words_of(name)) for name in beside)
    )


def _all_fields(connection: duckdb.DuckDBPyConnection, table: Table) -> list[_Field]:
    listed = ", ".join(map(sql.identifier, table.columns))
    types = connection.sql(f"SELECT {listed} FROM {table.relation.text}").types
    return [
        field
        for name, kind in zip(table.columns, types, strict=True)
        for field in _fields(bare(name), (name,), kind)
    ]  # fmt: skip


def _fields(expression: str, path: tuple[str, ...], kind: Any) -> Iterator[_Field]:  # noqa: ANN401 - a type of DuckDB's
    """Yield each field that is no structure; what leads to it names it, each word once."""
    if kind.id == "struct" and len(path) < _DEEPEST:
        for name, inner in kind.children:
            again = len(path) == 1 and name.lower().startswith(f"{path[0].lower()}_")
            yield from _fields(f"{expression}.{bare(name)}", (name,) if again else (*path, name), inner)
    elif kind.id == "list" and kind.children[0][1].id == "struct":
        within = dict(kind.children[0][1].children)
        texts = [name for name, inner in within.items() if inner.id == "varchar"]
        yield _Field(expression, path, kind, tuple(dict.fromkeys([*texts, *within])))
    else:
        yield _Field(expression, path, kind, ())
