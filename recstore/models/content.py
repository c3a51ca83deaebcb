"""The content space: TF-IDF of a movie's genres and tags, reduced by a truncated SVD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse

from recstore.models.svd import explained_variance, right_singular_vectors, unit_rows


@dataclass(frozen=True)
class Content:
    """The content vectors of movies, and what brings any text in.

    `vectors` (m, d) float32 are of unit length, and `kept` (n_movies,) is the mask of the movies that have one.
    The vector of a text is the sum of its terms' counts times `idf` (n_terms,) times `components` (n_terms, d)
    float32, brought to unit length. `explained` (d,) is the share of the variance that the first n dimensions explain.
    """

    vectors: npt.NDArray[np.float32]
    kept: npt.NDArray[np.bool_]
    idf: npt.NDArray[np.float64]
    components: npt.NDArray[np.float32]
    explained: npt.NDArray[np.float64]


def inverse_frequencies(counts: Any, fitted: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:  # noqa: ANN401
    """Return the smooth inverse document frequencies (n_terms,), from the documents in the mask `fitted`.

    `counts` is CSR (n_documents, n_terms). As scikit-learn's `TfidfVectorizer` has them by default.
    """
    documents = np.bincount(counts[fitted].indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + np.count_nonzero(fitted)) / (1 + documents)) + 1)


def tfidf(counts: Any, idf: npt.NDArray[np.float64]) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Weigh term counts (n_documents, n_terms), CSR, by inverse document frequencies (n_terms,).

    Returns CSR (n_documents, n_terms) float32, its rows of unit length, as scikit-learn's `TfidfVectorizer` has them.
    """
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
) -> Content:
    """Return the content vectors of movies.

    The counts are given as triples (n_counts,): row of the movie, column of the term, how often. `fitted`
    (n_movies,) marks the movies that the model is fitted on; the others are brought into the same space.
    """
    n_terms = int(term.max()) + 1 if len(term) else 0
    counts = scipy.sparse.csr_matrix((times, (movie, term)), shape=(len(fitted), n_terms))
    idf = inverse_frequencies(counts, fitted)
    weights = tfidf(counts, idf)
    components = right_singular_vectors(weights[fitted], dimensions, seed)
    reduced = weights @ components
    return Content(*unit_rows(reduced), idf, components, explained_variance(weights[fitted], reduced[fitted]))
