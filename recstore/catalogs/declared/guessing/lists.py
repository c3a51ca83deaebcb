"""Takes interactions apart that stand in one field: the items of a basket, or what was shown and what of it clicked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.finding import listing
from recstore.catalogs.declared.guessing.joining import derived
from recstore.catalogs.declared.guessing.names import bare
from recstore.catalogs.declared.guessing.profiles import Profile, Table
from recstore.catalogs.declared.guessing.queries import from_clause, written
from recstore.catalogs.declared.guessing.roles import person_of
from recstore.catalogs.declared.guessing.words import meanings, words_of

_SQL = "recstore.catalogs.declared.guessing.sql"
_MARKS = (" ", "|", ",", ";")
#: Words for lists of what was only shown to somebody.
_SHOWN = {"impression", "impressions", "inview", "shown", "displayed", "candidates", "negative", "negatives"}
#: So many of the tokens must be ids of another table, or be marked as taken or not.
_ENOUGH = 0.9


def taken_apart(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> list[Table]:
    """Return the tables; where a field lists items, each of them gets a row of its own, in a query of the table."""
    return [_taken_apart(connection, table, tables) for table in tables]


def _of_lines(connection: duckdb.DuckDBPyConnection, table: Table) -> Table | None:
    """Return a query in which each id of a line has a row of its own; None where lines are no lists."""
    if list(table.columns) != ["line"]:
        return None
    found = listing([str(line) for (line,) in connection.execute(f"FROM {table.sample} LIMIT 5000").fetchall()])
    if found is None:
        return None
    mark, what = found
    fields = f"list_filter(string_split(line, {sql.literal(mark)}), lambda one: one <> '')"
    said = {
        "user": ("user", f"{fields}[1]", f"{fields}[2:]", "the first is taken for who had the others"),
        "counted": ("session", "row_number() OVER ()", f"{fields}[2:]", "the first says how many follow"),
        "basket": ("session", "row_number() OVER ()", fields, "each line is taken for a session"),
    }
    who, whose, listed, note = said[what]
    notes = [*table.notes, f"Each line of {table.title} lists ids: {note}."]
    columns = f'{whose} AS "{who}"'
    source = written(_SQL, "taken_apart", columns=columns, list=listed, source=from_clause(table, table.columns))
    inner = written(_SQL, "taken_apart", columns=f"{columns}, _rs_line", list=listed, source=table.relation.text)
    return derived(connection, replace(table, notes=notes), source, f"({inner})", f"{table.sample}_apart")


def _taken_apart(connection: duckdb.DuckDBPyConnection, table: Table, tables: Sequence[Table]) -> Table:
    if (found_lines := _of_lines(connection, table)) is not None:
        return found_lines
    if "item" in table.columns or person_of(connection, table) == (None, None):
        return table
    found = {}
    for one in table.columns.values():
        kind = _kind(connection, table, one, tables)
        if kind:
            found[one.name] = kind
    # What was clicked of what was shown says more than what somebody had before.
    rest = [name for name in found if not _SHOWN & set(words_of(name))]
    chosen = next((name for name, (what, _list) in found.items() if what == "clicked"), next(iter(rest), None))
    if chosen is None:
        return table
    what, listed = found[chosen]
    # An id beside the list is of something else: of the page on which the list stood.
    is_page = {name for name, one in table.columns.items() if one.named("item") == 1 and one.missing > 0.1}
    kept = [name for name in table.columns if name not in found and name not in is_page]
    notes = [*table.notes, f"Each item of {chosen} has a row of its own" + (
        ": only what was clicked, which ends in -1." if what == "clicked" else "."
    )]  # fmt: skip
    notes += [f"{name} lists items, too, and is not read." for name in found if name != chosen]
    columns = ", ".join(map(bare, kept))
    source = written(_SQL, "taken_apart", columns=columns, list=listed, source=from_clause(table, table.columns))
    inner = ", ".join(map(sql.identifier, [*kept, "_rs_line"]))
    inner = written(_SQL, "taken_apart", columns=inner, list=listed, source=table.relation.text)
    return derived(connection, replace(table, notes=notes), source, f"({inner})", f"{table.sample}_apart")


def _kind(
    connection: duckdb.DuckDBPyConnection, table: Table, column: Profile, tables: Sequence[Table]
) -> tuple[str, str] | None:
    """Return what a column lists, and the list as SQL; None where it lists no items."""
    if column.is_list:
        names_items = any(meanings(word).get("item") for word in words_of(column.name))
        if not column.type.startswith("VARCHAR") and not names_items:
            return None
        lists = [f"CAST({bare(column.name)} AS VARCHAR[])"]
    elif column.is_text and not column.links:
        lists = [f"string_split({bare(column.name)}, {sql.literal(mark)})" for mark in _MARKS]
    else:
        return None
    others = [(other, one) for other in tables if other is not table for one in other.columns.values() if one.is_unique]
    for listed in lists:
        for other, id_ in others or [(table, column)]:
            query = sql.render(
                _SQL, "tokens", list=listed, column=sql.identifier(column.name), source=table.sample,
                id=sql.identifier(id_.name), ids=other.relation.text,
            )  # fmt: skip
            several, n, marked, distinct, known = connection.execute(query).fetchall()[0]
            if not n or (several < 0.3 * column.filled and not column.is_list):
                break
            if marked >= _ENOUGH * n:
                clicked = f"list_filter({listed}, lambda one: ends_with(one, '-1'))"
                return "clicked", f"list_transform({clicked}, lambda one: left(one, -2))"
            if others and distinct > 5 and known >= _ENOUGH * distinct:
                return "had", listed
    return None
