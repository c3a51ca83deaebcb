"""Puts weights from item to item into the table of weights of a catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import arrow_column
from recstore.catalogs.catalog import Catalog

if TYPE_CHECKING:
    from recstore.models.person import Weights


_SQL = "recstore.catalogs.sql"
#: How many content neighbours stand in for the weights of an item that has none.
_STAND_INS = 10


def insert_weights(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, weights: Weights, ids: NDArray[np.int32]
) -> None:
    """Insert weights, and let content neighbours, which are stored already, stand in for those of items with none.

    `ids` (n_items,) int32 are the keys of the items by position.
    """
    names = {
        "items": catalog.items,
        "key": catalog.key,
        "neighbors": catalog.neighbors,
        "weights": catalog.weights,
    }
    connection.register("weights_to_insert", weight_rows(weights, ids))
    connection.execute(sql.render(_SQL, "insert_weights", **names))
    connection.unregister("weights_to_insert")
    connection.execute(sql.render(_SQL, "insert_content_weights", **names), {"stand_ins": _STAND_INS})


def weight_rows(weights: Weights, ids: NDArray[np.int32]) -> Any:  # noqa: ANN401 - PyArrow is not typed
    """Return an Arrow table of the weights that are not 0: `id`, `towards`, `taste`, `next`.

    `ids` (n_items,) int32 are the keys of the items by position.
    """
    import pyarrow as pa

    after = np.zeros_like(weights.taste) if weights.next is None else weights.next
    row, column = np.nonzero((weights.taste != 0) | (after != 0))
    weighed = ids[weights.items]
    columns = {
        "id": weighed[row],
        "towards": weighed[column],
        "taste": weights.taste[row, column],
        "next": after[row, column],
    }
    return pa.table({name: arrow_column(values) for name, values in columns.items()})
