"""The truncated singular value decomposition of a sparse matrix, by randomised range finding."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse

_OVERSAMPLES = 10
_ITERATIONS = 6
# Directions weaker than this share of the strongest are rounding noise in single precision.
_NOISE = 1e-5


def right_singular_vectors(matrix: Any, dimensions: int, seed: int) -> npt.NDArray[np.float32]:  # noqa: ANN401
    """Return the strongest right singular vectors of a sparse matrix, strongest first.

    `matrix` is a SciPy CSR matrix (n_rows, n_columns) float32; the result is (n_columns, n) float32 with
    n <= `dimensions`: fewer where the matrix has no more to give. The product `matrix @ result` is what
    scikit-learn's `TruncatedSVD.transform` gives.

    The method is that of Halko, Martinsson and Tropp, "Finding structure with randomness" (2011): subspace iteration
    with 10 oversamples, as scikit-learn's `TruncatedSVD`, then Rayleigh and Ritz's step. The sketch has one row per
    column of `matrix` and is made orthonormal once an iteration; on the side of the rows nothing dense is factorised.
    scikit-learn's own is not called because its import alone takes longer than a whole build of MovieLens small.
    """
    n_rows, n_columns = matrix.shape
    size = min(dimensions + _OVERSAMPLES, n_rows, n_columns)
    if size == 0:
        return np.zeros((n_columns, 0), np.float32)
    transposed = scipy.sparse.csr_matrix(matrix.T)
    sketch = np.random.default_rng(seed).standard_normal((n_columns, size), dtype=np.float32)
    for _ in range(_ITERATIONS):
        sketch, _unused = np.linalg.qr(transposed @ (matrix @ sketch))
    image = (matrix @ sketch).astype(np.float64)
    squares, turn = np.linalg.eigh(image.T @ image)
    strength = np.sqrt(np.maximum(squares[::-1], 0))
    kept = int(np.count_nonzero(strength[:dimensions] > _NOISE * strength[0])) if strength[0] > 0 else 0
    return np.ascontiguousarray(sketch @ turn[:, ::-1][:, :kept], dtype=np.float32)


def explained_variance(matrix: Any, reduced: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:  # noqa: ANN401
    """Return the share (d,) of the variance of a matrix that its first n dimensions explain, for n from 1 to d.

    `matrix` is SciPy CSR (n_rows, n_columns) and `reduced` (n_rows, d) its product with singular vectors. The sums of
    scikit-learn's `explained_variance_ratio_`.
    """
    values = matrix.data.astype(np.float64)
    n = max(1, matrix.shape[0])
    means = np.bincount(matrix.indices, values, matrix.shape[1]) / n
    whole = values @ values / n - means @ means
    if whole <= 0:
        return np.ones(reduced.shape[1])
    # Without a copy in double precision: there may be millions of rows.
    squares = np.einsum("ij,ij->j", reduced, reduced, dtype=np.float64) / n
    return np.asarray(np.cumsum(squares - np.mean(reduced, axis=0, dtype=np.float64) ** 2) / whole)


def unit_rows(
    rows: npt.NDArray[np.floating[Any]],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Bring the rows of (n, d) to unit length; a row of no length to speak of is left out.

    Returns the (m, d) float32 unit rows that remain, and an (n,) mask of which they are.
    """
    exact = rows.astype(np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", exact, exact))
    kept = lengths > 1e-6
    return (exact[kept] / lengths[kept, None]).astype(np.float32), kept
