"""A SELECT over files, run by a DuckDB of its own, which holds nothing that could be written to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from recstore import sql
from recstore.errors import SourceError
from recstore.opening import open_connection
from recstore.paths import real
from recstore.sources.streams import arrow_reader, copy_stream, told
from recstore.sources.unchanged import Unchanged, files_of_query

_SELECT = re.compile(r"(?is)(\s|--[^\n]*\n|/\*.*?\*/|\()*(select|with|from)\b[\s(*'\"\[$]")
#: Settings of the work that goes on, which hold for the query, too.
_BUDGET = ("memory_limit", "threads", "temp_directory")


def is_select(source: str) -> bool:
    """Tell whether a source is a query: whether it begins with SELECT, WITH or FROM."""
    return bool(_SELECT.match(source))


def copy_select(
    connection: duckdb.DuckDBPyConnection, query: str, folder: Path, table: str, named: str = "The query"
) -> tuple[str, dict[str, str]]:
    """Copy what a SELECT gives to a table; relative paths in it start at `folder`.

    Raises `SourceError` where it is no single SELECT, or fails.
    """
    with isolated(connection, folder) as apart, Unchanged(files_of_query(query, folder)).required():
        return copy_query(connection, apart, checked_select(apart, query, named), [], table, named)


@contextmanager
def isolated(connection: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a DuckDB in which nothing is stored, within the budget of `connection`, that installs nothing."""
    names = ", ".join(f"current_setting('{name}')" for name in _BUDGET)
    budget = dict(zip(_BUDGET, connection.execute(f"SELECT {names}").fetchall()[0], strict=True))
    config = {
        **{name: value for name, value in budget.items() if value},
        "autoinstall_known_extensions": False,
        "python_enable_replacements": False,
    }
    with open_connection(config=config) as apart:
        apart.execute(f"SET file_search_path = {sql.literal(str(real(folder)))}")
        apart.execute("SET arrow_lossless_conversion = true")
        yield apart


def checked_select(apart: duckdb.DuckDBPyConnection, query: str, named: str) -> str:
    """Return a query without what ends it; a `SourceError` where it is anything but a single SELECT."""
    try:
        statements = apart.extract_statements(query)
    except duckdb.Error as error:
        raise told(named, error) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SourceError(f"{named}: a query is one SELECT, and nothing else; remove what else the source says.")
    return str(statements[0].query).strip().rstrip(";")


def copy_query(
    connection: duckdb.DuckDBPyConnection,
    apart: duckdb.DuckDBPyConnection,
    query: str,
    values: list[Any],
    table: str,
    named: str,
) -> tuple[str, dict[str, str]]:
    """Copy what a query of another DuckDB gives to a table."""
    try:
        reader = arrow_reader(apart.sql(query, params=values or None))
    except (duckdb.Error, ValueError) as error:
        raise told(named, error) from error
    return copy_stream(connection, reader, table, named)
