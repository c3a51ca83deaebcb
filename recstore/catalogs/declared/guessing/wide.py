"""Takes a matrix apart, such as Jester's: it has a row for each user, and a column for each item with a rating."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.joining import derived
from recstore.catalogs.declared.guessing.names import bare
from recstore.catalogs.declared.guessing.profiles import Profile, Table
from recstore.catalogs.declared.guessing.queries import from_clause, written

_SQL = "recstore.catalogs.declared.guessing.sql"
#: So many columns, and this share of all, hold numbers of one range where a table is a matrix.
_FEWEST, _SHARE = 20, 0.9
_ROLES = ("user", "session", "item", "at", "rating", "value", "price", "available", "other")


def unfolded(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> list[Table]:
    """Return the tables; of a matrix, a query that has a row for each user and item."""
    return [_unfolded(connection, table) for table in tables]


def is_matrix(columns: Sequence[Profile]) -> bool:
    """Tell whether nearly all columns hold numbers of one small range, so that they are of one kind."""
    cells = [one for one in columns if _is_cell(one)]
    if len(cells) < _FEWEST or len(cells) < _SHARE * len(columns):
        return False
    least = sorted(one.least for one in cells if one.least is not None)
    most = sorted(one.most for one in cells if one.most is not None)
    if not least or not most:
        return False
    low, high = least[len(least) // 2], most[len(most) // 2]
    # 0 and 1 alone may be kinds that an item is of, or is not of.
    return high - low > 1 and least[0] >= -1000 and sum(one == high for one in most) > 0.5 * len(most)


def _is_cell(column: Profile) -> bool:
    return (column.is_number or not column.filled) and (column.most or 0) <= 1000


def _unfolded(connection: duckdb.DuckDBPyConnection, table: Table) -> Table:
    columns = list(table.columns.values())
    names = sum(any(one.named(role) == 1 for role in _ROLES) for one in columns)
    if not is_matrix(columns) or names > 0.2 * len(columns):
        return table
    user = next((one for one in columns if one.is_unique and (not _is_cell(one) or one.named("user"))), None)
    others = [one for one in columns if one is not user and not _is_of_the_matrix(one, columns)]
    left = ", ".join(bare(one.name) for one in ([user] if user else []) + others)
    who = bare(user.name) if user else "row_number() OVER ()"
    cells = f"COLUMNS(* EXCLUDE ({', '.join(['_rs_user', *([left] if left else [])])}))"
    notes = [*table.notes, f"{table.title} has a column for each item: here each of them has a row of its own."]
    if user is None:
        notes.append("Nobody is named, so each row is a user.")
    if others:
        notes.append(f"{', '.join(one.name for one in others)}: not of the matrix, and left out.")
    source = from_clause(table, ())
    listed = ", ".join(map(sql.identifier, table.columns))
    inner = f"(SELECT {listed} FROM {table.relation.text})"
    nothing = _nothing(connection, f"(SELECT {listed} FROM {table.sample})", who, cells)
    if nothing is not None:
        notes.append(f"{nothing:g} is far from all other numbers: it is taken for no rating.")
    kept = f"rating < {nothing:g}" if nothing is not None else "rating IS NOT NULL"
    filled = {"who": who, "cells": cells, "kept": kept}
    whole = written(_SQL, "unfolded", **filled, source=source)
    inner = f"(SELECT *, row_number() OVER () AS _rs_line FROM ({written(_SQL, 'unfolded', **filled, source=inner)}))"
    return derived(connection, replace(table, notes=notes), whole, inner, f"{table.sample}_unfolded")


def _is_of_the_matrix(column: Profile, columns: Sequence[Profile]) -> bool:
    """Tell whether a column has the numbers of most others: the first one may say how many they are."""
    if not _is_cell(column):
        return False
    tops = sorted(one.most for one in columns if _is_cell(one) and one.most is not None)
    are_stars = not any(one.fractional for one in columns)
    is_like_most = column.most is None or column.most == tops[len(tops) // 2]
    return is_like_most or column.fractional > 0 or (are_stars and column.distinct <= 21)


def _nothing(connection: duckdb.DuckDBPyConnection, source: str, who: str, cells: str) -> float | None:
    """Return the number that stands for no rating: one that is far above all others."""
    query = sql.render(_SQL, "unfolded", who=who, cells=cells, kept="rating IS NOT NULL", source=source)
    tops = connection.execute(f"SELECT DISTINCT rating FROM ({query}) ORDER BY rating DESC LIMIT 2").fetchall()
    if len(tops) == 2 and tops[0][0] > 3 * max(abs(tops[1][0]), 1):
        return float(tops[0][0])
    return None
