"""What a declaration says of a source, held against the columns that the source has."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from recstore import sql
from recstore.catalogs.declared.declaration import RESERVED, nearest
from recstore.errors import OptionError
from recstore.sources.relations import Relation

#: What parameters of functions are called: in their bodies, a column of such a name cannot be told from the argument.
PARAMETERS = frozenset(
    ["item", "item_a", "item_b", "user", "k", "space", "filter", "store", "words", "vector", "liked", "disliked"]
)


@dataclass(frozen=True)
class Expression:
    """A declared value over a source: its SQL, its type, and the name of the column where it is nothing but one."""

    sql: str
    type: str
    column: str | None


def resolve(connection: duckdb.DuckDBPyConnection, relation: Relation, what: str, declared: str) -> Expression:
    """Return what `declared` means over a source; `what` names it in the `OptionError` of one that means nothing."""
    column = column_named(relation, declared)
    if column is not None:
        return Expression(sql.identifier(column), relation.columns[column], column)
    try:
        [kind] = connection.sql(f"SELECT ({declared}) FROM {relation.text}").types
    except duckdb.Error as error:
        raise OptionError(_not_there(relation, what, declared, error)) from error
    return Expression(f"({declared})", str(kind), None)


def column_named(relation: Relation, name: str) -> str | None:
    """Return the column of that name, as the source spells it; None where there is none."""
    if name in relation.columns:
        return name
    alike = [column for column in relation.columns if column.lower() == name.strip().strip('"').lower()]
    return alike[0] if len(alike) == 1 else None


def refuse_names(relation: Relation) -> None:
    """Refuse columns of items that could not be told from those that functions return, or from ours."""
    for column in relation.columns:
        if column.lower() in RESERVED:
            raise OptionError(
                f"{relation.name} has a column {column!r}, which is what functions return beside the items. Rename it "
                f'in the declaration: items = "SELECT * RENAME ({sql.identifier(column)} AS item_{column.lower()}) '
                "FROM '…'\"."
            )
        if column.lower().startswith("_rs_"):
            raise OptionError(
                f"{relation.name} has a column {column!r}; names that begin with _rs_ are recstore's own. Rename it."
            )


def refuse_captured(relation: Relation, what: str, condition: str) -> None:
    """Refuse a condition on a column that is called as a parameter of the functions it will stand in."""
    words = {word.lower() for word in re.findall(r"\w+", condition)}
    for column in relation.columns:
        if column.lower() in words & PARAMETERS:
            raise OptionError(
                f"{what} = {condition!r} names the column {column!r}, and functions have a parameter of that name. "
                f"Rename it: items = \"SELECT * RENAME ({sql.identifier(column)} AS item_{column.lower()}) FROM '…'\"."
            )


def _not_there(relation: Relation, what: str, declared: str, error: duckdb.Error) -> str:
    listed = ", ".join(relation.columns)
    if declared.replace("_", "").replace(" ", "").isalnum():
        hint = nearest(declared, relation.columns)
        return f"{what} = {declared!r}: {relation.name} has no such column{hint}. It has: {listed}."
    reason = str(error).splitlines()[0]
    return f"{what} = {declared!r} cannot be asked of {relation.name} ({reason}). Its columns are: {listed}."
