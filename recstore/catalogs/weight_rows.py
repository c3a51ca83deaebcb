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
    from recstore.models.older import Directions
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
        "tastes": catalog.tastes,
    }
    connection.register("weights_to_insert", weight_rows(weights, ids))
    connection.execute(sql.render(_SQL, "insert_weights", **names))
    connection.unregister("weights_to_insert")
    connection.execute(sql.render(_SQL, "insert_content_weights", **names), {"stand_ins": _STAND_INS})
    if weights.older is not None:
        connection.register("tastes_to_insert", taste_rows(weights.older, ids[weights.items]))
        connection.execute(sql.render(_SQL, "insert_tastes", **names))
        connection.unregister("tastes_to_insert")


def taste_rows(older: Directions, ids: NDArray[np.int32]) -> Any:  # noqa: ANN401 - PyArrow is not typed
    """Return an Arrow table of directions: `id`, `gives`, `takes`; `ids` (n,) int32 are the keys of their items."""
    import pyarrow as pa

    def lists(rows: NDArray[np.float32]) -> Any:  # noqa: ANN401 - PyArrow is not typed
        ends = np.arange(len(rows) + 1, dtype=np.int32) * np.int32(rows.shape[1])
        return pa.ListArray.from_arrays(arrow_column(ends), arrow_column(np.ascontiguousarray(rows).ravel()))

    return pa.table({"id": arrow_column(ids), "gives": lists(older.gives), "takes": lists(older.takes)})


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
