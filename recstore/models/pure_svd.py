"""Weights between items that nobody had together, by a few directions of who had what."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recstore.models.blocks import as_matrix
from recstore.models.svd import right_singular_vectors

_DIMENSIONS = 128
#: Items are divided by this power of how often they were had before they are decomposed.
_POWER = 0.5
_BLOCK = 1024

Factors = tuple[NDArray[np.float32], NDArray[np.float32]]


def item_factors(seen: Any, seed: int) -> Factors:  # noqa: ANN401 - SciPy is not typed
    """Return what an item of a history gives to the directions, and each item takes from them, both (n_items, d).

    `seen` is CSR (n_users, n_items), or any `Matrix`. The product of the two is PureSVD's (Cremonesi et al. 2010), with
    items that are had often scaled down before.
    """
    rows = as_matrix(seen)
    rated = rows.total(_add_had, rows.shape[1], dtype=np.int64) + 1
    scale = (rated**-_POWER).astype(np.float32)
    directions = right_singular_vectors(rows.scaled(scale), _DIMENSIONS, seed)
    return directions * scale[:, None], directions / scale[:, None]


def _add_had(sums: NDArray[np.int64], seen: Any) -> None:  # noqa: ANN401 - SciPy is not typed
    sums += np.bincount(seen.indices, minlength=len(sums))


def add_products(weights: NDArray[np.float32], factors: Factors, share: float) -> None:
    """Add the products of `factors` to `weights` (n, n), in place, `share` times as large (as a Frobenius norm)."""
    gives, takes = factors
    scale = scale_of_products(factors, share * float(np.linalg.norm(weights)))
    diagonal = np.diag(weights).copy()
    for start in range(0, len(weights), _BLOCK):
        weights[start : start + _BLOCK] += (scale * gives[start : start + _BLOCK]) @ takes.T
    weights[np.diag_indices(len(weights))] = diagonal


def scale_of_products(factors: Factors, size: float) -> np.float32:
    """Return what the products of `factors` are multiplied by to be of that `size`, the diagonal apart; 0 for none."""
    gives, takes = factors
    own = np.einsum("ij,ij->i", gives, takes)
    # The norm of a product, its diagonal apart, without the product.
    square = float(np.sum((gives.T @ gives) * (takes.T @ takes))) - float(own @ own)
    return np.float32(size / np.sqrt(square) if square > 0 else 0)
