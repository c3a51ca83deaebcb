"""The spaces that the user of a store put into it: kept as they are, their neighbours computed like those of others."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np

from recstore import sql
from recstore.arrow import numbers
from recstore.catalogs.catalog import Catalog
from recstore.errors import StoreError
from recstore.models.space import Space

#: As exactly as `check` asks.
_UNIT = 1e-4


def read_user_space(
    connection: duckdb.DuckDBPyConnection, old: str, catalog: Catalog, name: str, recipe: str | None
) -> Space:
    """Read one space of a catalogue from the database `old`; a `StoreError` where a build could not take it over.

    Its vectors must be of one length in numbers, of unit length as vectors, and belong to items that are there.
    """
    names = {"key": catalog.key, "items": catalog.items, "vectors": catalog.vectors}
    query = sql.render("recstore.pipeline.sql", "user_vectors", old=old, **names)
    rows: Any = connection.sql(query, params=[name]).to_arrow_table()
    ids = np.asarray(numbers(rows.column("id")), np.int32)
    if len(np.unique(numbers(rows.column("length")))) != 1:
        raise _unfit(catalog, name, "has vectors of different lengths" if len(ids) else "has no vectors")
    vectors = np.asarray(numbers(rows.column("vector")), np.float32).reshape(len(ids), -1)
    lengths = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    if not (np.abs(lengths - 1) < _UNIT).all():
        raise _unfit(catalog, name, "has vectors that are not of unit length")
    if len(np.unique(ids)) != len(ids):
        raise _unfit(catalog, name, f"has two vectors for one {catalog.item}")
    if not (numbers(rows.column("is_there")) == 1).all():
        raise _unfit(catalog, name, f"has a vector for a {catalog.item} that is not there any more")
    return Space(name, ids, vectors, recipe or "put in by hand")


def _unfit(catalog: Catalog, space: str, what: str) -> StoreError:
    return StoreError(
        f"The space {space} of {catalog.name}, which recstore did not make, {what}, so it cannot be copied into a new "
        f"store. Nothing was changed. Mend or delete its rows in {catalog.vectors} and spaces, and try again."
    )
