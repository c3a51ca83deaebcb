"""Weights from item to item, as rows for the table of weights of a catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recstore.arrow import arrow_column

if TYPE_CHECKING:
    from recstore.models.person import Weights


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
