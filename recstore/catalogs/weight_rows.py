"""Puts weights from item to item into the table of weights of a catalogue."""

from __future__ import annotations

from collections.abc import Iterator
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
#: So many weights are handed over at a time, where they are sparse.
_BLOCK = 4_000_000


def insert_weights(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, weights: Weights, ids: NDArray[np.int32]
) -> None:
    """Insert weights, and let content neighbours, which are stored already, stand in for those of items with none.

    `ids` (n_items,) int32 are the keys of the items by position.
    """
    names = {"weights": catalog.weights, "tastes": catalog.tastes}
    for rows in weight_rows(weights, ids):
        connection.register("weights_to_insert", rows)
        connection.execute(sql.render(_SQL, "insert_weights", **names))
        connection.unregister("weights_to_insert")
    insert_stand_ins(connection, catalog)
    if weights.older is not None:
        connection.register("tastes_to_insert", taste_rows(weights.older, ids[weights.items]))
        connection.execute(sql.render(_SQL, "insert_tastes", **names))
        connection.unregister("tastes_to_insert")


def insert_stand_ins(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Let content neighbours stand in for the weights of items that have none; all others have theirs."""
    names = {"items": catalog.items, "key": catalog.key, "neighbors": catalog.neighbors, "weights": catalog.weights}
    connection.execute(sql.render(_SQL, "insert_content_weights", **names), {"stand_ins": _STAND_INS})


def taste_rows(older: Directions, ids: NDArray[np.int32]) -> Any:  # noqa: ANN401 - PyArrow is not typed
    """Return an Arrow table of directions: `id`, `gives`, `takes`; `ids` (n,) int32 are the keys of their items."""
    import pyarrow as pa

    def lists(rows: NDArray[np.float32]) -> Any:  # noqa: ANN401 - PyArrow is not typed
        ends = np.arange(len(rows) + 1, dtype=np.int32) * np.int32(rows.shape[1])
        return pa.ListArray.from_arrays(arrow_column(ends), arrow_column(np.ascontiguousarray(rows).ravel()))

    return pa.table({"id": arrow_column(ids), "gives": lists(older.gives), "takes": lists(older.takes)})


def weight_rows(weights: Weights, ids: NDArray[np.int32]) -> Iterator[Any]:
    """Yield Arrow tables of the weights that are not 0, some items after others: `id`, `towards`, `taste`, `next`.

    `ids` (n_items,) int32 are the keys of the items by position.
    """
    import pyarrow as pa
    import scipy.sparse

    weighed = ids[weights.items]
    is_sparse = scipy.sparse.issparse(weights.taste)
    step = max(1, _BLOCK * len(weighed) // max(1, weights.taste.nnz)) if is_sparse else max(1, len(weighed))
    for start in range(0, len(weighed), step):
        taste = weights.taste[start : start + step]
        after = 0 * taste if weights.next is None else weights.next[start : start + step]
        if is_sparse:
            # Both have the same pairs, as `strongest` leaves them.
            row, column = np.repeat(np.arange(taste.shape[0]), np.diff(taste.indptr)), taste.indices
            both = taste.data, after.data
        else:
            row, column = np.nonzero((taste != 0) | (after != 0))
            both = taste[row, column], after[row, column]
        columns = {"id": weighed[start + row], "towards": weighed[column], "taste": both[0], "next": both[1]}
        yield pa.table({name: arrow_column(values) for name, values in columns.items()})
