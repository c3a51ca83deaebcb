"""The figures that a store's builds found out about a catalogue."""

from __future__ import annotations

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog

_SQL = "recstore.catalogs.sql"


def latest_figures(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, builds: str
) -> dict[tuple[str | None, str], float]:
    """Return what the latest build of a catalogue measured of it, by space, None for the whole of it, and name.

    `builds` is the table of builds, as SQL.
    """
    query = sql.render(_SQL, "latest_figures", builds=builds)
    rows = connection.execute(query, {"catalog": catalog.name}).fetchall()
    return {(space, what): value for space, what, value in rows}
