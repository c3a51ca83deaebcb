"""The collaborative space: who rated a movie how, reduced by a truncated SVD."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse

from recstore.models.svd import explained_variance, right_singular_vectors, unit_rows


def collaborative_vectors(
    movie: npt.NDArray[np.integer[Any]],
    user: npt.NDArray[np.integer[Any]],
    rating: npt.NDArray[np.float32],
    shape: tuple[int, int],
    dimensions: int,
    seed: int,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return the collaborative vectors of movies.

    The ratings are given as triples (n_ratings,): row of the movie, column of the user, stars; what is not rated is
    0. `shape` is (n_movies, n_users). Returns (m, d) float32 of unit length, the (n_movies,) mask of the movies
    that have one, and the share (d,) of the variance that the first n dimensions explain.
    """
    matrix = scipy.sparse.csr_matrix((rating, (movie, user)), shape=shape, dtype=np.float32)
    matrix.sort_indices()
    reduced = matrix @ right_singular_vectors(matrix, dimensions, seed)
    return *unit_rows(reduced), explained_variance(matrix, reduced)


def even_amounts(item: npt.NDArray[np.integer[Any]], n_items: int) -> npt.NDArray[np.float32]:
    """Return what stands for ratings where nothing was rated, (n,): each item has the length 1 in all.

    With ones instead the directions are those of what everybody has.
    """
    had = np.bincount(item, minlength=n_items)
    return np.asarray(had[item] ** -0.5, np.float32)
