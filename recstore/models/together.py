"""The space `together`: who rated a movie how, and in which stretches of whose history it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.interactions import Interactions
from recstore.models.svd import (
    column_sums,
    explained_by_sums,
    lone_rows_merged,
    right_singular_vectors,
    sums_of_reduced,
    unit_rows,
)

# All chosen on a cut inside the part of MovieLens small that trains; docs/models-tried.md has what else was tried.
_DOUBT = 3.0  # ratings of the mean size, added to the length of a movie's ratings: few of them then say less
_LENGTHS = (8, 16)  # how many ratings in a row make a stretch
_SITTING = 6 * 3600.0  # seconds after which a new stretch begins
_LIKED, _MORE = 4.0, 1.22  # what was rated so high counts for so much more in a stretch
_SHARE = 16.0  # of the stretches, where who rated what has 1
_SHARPNESS = 1.3  # the power of the singular values: above 1, strong directions count for more
#: From so many ratings stretches are made; of more, those of people drawn by the seed.
_MOST_STRETCHED = 5_000_000


def together_vectors(
    data: Interactions, dimensions: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]]:
    """Return vectors of items that are near each other where the same people rated them, and one soon after the other.

    Each item is described by who rated it how and by the stretches of 8 and of 16 ratings in a row in which it stands,
    both with items that are rated often scaled down; a truncated SVD reduces that to `dimensions`. Without times there
    are no stretches. Returns (m, d) float32 of unit length, the (n_items,) mask of the items that have one, and the
    share (d,) of the variance that the first n dimensions explain.
    """
    matrix = together_matrices(data, seed)
    # There may be millions of stretches: one for each rating, where nobody rates two in one sitting.
    merged = lone_rows_merged(matrix)
    directions = right_singular_vectors(merged, dimensions, seed)
    squares = sums_of_reduced(merged, directions)[1]
    sums = column_sums(matrix) @ directions.astype(np.float64)
    strength = np.sqrt(squares)
    # Relative to the strongest: small singular values would else leave nothing of a vector but rounding.
    vectors = directions * (strength / strength.max(initial=1e-12)) ** _SHARPNESS
    return *unit_rows(vectors), explained_by_sums(matrix, sums, squares)


def together_matrices(data: Interactions, seed: int) -> tuple[Any, ...]:
    """Return what describes items, CSR (n_rows, n_items) each: who rated them how, and stretches that they stand in."""
    return (_people(data), *([] if data.times is None else _stretches(data, data.times, seed)))


def _people(data: Interactions) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Return what each person rated how, (n_users, n_items)."""
    ratings = np.ones(len(data)) if data.ratings is None else data.ratings.astype(np.float64)
    lengths = np.sqrt(np.bincount(data.items, ratings**2, data.n_items))
    doubt = _DOUBT * np.sqrt(np.mean(ratings**2)) if len(data) else 1.0
    weights = (ratings / (lengths + doubt)[data.items]).astype(np.float32)
    # Rows are in order of users: nothing is sorted, and nothing copied.
    ends = np.searchsorted(data.users, np.arange(data.n_users + 1))
    return scipy.sparse.csr_matrix((weights, data.items, ends), shape=(data.n_users, data.n_items))


def _stretches(data: Interactions, times: NDArray[np.float64], seed: int) -> list[Any]:
    """Return what stands in each stretch, (n_stretches, n_items): of each length, cut at two places.

    All share the items, those of one length the weights: what a stretch holds stands together already.
    """
    chosen = _people_drawn(data, seed)
    users, items, at = data.users[chosen], data.items[chosen], times[chosen]
    begins = np.ones(len(users), np.bool_)
    begins[1:] = (users[1:] != users[:-1]) | (np.abs(np.diff(at)) > _SITTING)
    place = np.arange(len(users), dtype=np.int32)
    place -= np.maximum.accumulate(np.where(begins, place, 0))
    liked = np.zeros(len(users), np.bool_) if data.ratings is None else data.ratings[chosen] >= _LIKED
    often = np.maximum(np.bincount(items, minlength=data.n_items), 1)
    weights = np.where(liked, _MORE, 1.0) * np.sqrt(_SHARE / (2 * len(_LENGTHS))) / np.sqrt(often)[items]
    found = []
    for length in _LENGTHS:
        scaled = (weights / np.sqrt(length)).astype(np.float32)
        for offset in (0, length // 2):
            piece = (place + offset) // length
            first = np.flatnonzero(begins | np.append(False, piece[1:] != piece[:-1])[: len(users)])
            ends = np.append(first, len(users)).astype(np.int32)
            found.append(scipy.sparse.csr_matrix((scaled, items, ends), shape=(len(first), data.n_items)))
    return found


def _people_drawn(data: Interactions, seed: int) -> NDArray[np.bool_]:
    """Return the mask of the ratings that stretches are made from: those of whole people."""
    if len(data) <= _MOST_STRETCHED:
        return np.ones(len(data), np.bool_)
    order = np.random.default_rng(seed).permutation(data.n_users)
    within = np.cumsum(np.bincount(data.users, minlength=data.n_users)[order]) <= _MOST_STRETCHED
    drawn = np.zeros(data.n_users, np.bool_)
    drawn[order[within]] = True
    return drawn[data.users]
