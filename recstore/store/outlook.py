"""Which stages a new store is likely to go through, and how they compare."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog

_SQL = "recstore.store.sql"
#: What comes after all is computed, as shares of the rest; measured with MovieLens small.
_LAST = {"keep user objects": 0.03, "check": 0.1, "put in place": 0.01}


def expected_stages(
    connection: duckdb.DuckDBPyConnection, old: str | None, catalogs: Sequence[Catalog]
) -> dict[str, float]:
    """Return the stages to come in their order, with their seconds in the build before, else with usual shares."""
    seconds = {}
    if old is not None:
        # A store that does not say how it was built is told elsewhere; here it only makes the estimate poorer.
        with suppress(duckdb.Error):
            rows = connection.execute(sql.render(_SQL, "stages_before", old=old)).fetchall()
            seconds = {stage: taken for stage, taken in rows if stage not in _LAST}
    if not seconds:
        seconds = _usual(catalogs)
    whole = sum(seconds.values())
    return seconds | {stage: whole * share for stage, share in _LAST.items()}


def _usual(catalogs: Sequence[Catalog]) -> dict[str, float]:
    """Return shares as builds of films, clips and generated shops have them, roughly."""
    shares = {f"load {one.name}": 1.0 for one in catalogs}
    for one in catalogs:
        shares |= {f"prepare {one.name}": 0.2, f"vectors of {one.name}": 1.5}
        for space in one.spaces:
            shares |= {f"neighbours of {one.name}, {space}": 0.6, f"index of {one.name}, {space}": 0.1}
        if one.weights:
            shares[f"weights of {one.name}"] = 1.5
    return shares
