"""The truncated singular value decomposition of a sparse matrix, by randomised range finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse

_OVERSAMPLES = 10
_ITERATIONS = 6
# Directions weaker than this share of the strongest are rounding noise in single precision.
_NOISE = 1e-5
#: So many rows are dense at a time: a fixed number, so that no result depends on the memory.
_BLOCK = 1 << 14


def right_singular_vectors(matrix: Any, dimensions: int, seed: int) -> npt.NDArray[np.float32]:  # noqa: ANN401
    """Return the strongest right singular vectors of a sparse matrix, strongest first.

    `matrix` is a SciPy CSR matrix (n_rows, n_columns) float32, or a tuple of such that stand one below the other and
    are never copied into one. The result is (n_columns, n) float32 with n <= `dimensions`: fewer where the matrix has
    no more to give. The product `matrix @ result` is what scikit-learn's `TruncatedSVD.transform` gives.

    The method is that of Halko, Martinsson and Tropp, "Finding structure with randomness" (2011): subspace iteration
    with 10 oversamples, as scikit-learn's `TruncatedSVD`, then Rayleigh and Ritz's step. The sketch has one row per
    column of `matrix` and is made orthonormal once an iteration; on the side of the rows nothing dense is factorised,
    nor held for more than a block of them.
    scikit-learn's own is not called because its import alone takes longer than a whole build of MovieLens small.
    """
    n_rows, n_columns = _shape(matrix)
    size = min(dimensions + _OVERSAMPLES, n_rows, n_columns)
    if size == 0:
        return np.zeros((n_columns, 0), np.float32)
    sketch = np.random.default_rng(seed).standard_normal((n_columns, size), dtype=np.float32)
    for _ in range(_ITERATIONS):
        sums = np.zeros_like(sketch)
        for block in _blocks(matrix):
            sums += block.T @ (block @ sketch)
        sketch, _unused = np.linalg.qr(sums)
    gram = np.zeros((size, size))
    for block in _blocks(matrix):
        image = (block @ sketch).astype(np.float64)
        gram += image.T @ image
    squares, turn = np.linalg.eigh(gram)
    strength = np.sqrt(np.maximum(squares[::-1], 0))
    kept = int(np.count_nonzero(strength[:dimensions] > _NOISE * strength[0])) if strength[0] > 0 else 0
    return np.ascontiguousarray(sketch @ turn[:, ::-1][:, :kept], dtype=np.float32)


def lone_rows_merged(matrix: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return matrices with fewer rows, of the same singular values and right singular vectors.

    Rows with one number in the same column become one, of the root of the sum of their squares: MᵀM stays as it is. A
    matrix of which that concerns less than half of the numbers is not copied.
    """
    n_columns = _shape(matrix)[1]
    alone, kept = np.zeros(n_columns), []
    for part in matrix:
        lone = np.diff(part.indptr) == 1
        if 2 * np.count_nonzero(lone) < part.nnz:
            kept.append(part)
            continue
        at = part.indptr[:-1][lone]
        alone += np.bincount(part.indices[at], part.data[at].astype(np.float64) ** 2, n_columns)
        kept.append(part[np.diff(part.indptr) > 1])
    if not alone.any():
        return matrix
    return *kept, scipy.sparse.diags(np.sqrt(alone).astype(np.float32), format="csr")


def column_sums(matrix: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401
    """Return the sum of each column of a sparse matrix, or of those of a tuple, (n_columns,)."""
    sums = np.zeros(_shape(matrix)[1])
    for block in _blocks(matrix):
        sums += np.bincount(block.indices, block.data.astype(np.float64), len(sums))
    return sums


def _blocks(matrix: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the rows of a sparse matrix, or of those of a tuple, so many at a time."""
    for part in _parts(matrix):
        for start in range(0, part.shape[0], _BLOCK):
            yield part[start : start + _BLOCK]


def _parts(matrix: Any) -> tuple[Any, ...]:  # noqa: ANN401
    return matrix if isinstance(matrix, tuple) else (matrix,)


def _shape(matrix: Any) -> tuple[int, int]:  # noqa: ANN401
    parts = _parts(matrix)
    return sum(part.shape[0] for part in parts), parts[0].shape[1]


def sums_of_reduced(
    matrix: Any,  # noqa: ANN401
    directions: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the sums (d,) of each column of `matrix @ directions` and of its squares, which is never held whole."""
    sums, squares = np.zeros((2, directions.shape[1]))
    for block in _blocks(matrix):
        reduced = (block @ directions).astype(np.float64)
        sums += reduced.sum(axis=0)
        squares += np.einsum("ij,ij->j", reduced, reduced)
    return sums, squares


def explained_variance(matrix: Any, reduced: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:  # noqa: ANN401
    """Return the share (d,) of the variance of a matrix that its first n dimensions explain, for n from 1 to d.

    `matrix` is SciPy CSR (n_rows, n_columns) and `reduced` (n_rows, d) its product with singular vectors. The sums of
    scikit-learn's `explained_variance_ratio_`.
    """
    # Without a copy in double precision.
    squares = np.einsum("ij,ij->j", reduced, reduced, dtype=np.float64)
    return explained_by_sums(matrix, reduced.sum(axis=0, dtype=np.float64), squares)


def explained_by_sums(
    matrix: Any,  # noqa: ANN401
    sums: npt.NDArray[np.float64],
    squares: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return what `explained_variance` does, from what `sums_of_reduced` gives."""
    rows, _columns = _shape(matrix)
    n = max(1, rows)
    means = column_sums(matrix) / n
    square = 0.0
    for block in _blocks(matrix):
        values = block.data.astype(np.float64)
        square += float(values @ values)
    whole = square / n - means @ means
    if whole <= 0:
        return np.ones(len(sums))
    return np.asarray(np.cumsum(squares / n - (sums / n) ** 2) / whole)


def unit_rows(
    rows: npt.NDArray[np.floating[Any]],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Bring the rows of (n, d) to unit length; a row of no length to speak of is left out.

    Returns the (m, d) float32 unit rows that remain, and an (n,) mask of which they are.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    kept = lengths > 1e-6
    units = np.empty((np.count_nonzero(kept), rows.shape[1]), np.float32)
    done = 0
    # No copy of all rows in double precision.
    for start in range(0, len(rows), _BLOCK):
        some = kept[start : start + _BLOCK]
        block = rows[start : start + _BLOCK][some].astype(np.float64)
        units[done : done + len(block)] = block / lengths[start : start + _BLOCK][some, None]
        done += len(block)
    return units, kept
