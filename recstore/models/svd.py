"""The truncated singular value decomposition of a sparse matrix, by randomised range finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recstore.models.blocks import as_matrix

_OVERSAMPLES = 10
_ITERATIONS = 6
# Directions weaker than this share of the strongest are rounding noise in single precision.
_NOISE = 1e-5
#: So many rows are dense at a time: a fixed number, so that no result depends on the memory.
_BLOCK = 1 << 14


@dataclass(frozen=True)
class Decomposition:
    """What is strongest in a matrix: `directions` (n_columns, n) float32, its right singular vectors, strongest first.

    `squares` (n,) are the sums of the squares of each column of `matrix @ directions`.
    """

    directions: npt.NDArray[np.float32]
    squares: npt.NDArray[np.float64]


def right_singular_vectors(matrix: Any, dimensions: int, seed: int) -> npt.NDArray[np.float32]:  # noqa: ANN401
    """Return the `directions` of `decompose` alone."""
    return decompose(matrix, dimensions, seed).directions


def decompose(matrix: Any, dimensions: int, seed: int) -> Decomposition:  # noqa: ANN401 - SciPy is not typed
    """Return the strongest right singular vectors of a sparse matrix.

    `matrix` is a SciPy CSR matrix (n_rows, n_columns) float32, a tuple of such that stand one below the other, or any
    `Matrix`. There are n <= `dimensions` vectors: fewer where the matrix has no more to give. The product
    `matrix @ directions` is what scikit-learn's `TruncatedSVD.transform` gives.

    The method is that of Halko, Martinsson and Tropp, "Finding structure with randomness" (2011): subspace iteration
    with 10 oversamples, as scikit-learn's `TruncatedSVD`, then Rayleigh and Ritz's step. The sketch has one row per
    column of `matrix` and is made orthonormal once an iteration; on the side of the rows nothing dense is factorised,
    nor held for more than a block of them.
    scikit-learn's own is not called because its import alone takes longer than a whole build of MovieLens small.
    """
    rows = as_matrix(matrix)
    n_rows, n_columns = rows.shape
    size = min(dimensions + _OVERSAMPLES, n_rows, n_columns)
    if size == 0:
        return Decomposition(np.zeros((n_columns, 0), np.float32), np.zeros(0))
    sketch = np.random.default_rng(seed).standard_normal((n_columns, size), dtype=np.float32)
    for _ in range(_ITERATIONS):
        sketch, _unused = np.linalg.qr(rows.total(add_spread, sketch.shape, sketch, dtype=np.float32))
    squares, turn = np.linalg.eigh(rows.total(add_image, (size, size), sketch))
    squares, turn = np.maximum(squares[::-1], 0), turn[:, ::-1]
    kept = int(np.count_nonzero(np.sqrt(squares[:dimensions]) > _NOISE * np.sqrt(squares[0]))) if squares[0] > 0 else 0
    directions = np.ascontiguousarray(sketch @ turn[:, :kept], dtype=np.float32)
    return Decomposition(directions, squares[:kept])


def add_spread(sums: npt.NDArray[np.float32], part: Any, sketch: npt.NDArray[np.float32]) -> None:  # noqa: ANN401
    """Add the product of a matrix, turned, with its product with a sketch."""
    for block in _blocks(part):
        sums += block.T @ (block @ sketch)


def add_image(sums: npt.NDArray[np.float64], part: Any, sketch: npt.NDArray[np.float32]) -> None:  # noqa: ANN401
    """Add the products of the columns of a matrix times a sketch with each other."""
    for block in _blocks(part):
        image = (block @ sketch).astype(np.float64)
        sums += image.T @ image


def _blocks(part: Any) -> Iterator[Any]:  # noqa: ANN401 - SciPy is not typed
    """Yield the rows of a sparse matrix, so many at a time."""
    for start in range(0, part.shape[0], _BLOCK):
        yield part[start : start + _BLOCK]


def explained_variance(matrix: Any, reduced: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:  # noqa: ANN401
    """Return the share (d,) of the variance of a matrix that its first n dimensions explain, for n from 1 to d.

    `matrix` is SciPy CSR (n_rows, n_columns) and `reduced` (n_rows, d) its product with singular vectors. The sums of
    scikit-learn's `explained_variance_ratio_`.
    """
    # Without a copy in double precision.
    squares = np.einsum("ij,ij->j", reduced, reduced, dtype=np.float64)
    rows = as_matrix(matrix)
    moments = rows.total(_add_moments, rows.shape[1] + 1)
    return _explained(rows.shape[0], moments, reduced.sum(axis=0, dtype=np.float64), squares)


def explained_by(matrix: Any, found: Decomposition) -> npt.NDArray[np.float64]:  # noqa: ANN401
    """Return what `explained_variance` does of the product with the directions `found`, which is never made.

    They may be found in another matrix M of the same MᵀM, such as `Matrix.merged` gives.
    """
    rows = as_matrix(matrix)
    moments = rows.total(_add_moments, rows.shape[1] + 1)
    return _explained(rows.shape[0], moments, moments[:-1] @ found.directions.astype(np.float64), found.squares)


def _explained(
    n_rows: int, moments: npt.NDArray[np.float64], sums: npt.NDArray[np.float64], squares: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the shares from what `_add_moments` adds, and the sums (d,) of the reduced rows and of their squares."""
    n = max(1, n_rows)
    means = moments[:-1] / n
    return _shares(moments[-1] / n - means @ means, n, sums, squares)


def explained_of_columns(
    matrix: Any,  # noqa: ANN401
    sums: npt.NDArray[np.float64],
    squares: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return what `explained_variance` does of a matrix turned, from sums (d,) of its columns, reduced, and squares."""
    rows = as_matrix(matrix)
    n = max(1, rows.shape[1])
    square, of_means = rows.total(_add_squares_of_rows, 2)
    return _shares(square / n - of_means / n**2, n, sums, squares)


def _shares(
    whole: float, n: int, sums: npt.NDArray[np.float64], squares: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    if whole <= 0:
        return np.ones(len(sums))
    return np.asarray(np.cumsum(squares / n - (sums / n) ** 2) / whole)


def _add_moments(sums: npt.NDArray[np.float64], part: Any) -> None:  # noqa: ANN401 - SciPy is not typed
    """Add the sum of each column, and last the square of all numbers."""
    for block in _blocks(part):
        values = block.data.astype(np.float64)
        sums[:-1] += np.bincount(block.indices, values, len(sums) - 1)
        sums[-1] += values @ values


def _add_squares_of_rows(sums: npt.NDArray[np.float64], part: Any) -> None:  # noqa: ANN401 - SciPy is not typed
    """Add the square of all numbers, and the squares of the sums of the rows."""
    for block in _blocks(part):
        values = block.data.astype(np.float64)
        of_rows = np.asarray(block.sum(axis=1, dtype=np.float64)).ravel()
        sums += values @ values, of_rows @ of_rows


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
