"""What is known of the items themselves, as vectors: what is alike by them, and how varied a list is."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore.arrow import numbers
from recstore.catalogs.catalog import Catalog

#: Spaces that are made from interactions; all others are what they are, whatever is held out.
LEARNT = ("collaborative", "together", "hybrid")


def item_features(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, ids: NDArray[np.int32]
) -> NDArray[np.float32] | None:
    """Return the vectors of the items `ids`, ascending, (len(ids), d) float32 of unit length, 0 where one has none.

    They are those of the space `content`, or else of the first of the user's own; None where the store has neither.
    """
    query = "SELECT space FROM spaces WHERE catalog = ? AND kind = 'vectors' ORDER BY space <> 'content' ASC, space ASC"
    names = [name for (name,) in connection.execute(query, [catalog.name]).fetchall() if name not in LEARNT]
    if not names:
        return None
    query = f"SELECT {catalog.key} AS id, vector FROM {catalog.vectors} WHERE space = ? ORDER BY id ASC"
    table: Any = connection.sql(query, params=names[:1]).to_arrow_table()
    with_vector = numbers(table.column("id"))
    vectors = np.asarray(numbers(table.column("vector")), np.float32)
    if len(with_vector) == 0:
        return None
    vectors = vectors.reshape(len(with_vector), -1)
    found = np.zeros((len(ids), vectors.shape[1]), np.float32)
    wanted = np.isin(with_vector, ids)
    found[np.searchsorted(ids, with_vector[wanted])] = vectors[wanted]
    return found
