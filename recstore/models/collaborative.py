"""The collaborative space: who rated an item how, reduced by a truncated SVD."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse

from recstore.models.blocks import Histories
from recstore.models.interactions import Interactions
from recstore.models.svd import decompose, explained_of_columns, unit_rows


def collaborative_vectors(
    data: Histories, dimensions: int, seed: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return the collaborative vectors of items: the ratings of each, 0 where it was not rated, reduced.

    Where nothing was rated, each user who had an item counts as much as makes the length of the item's numbers 1: with
    ones instead the directions are those of what everybody has. Returns (m, d) float32 of unit length, the (n_items,)
    mask of the items that have one, and the share (d,) of the variance that the first n dimensions explain.
    """
    matrix = data.matrix(_rated, _had(data))
    found = decompose(matrix, dimensions, seed)
    strength = np.sqrt(found.squares)
    # Of an item that nobody rated the directions hold nothing but rounding, which must stay small.
    vectors = found.directions * (strength / strength.max(initial=1e-12))
    sums = found.directions.sum(axis=0, dtype=np.float64) * strength
    return *unit_rows(vectors), explained_of_columns(matrix, sums, found.squares)


def rated_matrix(data: Interactions) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Return what the vectors are made of, turned: who rated what how, CSR (n_users, n_items)."""
    return _rated(data, _had(data))[0]


def _had(data: Histories) -> npt.NDArray[np.float64]:
    """Return how often each item was had, where nothing was rated."""
    return np.zeros(0) if data.has_ratings else data.how_often().astype(np.float64)


def _rated(data: Interactions, had: npt.NDArray[np.float64]) -> tuple[Any]:
    """Return who rated what how, (n_users, n_items)."""
    amounts = had[data.items] ** -0.5 if data.ratings is None else data.ratings
    shape = data.n_users, data.n_items
    return (scipy.sparse.csr_matrix((amounts, data.items, data.ends()), shape=shape, dtype=np.float32),)
