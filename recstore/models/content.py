"""The content space: TF-IDF of a movie's genres and tags, reduced by a truncated SVD."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse

from recstore.models.svd import right_singular_vectors, unit_rows


def tfidf(counts: Any, fitted: npt.NDArray[np.bool_]) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Weigh term counts as scikit-learn's `TfidfVectorizer` does by default: smooth idf, rows of unit length.

    `counts` is CSR (n_documents, n_terms); the inverse document frequencies come from the documents in the mask
    `fitted` (n_documents,). Returns CSR (n_documents, n_terms) float32.
    """
    documents = np.bincount(counts[fitted].indices, minlength=counts.shape[1])
    idf = np.log((1 + np.count_nonzero(fitted)) / (1 + documents)) + 1
    weights = counts.astype(np.float64)
    weights.data *= idf[weights.indices]
    row = np.repeat(np.arange(counts.shape[0]), np.diff(weights.indptr))
    lengths = np.sqrt(np.bincount(row, weights=weights.data**2, minlength=counts.shape[0]))
    weights.data /= lengths[row]
    return weights.astype(np.float32)


def content_vectors(
    movie: npt.NDArray[np.integer[Any]],
    term: npt.NDArray[np.integer[Any]],
    times: npt.NDArray[np.integer[Any]],
    fitted: npt.NDArray[np.bool_],
    dimensions: int,
    seed: int,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return the content vectors of movies.

    The counts are given as triples (n_counts,): row of the movie, column of the term, how often. `fitted`
    (n_movies,) marks the movies that the model is fitted on; the others are brought into the same space.
    Returns (m, d) float32 of unit length and the (n_movies,) mask of the movies that have one.
    """
    n_terms = int(term.max()) + 1 if len(term) else 0
    counts = scipy.sparse.csr_matrix((times, (movie, term)), shape=(len(fitted), n_terms))
    weights = tfidf(counts, fitted)
    return unit_rows(weights @ right_singular_vectors(weights[fitted], dimensions, seed))
