"""When something was: a column of any type, as a timestamp in UTC."""

from __future__ import annotations

import duckdb

from recstore import sql
from recstore.catalogs.declared.expressions import Expression
from recstore.errors import OptionError
from recstore.sources.relations import Relation

_SQL = "recstore.catalogs.declared.sql"
#: How times are written that DuckDB does not read by itself.
_FORMATS = (
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%a %b %d %H:%M:%S %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %B %Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y%m%d",
    "%a %b %d %H:%M:%S %z %Y",
)
#: Times since 1970 in seconds, milliseconds, microseconds and nanoseconds: each is smaller than this.
_UNITS = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000))
#: So many of the texts must be times, for a format to be the one that they are written in.
_ENOUGH = 0.9


def moment(connection: duckdb.DuckDBPyConnection, relation: Relation, at: Expression) -> str:
    """Return SQL of a column of times as TIMESTAMP in UTC, NULL where it is none.

    Numbers count seconds, milliseconds, microseconds or nanoseconds since 1970, or are days such as 20240131. An
    `OptionError` is raised for text that is no time, or that may be read in two ways, and says what to declare.
    """
    kind = at.type
    if kind in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"):
        return f"({at.sql} AT TIME ZONE 'UTC')"
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return f"CAST({at.sql} AS TIMESTAMP)"
    if kind == "VARCHAR":
        return _of_text(connection, relation, at)
    if kind.endswith("INT") or kind in ("INTEGER", "UINTEGER", "DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        query = sql.render(_SQL, "whole_times", at=at.sql, source=relation.text)
        largest, are_days = connection.execute(query).fetchall()[0]
        if are_days:
            return f"try_strptime(CAST(TRY_CAST({at.sql} AS BIGINT) AS VARCHAR), '%Y%m%d')"
        unit = next((unit for limit, unit in _UNITS if largest < limit), 1_000_000_000)
        number = f"CAST({at.sql} AS DOUBLE)"
        # What is out of the range of a timestamp is no time.
        micros = f"{number} / {unit}e0 * 1e6"
        return f"CASE WHEN abs({micros}) < 9e18 THEN make_timestamp(CAST({micros} AS BIGINT)) END"
    raise OptionError(f"at is a {kind}, which is no time. Name a column of timestamps, dates, or seconds since 1970.")


def _of_text(connection: duckdb.DuckDBPyConnection, relation: Relation, at: Expression) -> str:
    # Some writers fill a day of one digit up with a blank.
    tidy = _tidy(at.sql)
    counts = "".join(f", count(try_strptime({_tidy('text')}, {sql.literal(form)}))" for form in _FORMATS)
    row = connection.execute(
        sql.render(_SQL, "text_times", at=at.sql, source=relation.text, formats=counts)
    ).fetchall()[0]
    n, read, example, *found = row
    if read >= _ENOUGH * n:
        # A zone at the end of the text counts.
        kind = "TIMESTAMPTZ" if _has_zones(connection, relation, at) else "TIMESTAMP"
        read_as = f"TRY_CAST(nullif(trim({at.sql}), '') AS {kind})"
        return f"({read_as} AT TIME ZONE 'UTC')" if kind == "TIMESTAMPTZ" else read_as
    best = max(found, default=0)
    forms = [form for form, count in zip(_FORMATS, found, strict=True) if count == best]
    if best < _ENOUGH * n:
        raise OptionError(
            f"at = {at.sql}: {relation.name} holds text that is no time, such as {example!r}. Say how it is written: "
            f"at = \"strptime({at.column or '…'}, '%d.%m.%Y %H:%M')\"."
        )
    if len(forms) > 1:
        raise OptionError(
            f"at = {at.sql}: times such as {example!r} can be read as {forms[0]} and as {forms[1]}. Say which: "
            f'at = "strptime({at.column or "…"}, {sql.literal(forms[0])})".'
        )
    read_as = f"try_strptime({tidy}, {sql.literal(forms[0])})"
    return f"({read_as} AT TIME ZONE 'UTC')" if "%z" in forms[0] else read_as


def _tidy(text: str) -> str:
    return f"regexp_replace(trim({text}), ' +', ' ', 'g')"


def _has_zones(connection: duckdb.DuckDBPyConnection, relation: Relation, at: Expression) -> bool:
    query = sql.render(_SQL, "zoned_texts", at=at.sql, source=relation.text)
    return bool(connection.execute(query).fetchall()[0][0])
