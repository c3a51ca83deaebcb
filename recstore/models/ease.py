"""EASE^R: from item to item, the weights with which a linear model rebuilds each history from the rest of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.baselines import seen_matrix
from recstore.models.blocks import Rows, as_matrix
from recstore.models.interactions import Interactions

_BLOCK = 512


def ease_weights(seen: Any, regularization: float) -> NDArray[np.float32]:  # noqa: ANN401 - SciPy is not typed
    """Return the weights of EASE^R (Steck 2019, "Embarrassingly Shallow Autoencoders"), (n_items, n_items) float32.

    `seen` is CSR (n_users, n_items) of ones, or any `Matrix`. Row i is what having seen i adds to every other item; the
    diagonal is 0.
    """
    return Solver(seen).weights(regularization, is_last=True)


class Solver:
    """Solves EASE^R for one set of histories and any λ: what was seen together is counted once.

    With P the inverse of SᵀS + λI the weights are -P / diag(P), column by column. Where there are fewer people than
    items, P is had from the inverse of SSᵀ + λI instead, which is smaller (the matrix inversion lemma).
    """

    def __init__(self, seen: Any) -> None:  # noqa: ANN401 - SciPy is not typed
        """Count what is seen together; `seen` as `ease_weights` has it."""
        rows = as_matrix(seen)
        n_users, n_items = rows.shape
        self._is_by_user = isinstance(rows, Rows) and len(rows.parts) == 1 and n_users < n_items
        if isinstance(rows, Rows) and self._is_by_user:
            [self._seen] = rows.parts
            self._together = np.asarray((self._seen @ self._seen.T).todense(), np.float32)
        else:
            self._together = rows.total(_add_together, (n_items, n_items), dtype=np.float32).T

    def weights(self, regularization: float, is_last: bool = False) -> NDArray[np.float32]:
        """Return what `ease_weights` does; `is_last` lets it use up the counts, for want of memory for a copy."""
        together = self._together if is_last else self._together.copy(order="F")
        together[np.diag_indices(len(together))] += regularization
        if self._is_by_user:
            rebuilt = scipy.linalg.cho_solve(
                scipy.linalg.cho_factor(together, lower=True, overwrite_a=True, check_finite=False),
                np.asarray(self._seen.todense(), np.float32),
                overwrite_b=True,
                check_finite=False,
            )
            # λP = I - Sᵀ(SSᵀ + λI)⁻¹S, and what is off its diagonal enters with the sign turned.
            weights = np.asarray(self._seen.T @ rebuilt, np.float32)
            weights /= 1 - np.diag(weights)
        else:
            weights = _inverse(together)
            weights /= -np.diag(weights).copy()
        weights[np.diag_indices(len(weights))] = 0
        return weights


def _add_together(sums: NDArray[np.float32], seen: Any) -> None:  # noqa: ANN401 - SciPy is not typed
    """Add how often two items are seen together. By blocks: as a sparse matrix it would take three times the memory."""
    by_item = scipy.sparse.csr_matrix(seen.T)
    for start in range(0, len(sums), _BLOCK):
        sums[start : start + _BLOCK] += (by_item[start : start + _BLOCK] @ seen).toarray()


def _inverse(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Invert a positive definite matrix in its own memory; LAPACK fills the lower triangle, which is mirrored here."""
    factor, failed = scipy.linalg.lapack.spotrf(matrix, lower=1, overwrite_a=1)
    if not failed:
        inverse, failed = scipy.linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise np.linalg.LinAlgError("the matrix is not positive definite; the regularisation must be larger")
    for start in range(0, len(inverse), 1024):
        end = start + 1024
        inverse[start:end, end:] = inverse[end:, start:end].T
        corner = inverse[start:end, start:end]
        corner[...] = np.tril(corner) + np.tril(corner, -1).T
    return np.asarray(inverse, np.float32)


class Ease:
    """The plain EASE^R: every item of the history counts alike."""

    name = "ease"

    def __init__(self, regularization: float = 500.0) -> None:
        self._regularization = regularization

    def fit(self, train: Interactions) -> None:
        """Solve for the weights."""
        self._seen = seen_matrix(train)
        self._weights = ease_weights(self._seen, self._regularization)

    def scores(self, users: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the sum of the weights from the history, (len(users), n_items) float32."""
        return np.asarray(self._seen[users] @ self._weights, np.float32)
