"""What a declaration says of a source, held against the columns that the source has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from recstore import sql
from recstore.catalogs import overloads
from recstore.catalogs.declared.declaration import RESERVED, nearest
from recstore.errors import OptionError, first_line
from recstore.sources.relations import Relation

#: What parameters of functions are called: in their bodies, a column of such a name cannot be told from the argument.
PARAMETERS = frozenset(("item", "item_a", "item_b", "user", "words", "vector", "liked", *overloads.SAID))


@dataclass(frozen=True)
class Expression:
    """A declared value over a source: its SQL, its type, and the name of the column where it is nothing but one.

    `has_blanks` is False where it is known that no value is text of blanks alone.
    """

    sql: str
    type: str
    column: str | None
    has_blanks: bool = True


def resolve(connection: duckdb.DuckDBPyConnection, relation: Relation, what: str, declared: str) -> Expression:
    """Return what `declared` means over a source; `what` names it in the `OptionError` of one that means nothing."""
    column = column_named(relation.columns, declared)
    if column is not None:
        return Expression(sql.identifier(column), relation.columns[column], column)
    query = f"SELECT ({declared}) FROM {relation.text}"
    try:
        if len(connection.extract_statements(query)) != 1:
            raise OptionError(f"{what} = {declared!r} is no expression: it is a column, or a formula over columns.")
        [kind] = connection.sql(query).types
    except (duckdb.Error, ValueError) as error:
        raise OptionError(_not_there(relation, what, declared, error)) from error
    if connection.execute(f"SELECT ({declared}) FROM (FROM {relation.text} LIMIT 0)").fetchall():
        raise OptionError(
            f"{what} = {declared!r} says one thing of all rows of {relation.name}; it is to say one of each row."
        )
    return Expression(f"({declared})", str(kind), None)


def column_named(columns: Iterable[str], name: str) -> str | None:
    """Return the column of that name, as it is spelled among `columns`; None where there is none."""
    listed = list(columns)
    if name in listed:
        return name
    bare = name.strip()
    if len(bare) > 2 and bare[0] == bare[-1] == '"':
        bare = bare[1:-1].replace('""', '"')
    alike = [column for column in listed if column.lower() == bare.lower()]
    return alike[0] if len(alike) == 1 else None


def over(columns: Iterable[str], declared: str) -> str:
    """Return a declared value as SQL over a table of `columns`."""
    column = column_named(columns, declared)
    return f"({declared})" if column is None else sql.identifier(column)


def made_column(relation: Relation, what: str, declared: str) -> str:
    """Return the name of the column that an expression makes, which is called by its role.

    It takes the place of a column of that name that it is made of, such as `id = "trim(id)"`; an `OptionError` where
    the source has one that has nothing to do with it.
    """
    there = column_named(relation.columns, what)
    if there is None:
        return what
    if there.lower() not in {word.lower() for word in re.findall(r"\w+", declared)}:
        raise OptionError(
            f"{what} = {declared!r} makes a column {what!r}, and {relation.name} has one of that name already. Rename "
            f"that: items = \"SELECT * RENAME ({sql.identifier(there)} AS own_{what}) FROM '…'\"."
        )
    return there


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


def check_condition(connection: duckdb.DuckDBPyConnection, relation: Relation, what: str, declared: str) -> None:
    """Refuse what is no condition that can be asked of an item, by name: an `OptionError`."""
    found = resolve(connection, relation, what, declared)
    if found.type != "BOOLEAN" and not found.type.endswith("INT") and found.type not in ("INTEGER", "UINTEGER"):
        raise OptionError(
            f"{what} = {declared!r} is a {found.type} and no condition. Write one, such as "
            f"{what} = \"{found.column or 'column'} = 'yes'\"."
        )
    try:
        connection.sql(f"FROM {relation.text} WHERE {found.sql}")
    except duckdb.Error as error:
        raise OptionError(f"{what} = {declared!r} cannot be asked of one item ({_first_line(error)}).") from error


def refuse_captured(relation: Relation, what: str, condition: str) -> None:
    """Refuse a condition on a column that is called as a parameter of the functions it will stand in."""
    words = {word.lower() for word in re.findall(r"\w+", condition)}
    for column in relation.columns:
        if column.lower() in words & PARAMETERS:
            raise OptionError(
                f"{what} = {condition!r} names the column {column!r}, and functions have a parameter of that name. "
                f"Rename it: items = \"SELECT * RENAME ({sql.identifier(column)} AS item_{column.lower()}) FROM '…'\"."
            )


def _not_there(relation: Relation, what: str, declared: str, error: Exception) -> str:
    listed = ", ".join(relation.columns)
    if declared.replace("_", "").replace(" ", "").isalnum():
        hint = nearest(declared, relation.columns)
        return f"{what} = {declared!r}: {relation.name} has no such column{hint or '.'} It has: {listed}."
    return (
        f"{what} = {declared!r} cannot be asked of {relation.name} ({_first_line(error)}). Its columns are: {listed}."
    )


def _first_line(error: Exception) -> str:
    return first_line(error)
