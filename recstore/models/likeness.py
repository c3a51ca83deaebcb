"""Weights between items that are alike in themselves: by their words, categories, or vectors of the user's own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1024
#: To which power the sum of all that is like an item divides it; chosen on validation cuts.
_COMMON = 0.5


def likeness(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how alike the rows of `vectors` (n, d) are, (n, n) float32: row i is what item i says for each other.

    These are the squares of the cosines above 0, divided by a power of their sum for the item that they lead to. Rows
    of `vectors` are of unit length, or 0 where nothing is known of an item. Squared, what is much alike counts before
    much that is a little alike; divided, what is a little like everything counts less. The diagonal is 0, and the whole
    of length 1 (as a Frobenius norm), or 0 where nothing is alike.
    """
    alike = vectors @ vectors.T
    np.maximum(alike, 0, out=alike)
    np.square(alike, out=alike)
    alike[np.diag_indices(len(alike))] = 0
    total = alike.sum(axis=0)
    alike *= np.divide(1, total**_COMMON, out=np.zeros_like(total), where=total > 0)
    size = np.linalg.norm(alike)
    if size > 0:
        alike /= size
    return np.asarray(alike, np.float32)


def add_likeness(weights: NDArray[np.float32], alike: NDArray[np.float32], share: float) -> None:
    """Add `alike`, as `likeness` has it, to `weights` (n, n), in place, `share` times as large (as Frobenius norms).

    Where there are no weights, since nobody had two items, they are what is alike.
    """
    size = np.linalg.norm(weights)
    scale = np.float32(share * (size if size > 0 else 1.0))
    for start in range(0, len(weights), _BLOCK):
        weights[start : start + _BLOCK] += scale * alike[start : start + _BLOCK]
