"""What any recommender must beat: popularity, chance, neighbours of items, and a factorisation of who rated what."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.interactions import Interactions
from recstore.models.svd import right_singular_vectors

#: How many numbers one dense block may hold.
_BLOCK = 4_000_000


def seen_matrix(train: Interactions) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Return who rated what as CSR (n_users, n_items) float32 of ones; of less where a pair weighs less than 1."""
    said = np.ones(len(train), np.float32) if train.weights is None else np.minimum(train.weights, 1)
    shape = train.n_users, train.n_items
    seen = scipy.sparse.csr_matrix((said, (train.users, train.items)), shape=shape)
    np.minimum(seen.data, 1, out=seen.data)
    return seen


def item_cosines(train: Interactions, shrink: float, neighbors: int) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Return the cosine of who rated what of each item with its `neighbors` nearest, as CSR (n_items, n_items).

    Together / (sqrt(one) * sqrt(other) + `shrink`), so that a pair that few people rated counts for less; only pairs
    that somebody rated both are there.
    """
    seen = seen_matrix(train)
    rated_by = scipy.sparse.csr_matrix(seen.T)
    lengths = np.sqrt(np.diff(rated_by.indptr).astype(np.float32))
    k = min(neighbors, train.n_items)
    blocks = []
    step = max(1, _BLOCK // max(1, train.n_items))
    for start in range(0, train.n_items, step):
        cosines = np.asarray((rated_by[start : start + step] @ seen).todense(), np.float32)
        cosines /= np.maximum(np.outer(lengths[start : start + step], lengths) + np.float32(shrink), 1)
        own = np.arange(len(cosines))
        cosines[own, start + own] = 0
        nearest = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        found = np.take_along_axis(cosines, nearest, axis=1)
        row, column = np.nonzero(found)
        shape = len(cosines), train.n_items
        blocks.append(scipy.sparse.csr_matrix((found[row, column], (row, nearest[row, column])), shape=shape))
    return scipy.sparse.vstack(blocks, format="csr")


class Popularity:
    """Everybody is given what most people rated."""

    name = "popularity"

    def fit(self, train: Interactions) -> None:
        """Count the ratings of each item."""
        self._counts = np.bincount(train.items, minlength=train.n_items).astype(np.float32)

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the counts, (len(users), n_items) float32, the same for each."""
        return np.tile(self._counts, (len(users), 1))


class Random:
    """Everybody is given anything."""

    name = "random"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def fit(self, train: Interactions) -> None:
        """Only the number of items matters."""
        self._n_items = train.n_items

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return (len(users), n_items) float32, the same for the same user."""
        draws = [np.random.default_rng([self._seed, user]).random(self._n_items, np.float32) for user in users]
        return np.array(draws, np.float32).reshape(len(users), self._n_items)


class ItemKNN:
    """The items nearest to those of the history, by the cosine of who rated them, summed up.

    Each item gives its weight to its `neighbors` nearest alone. The settings are the ones that Ferrari Dacrema et al.,
    "A Troubling Analysis of Reproducibility and Progress in Recommender Systems Research" (2021), search among.
    """

    name = "itemknn"

    def __init__(self, neighbors: int = 200, shrink: float = 10.0) -> None:
        self._neighbors = neighbors
        self._shrink = shrink

    def fit(self, train: Interactions) -> None:
        """Find the neighbours of each item."""
        self._seen = seen_matrix(train)
        self._weights = item_cosines(train, self._shrink, self._neighbors)

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the sum of the cosines with what the person rated, (len(users), n_items) float32."""
        return np.asarray((self._seen[users] @ self._weights).todense(), np.float32)


class PureSVD:
    """The history, brought into the strongest directions of who rated what and back (Cremonesi et al. 2010)."""

    name = "puresvd"

    def __init__(self, dimensions: int = 50, seed: int = 0) -> None:
        self._dimensions = dimensions
        self._seed = seed

    def fit(self, train: Interactions) -> None:
        """Factorise who rated what."""
        self._seen = seen_matrix(train)
        self._directions = right_singular_vectors(self._seen, self._dimensions, self._seed)

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the reconstruction, (len(users), n_items) float32."""
        return np.asarray((self._seen[users] @ self._directions) @ self._directions.T, np.float32)
