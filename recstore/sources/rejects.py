"""The table of a source's records that could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import duckdb

from recstore import sql
from recstore.sources.streams import place_of, registered

_BATCH = 20_000


def make_rejects(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make an empty table of rejects in the scratch database."""
    connection.execute(sql.render("recstore.sources.sql", "rejects", table=place_of(table)))


def insert_rejects(
    connection: duckdb.DuckDBPyConnection, table: str, source: str, found: Iterable[tuple[int, str, str]]
) -> None:
    """Add records of a file to a table of rejects: of each its line, the reason and its text."""
    import pyarrow as pa

    numbered = iter(found)
    while batch := list(islice(numbered, _BATCH)):
        lines, reasons, raw = zip(*batch, strict=True)
        rows = {
            "source": [source] * len(batch),
            "line": pa.array(lines, pa.int64()),
            "column": pa.nulls(len(batch), pa.string()),
            "reason": reasons,
            "raw": raw,
        }
        with registered(connection, pa.table(rows)) as view:
            connection.execute(f"INSERT INTO {place_of(table)} FROM {view}")


def kept_rejects(connection: duckdb.DuckDBPyConnection, table: str) -> str | None:
    """Return where a table of rejects is; None where it is empty, and then it is dropped."""
    place = place_of(table)
    if connection.execute(f"SELECT EXISTS (FROM {place})").fetchall()[0][0]:
        return place
    connection.execute(f"DROP TABLE {place}")
    return None
