"""Places items that came later in a space that is there, by what the same users had; all others stay where they are.

A truncated SVD gives a new row its place by a linear map of how often the row meets the others (fold-in; Berry, Dumais
and O'Brien 1995, "Using linear algebra for intelligent information retrieval"). What that map needs is not kept in a
store. So it is learnt from items whose places are known, by ridge regression (as Gantner et al. 2010, "Learning
attribute-to-feature mappings for cold-start recommendations"), and others of these tell how well it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.svd import unit_rows

#: Known items that the map is learnt from, and others that it is judged by.
_LEARN, _JUDGE = 3000, 500
#: They are drawn among so many that were had about as often as those to be placed.
_ALIKE = 10_000
#: The penalty on what the map changes, relative to the mean square of what it is given.
_PENALTY = 0.3


@dataclass(frozen=True)
class Placed:
    """Items that came later: `items` (t,) are their positions, `vectors` (t, d) float32 of unit length.

    `cosine` is that between where the same map puts known items and where they are, on average; None where none could
    be judged by.
    """

    items: NDArray[np.intp]
    vectors: NDArray[np.float32]
    cosine: float | None


def placed(
    matrices: Sequence[Any], known: NDArray[np.intp], vectors: NDArray[np.float32], late: NDArray[np.intp], seed: int
) -> Placed:
    """Place the items `late` (t,), positions, in the space in which the items `known` (n,) have `vectors` (n, d).

    `matrices` are SciPy CSR (n_rows, n_items), of which a row says what goes together. An item that goes with no known
    one is left out.
    """
    columns = np.full(matrices[0].shape[1], -1, np.intp)
    columns[known] = np.arange(len(known))
    chosen = _like(matrices, known, late, seed)
    met = _mean_of_met(matrices, columns, vectors, np.concatenate([late, known[chosen]]))
    asked, there = met[: len(late)], met[len(late) :]
    sound = np.einsum("ij,ij->i", there, there) > 0
    there, right = there[sound], vectors[chosen[sound]].astype(np.float64)
    learns = np.arange(len(there)) >= min(_JUDGE, len(there) // 5)
    turn = _map(there[learns], right[learns])
    judged = unit_rows(there[~learns] @ turn)[0]
    cosine = float(np.einsum("ij,ij->i", judged, right[~learns]).mean()) if len(judged) == (~learns).sum() > 0 else None
    made, kept = unit_rows(asked @ turn)
    return Placed(late[kept], made, cosine)


def _like(matrices: Sequence[Any], known: NDArray[np.intp], late: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Return which of the known items are learnt from: drawn among those had about as often as the late ones."""
    had = np.bincount(matrices[0].indices, minlength=matrices[0].shape[1])
    usual = np.log1p(np.median(had[late]))
    alike = np.argsort(np.abs(np.log1p(had[known]) - usual), kind="stable")[:_ALIKE]
    size = min(_LEARN + _JUDGE, len(alike))
    return np.random.default_rng(seed).choice(alike, size, replace=False)


def _mean_of_met(
    matrices: Sequence[Any], columns: NDArray[np.intp], vectors: NDArray[np.float32], items: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return (m, d), of unit length or 0: the vectors of what each item goes with, added up by how much it does."""
    place = np.full(len(columns), -1, np.intp)
    place[items] = np.arange(len(items))
    sums = np.zeros((len(items), vectors.shape[1]))
    for matrix in matrices:
        # Only rows with one of the items say something of them.
        entry = np.flatnonzero(place[matrix.indices] >= 0)
        if not len(entry):
            continue
        row = np.searchsorted(matrix.indptr, entry, side="right") - 1
        rows, inverse = np.unique(row, return_inverse=True)
        shape = len(items), len(rows)
        asked = scipy.sparse.csr_matrix((matrix.data[entry], (place[matrix.indices[entry]], inverse)), shape=shape)
        some = matrix[rows]
        inside = columns[some.indices] >= 0
        index = np.repeat(np.arange(len(rows)), np.diff(some.indptr))
        others = scipy.sparse.csr_matrix(
            (some.data[inside], (index[inside], columns[some.indices[inside]])), shape=(len(rows), len(vectors))
        )
        sums += asked @ (others @ vectors)
        # Of itself an item says nothing.
        known = np.flatnonzero(columns[items] >= 0)
        own = np.asarray(asked.multiply(asked).sum(axis=1)).ravel()
        sums[known] -= own[known, None] * vectors[columns[items[known]]]
    lengths = np.linalg.norm(sums, axis=1)
    lengths[lengths < 1e-9 * max(lengths.max(initial=0), 1e-30)] = np.inf
    return np.asarray(sums / lengths[:, None])


def _map(given: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (d, d): the linear map of what is given to what is right; with little to learn from it changes nothing."""
    d = given.shape[1]
    gram = given.T @ given
    gram[np.diag_indices(d)] += _PENALTY * len(given) / d + 1e-9
    return np.asarray(np.eye(d) + np.linalg.solve(gram, given.T @ (right - given)))
