"""The space `together`: who rated a movie how, and in which stretches of whose history it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.blocks import Histories
from recstore.models.interactions import Interactions
from recstore.models.svd import decompose, explained_by, unit_rows

# All chosen on a cut inside the part of MovieLens small that trains; docs/models-tried.md has what else was tried.
_DOUBT = 3.0  # ratings of the mean size, added to the length of a movie's ratings: few of them then say less
_LENGTHS = (8, 16)  # how many ratings in a row make a stretch
_SITTING = 6 * 3600.0  # seconds after which a new stretch begins
_LIKED, _MORE = 4.0, 1.22  # what was rated so high counts for so much more in a stretch
_SHARE = 16.0  # of the stretches, where who rated what has 1
_SHARPNESS = 1.3  # the power of the singular values: above 1, strong directions count for more
#: From about so many ratings stretches are made; of more, those of people drawn by the seed.
_MOST_STRETCHED = 5_000_000


def together_vectors(
    data: Histories, dimensions: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]]:
    """Return vectors of items that are near each other where the same people rated them, and one soon after the other.

    Each item is described by who rated it how and by the stretches of 8 and of 16 ratings in a row in which it stands,
    both with items that are rated often scaled down; a truncated SVD reduces that to `dimensions`. Without times there
    are no stretches. Returns (m, d) float32 of unit length, the (n_items,) mask of the items that have one, and the
    share (d,) of the variance that the first n dimensions explain.
    """
    matrix = data.matrix(described, *_measures(data, seed))
    # There may be millions of stretches: one for each rating, where nobody rates two in one sitting.
    found = decompose(matrix.merged(), dimensions, seed)
    strength = np.sqrt(found.squares)
    # Relative to the strongest: small singular values would else leave nothing of a vector but rounding.
    vectors = found.directions * (strength / strength.max(initial=1e-12)) ** _SHARPNESS
    return *unit_rows(vectors), explained_by(matrix, found)


def together_matrices(data: Interactions, seed: int) -> tuple[Any, ...]:
    """Return what describes items, CSR (n_rows, n_items) each: who rated them how, and stretches that they stand in."""
    return described(data, *_measures(data, seed))


def _measures(data: Histories, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64], float, int]:
    """Return what `described` must know of all histories, whichever block it is given."""
    squares = data.total(_add_squares, data.n_items)
    doubt = _DOUBT * np.sqrt(squares.sum() / len(data)) if len(data) else 1.0
    share = min(1.0, _MOST_STRETCHED / max(1, len(data)))
    often = data.total(_add_often, data.n_items, share, seed) if data.has_times else np.zeros(0)
    return np.sqrt(squares) + doubt, often, share, seed


def _add_squares(sums: NDArray[np.float64], data: Interactions) -> None:
    sums += np.bincount(data.items, _ratings(data) ** 2, data.n_items)


def _add_often(sums: NDArray[np.float64], data: Interactions, share: float, seed: int) -> None:
    """Add how often each item stands in the histories that stretches are made from."""
    items = data.items if share >= 1 else data.items[_people_drawn(data, share, seed)]
    sums += np.bincount(items, minlength=data.n_items)


def _ratings(data: Interactions) -> NDArray[np.float64]:
    return np.ones(len(data)) if data.ratings is None else data.ratings.astype(np.float64)


def described(
    data: Interactions, lengths: NDArray[np.float64], often: NDArray[np.float64], share: float, seed: int
) -> tuple[Any, ...]:
    """Return what each person of a block rated how, (n_users, n_items), and where times are known the stretches."""
    # Where all ratings are 0 there is nothing that they could say.
    weights = (_ratings(data) / np.where(lengths > 0, lengths, 1.0)[data.items]).astype(np.float32)
    # Rows are in order of users: nothing is sorted, and nothing copied.
    people = scipy.sparse.csr_matrix((weights, data.items, data.ends()), shape=(data.n_users, data.n_items))
    return (people, *([] if data.times is None else _stretches(data, data.times, often, share, seed)))


def _stretches(
    data: Interactions, times: NDArray[np.float64], often: NDArray[np.float64], share: float, seed: int
) -> list[Any]:
    """Return what stands in each stretch, (n_stretches, n_items): of each length, cut at two places.

    All share the items, those of one length the weights: what a stretch holds stands together already.
    """
    chosen = _people_drawn(data, share, seed)
    users, items, at = data.users[chosen], data.items[chosen], times[chosen]
    begins = np.ones(len(users), np.bool_)
    begins[1:] = (users[1:] != users[:-1]) | (np.abs(np.diff(at)) > _SITTING)
    place = np.arange(len(users), dtype=np.int32)
    place -= np.maximum.accumulate(np.where(begins, place, 0))
    liked = np.zeros(len(users), np.bool_) if data.ratings is None else data.ratings[chosen] >= _LIKED
    weights = np.where(liked, _MORE, 1.0) * np.sqrt(_SHARE / (2 * len(_LENGTHS)))
    weights /= np.sqrt(np.maximum(often, 1))[items]
    found = []
    for length in _LENGTHS:
        scaled = (weights / np.sqrt(length)).astype(np.float32)
        for offset in (0, length // 2):
            piece = (place + offset) // length
            first = np.flatnonzero(begins | np.append(False, piece[1:] != piece[:-1])[: len(users)])
            ends = np.append(first, len(users)).astype(np.int32)
            found.append(scipy.sparse.csr_matrix((scaled, items, ends), shape=(len(first), data.n_items)))
    return found


def _people_drawn(data: Interactions, share: float, seed: int) -> NDArray[np.bool_]:
    """Return the mask of the ratings that stretches are made from: those of whole people, drawn by what they had."""
    if share >= 1:
        return np.ones(len(data), np.bool_)
    return (data.hashes(seed) < np.uint64(share * 2**64))[data.users]
