"""Of which type ids are: kept as they are, and never silently turned into something else."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from recstore import sql
from recstore.catalogs.declared.expressions import Expression
from recstore.catalogs.meant import typed_text
from recstore.errors import OptionError, SourceError
from recstore.sources.relations import Relation

_SQL = "recstore.catalogs.declared.sql"
_FLOATING = ("DOUBLE", "FLOAT")
_DIGITS_OF_BIGINT = 18
#: Blanks of all kinds: text that is nothing else is no id.
_BLANKS = "chr(9) || chr(10) || chr(13) || chr(32) || chr(160)"
#: Types that an id cannot be of: nothing is equal to such a value, or nobody could ask for it.
_NO_IDS = ("STRUCT", "MAP", "UNION", "BLOB", "BIT")


def identity_type(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    what: str,
    id_: Expression,
    title: Expression | None = None,
) -> str:
    """Return the type that ids are kept in.

    Whole numbers stay whole numbers, text stays text, and so on; floating-point numbers that are whole become BIGINT.
    Raises `SourceError` where digits are lost: with `title`, two items are named that would become one.
    """
    kind = id_.type
    if kind.endswith("]") or kind.startswith(_NO_IDS):
        raise OptionError(f"{what} is a {kind}, which cannot be an id. Name a column of text, numbers or UUIDs.")
    if kind == "VARCHAR" and relation.is_text:
        return _type_of_text(connection, relation, what, id_, title)
    if kind in _FLOATING or kind.startswith("DECIMAL"):
        return _type_of_numbers(connection, relation, what, id_, title)
    return "VARCHAR" if kind.startswith("ENUM") or kind in ('"NULL"', "JSON") else kind


def _type_of_text(
    connection: duckdb.DuckDBPyConnection, relation: Relation, what: str, id_: Expression, title: Expression | None
) -> str:
    """Return the type of ids that stand in a text file: numbers only where nothing is lost by it."""
    n, whole, scientific, numeric = _ask(connection, "text_ids", relation, id_)
    if n and whole:
        return str(whole)
    if scientific and title is not None:
        _refuse_clashes(connection, relation, what, id_, title)
    if not n or not numeric or _ask(connection, "fractional_ids", relation, id_)[0]:
        return "VARCHAR"
    return _type_of_numbers(connection, relation, what, id_, title)


def _type_of_numbers(
    connection: duckdb.DuckDBPyConnection, relation: Relation, what: str, id_: Expression, title: Expression | None
) -> str:
    fractions, fraction, huge, example = _ask(connection, "fractional_ids", relation, id_)
    if fractions:
        raise SourceError(
            f"{what} of {relation.name} holds {fractions:,} numbers that are not whole, such as {fraction!r}: "
            "ids are whole numbers or text. Name the column that holds the ids."
        )
    if id_.type.startswith("DECIMAL"):
        # These are exact, however large.
        return "HUGEINT" if int(id_.type[8:].partition(",")[0]) > _DIGITS_OF_BIGINT else "BIGINT"
    if title is not None:
        _refuse_clashes(connection, relation, what, id_, title)
    if huge:
        raise SourceError(
            f"{what} of {relation.name} holds {huge:,} floating-point numbers that are too large to be exact, such as "
            f"{example:.0f}: their last digits are lost. Write them as whole numbers or as text where they come from."
        )
    return "BIGINT"


def to_type(expression: Expression, kind: str) -> str:
    """Return SQL that brings ids to the type `kind`: NULL where a value has no equal there, or is blank."""
    given = expression.sql
    if expression.type == kind and not (kind == "VARCHAR" and expression.has_blanks):
        return given
    text = f"CAST({given} AS VARCHAR)"
    if expression.type in _FLOATING or expression.type.startswith("DECIMAL"):
        is_whole = f"isfinite(CAST({given} AS DOUBLE)) AND {given} = round({given})"
        return f"TRY_CAST(CASE WHEN {is_whole} THEN TRY_CAST({given} AS HUGEINT) END AS {kind})"
    if kind == "VARCHAR":
        return f"CASE WHEN {is_there(expression)} THEN {text} END"
    if expression.type == "VARCHAR":
        # What is written as 123.0 or 1.23e2 is 123.
        number = f"TRY_CAST({text} AS DOUBLE)"
        floating = f"CASE WHEN {number} = round({number}) AND abs({number}) < 9007199254740992 THEN {number} END"
        typed = typed_text(text, kind)
        return f"coalesce({typed}, TRY_CAST({floating} AS {kind}))" if kind.endswith("INT") else typed
    # A time is no day, though DuckDB makes one of it.
    typed = f"TRY_CAST({given} AS {kind})"
    return f"CASE WHEN TRY_CAST({typed} AS {expression.type}) = {given} THEN {typed} END"


def looked_at(connection: duckdb.DuckDBPyConnection, relation: Relation, ids: Expression) -> Expression:
    """Return ids with what is known of their blanks: where none are blank, a column is loaded as it lies there."""
    if ids.type != "VARCHAR":
        return ids
    query = sql.render(_SQL, "blank_ids", id=ids.sql, blanks=_BLANKS, source=relation.text)
    return replace(ids, has_blanks=bool(connection.execute(query).fetchall()[0][0]))


def is_there(expression: Expression) -> str:
    """Return the condition that an id is there, and no text of blanks alone."""
    if expression.type != "VARCHAR" or not expression.has_blanks:
        return f"{expression.sql} IS NOT NULL"
    return f"trim(CAST({expression.sql} AS VARCHAR), {_BLANKS}) <> ''"


def refuse_lost_zeros(connection: duckdb.DuckDBPyConnection, relation: Relation, id_: Expression, kind: str) -> None:
    """Refuse text of which several become one number, such as 7 and 007: a `SourceError` that names two."""
    if id_.type != "VARCHAR" or not kind.endswith(("INT", "INTEGER")):
        return
    query = sql.render(_SQL, "lost_zeros", id=id_.sql, typed=to_type(id_, kind), source=relation.text)
    for one, other, count in connection.execute(query).fetchall():
        raise SourceError(
            f"{relation.name} has the items {one!r} and {other!r}, which become one where ids are numbers, as those of "
            f"the items are ({count:,} ids like it). Have the ids of the items read as text where they come from, or "
            "name the columns in which both have the same ids."
        )


def _refuse_clashes(
    connection: duckdb.DuckDBPyConnection, relation: Relation, what: str, id_: Expression, title: Expression
) -> None:
    query = sql.render(_SQL, "clashing_ids", id=id_.sql, title=title.sql, source=relation.text)
    for given, one, other, count in connection.execute(query).fetchall():
        raise SourceError(
            f"{what} of {relation.name} holds numbers that have lost digits: {given} stands for {one!r} and for "
            f"{other!r} ({count:,} ids like it). Read the ids as text where they come from, or name another column."
        )


def _ask(
    connection: duckdb.DuckDBPyConnection, name: str, relation: Relation, id_: Expression
) -> tuple[int, object, int, float]:
    query = sql.render(_SQL, name, id=id_.sql, source=relation.text)
    row: tuple[int, object, int, float] = connection.execute(query).fetchall()[0]
    return row
