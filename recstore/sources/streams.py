"""Streams of columns, as Arrow hands them on, into tables of the scratch database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from recstore import sql
from recstore.errors import SourceError, first_line, is_full

#: So many rows are handed on at once.
_BATCH = 100_000
#: Types that need an extension of DuckDB's to be worked with, or that no table holds, each with what takes its place.
_PLAIN = {"JSON": "VARCHAR", '"NULL"': "VARCHAR"}
#: What says nothing of a source.
_OF_THE_MACHINE = (duckdb.OutOfMemoryException, duckdb.FatalException, duckdb.InterruptException)
_ZONED = "TIMESTAMP WITH TIME ZONE"
_UNWRITTEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, rows: Any) -> Iterator[str]:  # noqa: ANN401 - PyArrow is not typed
    """Yield the name under which queries see an Arrow table or reader."""
    connection.register("_rs_rows", rows)
    try:
        yield "_rs_rows"
    finally:
        connection.unregister("_rs_rows")


def arrow_reader(relation: duckdb.DuckDBPyRelation) -> Any:  # noqa: ANN401 - PyArrow is not typed
    """Return what a query of DuckDB gives as a stream of Arrow's; memory does not grow with the rows."""
    # (It has another name in DuckDB 1.4, and the old one warns in later ones.)
    reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch
    return reader(_BATCH)


@contextmanager
def in_order(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Have tables filled in the order of their sources, by which rows know their numbers; then as it was."""
    is_kept = connection.execute("SELECT current_setting('preserve_insertion_order')").fetchall()[0][0]
    if is_kept:
        yield
        return
    connection.execute("SET preserve_insertion_order = true")
    try:
        yield
    finally:
        connection.execute("SET preserve_insertion_order = false")


def place_of(table: str) -> str:
    """Return a table of the scratch database as queries name it."""
    return f"gathered.main.{sql.identifier(table)}"


def described(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Return the columns of what stands in FROM, and their types."""
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE FROM {relation}").fetchall()}


def plain_type(type_: str) -> str:
    """Return the type that a column has in a relation: times with a zone become times in UTC."""
    return "TIMESTAMP" if type_ == _ZONED else _PLAIN.get(type_, type_)


def plain_columns(types: dict[str, str]) -> str:
    """Return what selects columns in the types of a relation."""
    return ", ".join(_plain(sql.identifier(name), type_) for name, type_ in types.items()) or "*"


def _plain(column: str, type_: str) -> str:
    if type_ == _ZONED:
        # (Without an extension, and whatever the time zone of the session is.)
        return f"CASE WHEN isfinite({column}) THEN make_timestamp(epoch_us({column})) END AS {column}"
    return f"CAST({column} AS {_PLAIN[type_]}) AS {column}" if type_ in _PLAIN else column


def copy_stream(
    connection: duckdb.DuckDBPyConnection,
    stream: Any,  # noqa: ANN401
    table: str,
    named: str,
    meant: Mapping[str, str] | None = None,
) -> tuple[str, dict[str, str]]:
    """Copy an Arrow table or reader to a table; return what stands in FROM for it, and the types of its columns.

    `meant` are the types of columns that Arrow hands on as others, such as UUID. Raises `SourceError` where the stream
    breaks off, or has what no table holds.
    """
    try:
        with registered(connection, stream) as view:
            columns = {sql.identifier(name): type_ for name, type_ in (meant or {}).items()}
            casts = [f"CAST({column} AS {type_}) AS {column}" for column, type_ in columns.items()]
            relation = f"(SELECT * REPLACE ({', '.join(casts)}) FROM {view})" if casts else view
            return copy_relation(connection, relation, table)
    except (duckdb.Error, NotImplementedError) as error:
        raise told(named, error) from error


def copy_relation(connection: duckdb.DuckDBPyConnection, relation: str, table: str) -> tuple[str, dict[str, str]]:
    """Copy what stands in FROM to a table; return what stands in FROM for that, and the types of its columns."""
    types = described(connection, relation)
    place = place_of(table)
    connection.execute(f"CREATE TABLE {place} AS SELECT {plain_columns(types)} FROM {relation}")
    return numbered(place, types), {name: plain_type(type_) for name, type_ in types.items()}


def numbered(place: str, types: dict[str, str]) -> str:
    """Return what stands in FROM for a table, with the number of each row."""
    selected = ", ".join(sql.identifier(name) for name in types)
    return f"(SELECT {selected}, {row_number(types)} + 1 AS _rs_line FROM {place})"


def row_number(names: Iterable[str]) -> str:
    """Return the number of a row of a table in the order that it was filled, from 0."""
    # (A column of that name hides DuckDB's own.)
    return "row_number() OVER () - 1" if "rowid" in map(str.casefold, names) else "rowid"


def check_names(named: str, names: Iterable[str]) -> None:
    """Raise `SourceError` where a column has a name that is recstore's own, or that no text can be."""
    reserved = [name for name in names if name.casefold().startswith("_rs_")]
    if reserved:
        raise SourceError(f"{named} has a column {reserved[0]!r}; names that begin with _rs_ are recstore's own.")
    if any(_UNWRITTEN.search(name) for name in names):
        raise SourceError(f"{named} has names of columns with control characters: it is no text, or is damaged.")


def told(named: str, error: Exception) -> SourceError:
    """Return an error of DuckDB's as a sentence about a source; an error that is not the source's is raised."""
    if isinstance(error, duckdb.OutOfMemoryException | duckdb.FatalException | duckdb.InterruptException) or is_full(
        error
    ):
        raise error
    text = first_line(error)
    kind, colon, rest = text.partition("Error: ")
    return SourceError(f"{named} cannot be read: {(rest if colon and len(kind) < 30 else text).rstrip(' .')}.")


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names that differ, whatever their case; what has none is called by its place."""
    found: dict[str, str] = {}
    for place, name in enumerate(names):
        wanted = once = name.strip() or f"column{place}"
        number = 0
        while once.casefold() in found:
            number += 1
            once = f"{wanted}_{number}"
        found[once.casefold()] = once
    return tuple(found.values())
