"""Vectors of the user's own: a column of lists of numbers, or of text that writes them so, as lists."""

from __future__ import annotations

import re

import duckdb

from recstore import sql
from recstore.catalogs.declared.expressions import Expression
from recstore.errors import OptionError
from recstore.sources.relations import Relation

_SQL = "recstore.catalogs.declared.sql"
_NUMBERS = re.compile(r'(U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|DECIMAL\(\d+,\d+\)|DOUBLE|FLOAT|VARCHAR|"NULL")\[\d*\]')


def as_list(connection: duckdb.DuckDBPyConnection, relation: Relation, what: str, vector: Expression) -> str:
    """Return SQL of vectors as DOUBLE[], NULL where a value is none or is empty.

    Raises `OptionError` for a column of something else, or of text of which most is no list of numbers.
    """
    made = f"TRY_CAST({vector.sql} AS DOUBLE[])"
    if vector.type == "VARCHAR" or vector.type.startswith("VARCHAR["):
        query = sql.render(_SQL, "text_vectors", vector=vector.sql, made=made, source=relation.text)
        wrong, total, example = connection.execute(query).fetchall()[0]
        if wrong * 2 > total:
            raise OptionError(
                f"{what} of {relation.name} is text and no list of numbers, such as {example[:60]!r}. Text is to be "
                f"as [0.1, 0.2]: {what} = \"'[' || {vector.column or 'column'} || ']'\" may make it so."
            )
    elif not _NUMBERS.fullmatch(vector.type):
        raise OptionError(
            f"{what} of {relation.name} is a {vector.type} and no list of numbers; name a column of such."
        )
    return f"CASE WHEN len({made}) > 0 THEN {made} END"
