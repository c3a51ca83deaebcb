"""Opens DuckDB, in one way for all of recstore."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TypeAlias

import duckdb

#: What DuckDB takes as the value of a setting.
Config: TypeAlias = str | bool | int | float | list[str]


def open_connection(path: str = ":memory:", config: Mapping[str, Config] | None = None) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB connection: the one way in which recstore makes one.

    It draws no progress bar, which DuckDB in Python writes to stdout, among the data, where it takes the session for
    an interactive one. Cursors of a connection draw none in any case.
    """
    connection = duckdb.connect(path, config=dict(config or {}))
    # In a notebook DuckDB refuses to touch its bar where ipywidgets is missing, and then it has none to draw.
    with suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")
    return connection
