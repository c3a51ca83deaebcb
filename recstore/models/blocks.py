"""Histories by blocks of whole people: a model says what is added up over them, and they may lie on many machines.

On one machine `Interactions` are one block, and `Rows` a matrix in memory; `recstore.spark` has the same of blocks that
lie in files and are added up by workers. What is added must be a function of a module, since it travels to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

#: Adds what a block says to an array, in place: `add(sums, block, *arguments)`.
Add = Callable[..., None]


@runtime_checkable
class Matrix(Protocol):
    """A sparse matrix of float32 whose columns are items (or terms), and whose rows nobody needs to hold all of."""

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""

    def total(
        self, add: Add, shape: int | tuple[int, ...], *arguments: object, dtype: npt.DTypeLike = np.float64
    ) -> NDArray[Any]:
        """Return zeros of a shape to which `add(sums, block, *arguments)` added each block, SciPy CSR of some rows."""

    def scaled(self, scale: NDArray[np.float32]) -> Matrix:
        """Return the matrix with each column multiplied by `scale` (n_columns,)."""

    def merged(self) -> Matrix:
        """Return the matrix M with fewer rows but the same MᵀM, as `lone_rows_merged` makes it of each block."""


class Histories(Protocol):
    """Who had what and when, by positions of items; of users nothing is known but what belongs together."""

    @property
    def n_items(self) -> int:
        """How many items there are."""

    @property
    def n_users(self) -> int:
        """How many users there are."""

    @property
    def has_ratings(self) -> bool:
        """Whether anything is known but the pairs."""

    @property
    def has_times(self) -> bool:
        """Whether an order in time is known."""

    @property
    def latest(self) -> float:
        """The last of all times, in seconds; 0 where there are none."""

    def __len__(self) -> int:
        """Return the number of pairs."""

    def how_often(self) -> NDArray[np.int64]:
        """Return how many pairs each item has, (n_items,)."""

    def total(
        self, add: Add, shape: int | tuple[int, ...], *arguments: object, dtype: npt.DTypeLike = np.float64
    ) -> NDArray[Any]:
        """Return zeros of a shape to which `add(sums, block, *arguments)` added each block, `Interactions`."""

    def matrix(self, make: Callable[..., tuple[Any, ...]], *arguments: object) -> Matrix:
        """Return the matrix whose rows are those of all that `make(block, *arguments)` gives, CSR (…, n_items)."""


class Rows:
    """A matrix in memory: SciPy CSR, or several that stand one below the other and are never copied into one."""

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self.parts = parts

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        return sum(part.shape[0] for part in self.parts), self.parts[0].shape[1]

    def total(
        self, add: Add, shape: int | tuple[int, ...], *arguments: object, dtype: npt.DTypeLike = np.float64
    ) -> NDArray[Any]:
        """Return what `add` adds up of all parts."""
        sums = np.zeros(shape, dtype)
        for part in self.parts:
            add(sums, part, *arguments)
        return sums

    def scaled(self, scale: NDArray[np.float32]) -> Rows:
        """Return the matrix with each column multiplied by `scale` (n_columns,)."""
        return Rows(tuple(scaled_columns(part, scale) for part in self.parts))

    def merged(self) -> Rows:
        """Return the matrix M with fewer rows but the same MᵀM."""
        return Rows(lone_rows_merged(self.parts))


def scaled_columns(part: Any, scale: NDArray[np.float32]) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Return CSR with each column multiplied by a number."""
    import scipy.sparse

    return scipy.sparse.csr_matrix(part @ scipy.sparse.diags(scale), dtype=np.float32)


def lone_rows_merged(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return matrices, CSR, with fewer rows, of the same singular values and right singular vectors.

    Rows with one number in the same column become one, of the root of the sum of their squares: MᵀM stays as it is. A
    matrix of which that concerns less than half of the numbers is not copied.
    """
    import scipy.sparse

    n_columns = parts[0].shape[1]
    alone, kept = np.zeros(n_columns), []
    for part in parts:
        lone = np.diff(part.indptr) == 1
        if 2 * np.count_nonzero(lone) < part.nnz:
            kept.append(part)
            continue
        at = part.indptr[:-1][lone]
        alone += np.bincount(part.indices[at], part.data[at].astype(np.float64) ** 2, n_columns)
        kept.append(part[np.diff(part.indptr) > 1])
    columns = np.flatnonzero(alone)
    if not len(columns):
        return parts
    root = np.sqrt(alone[columns]).astype(np.float32)
    shape = len(columns), n_columns
    return *kept, scipy.sparse.csr_matrix((root, columns, np.arange(len(columns) + 1)), shape=shape)


def as_matrix(matrix: Any) -> Matrix:  # noqa: ANN401 - SciPy is not typed
    """Return CSR, or a tuple of such, as a `Matrix`; what is one stays as it is."""
    if isinstance(matrix, Matrix) and not hasattr(matrix, "indptr"):
        return matrix
    return Rows(matrix if isinstance(matrix, tuple) else (matrix,))
