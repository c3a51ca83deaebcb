"""Weights from item to item where a square of all items is too large: the same as `person_weights`, of fewer pairs.

What is a step over a matrix there is one over the pairs that are kept here. Taste is EASE^R by blocks; of it, and of
what comes next, twice as many pairs are kept as are stored, until the sum of both decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.baselines import seen_matrix
from recstore.models.ease_blocks import Solved, ease_by_blocks
from recstore.models.interactions import Interactions
from recstore.models.person import FACTORS_EVENED, PersonSettings, Weights, evened, let_again, trends
from recstore.models.pure_svd import Factors, item_factors, scale_of_products
from recstore.models.transitions import Timeline, largest, sparse_transition_counts

#: So many times as many pairs are kept of each kind as of their sum.
_SPARE = 2
#: So many pairs are multiplied at a time.
_BLOCK = 1 << 14


def sparse_weights(
    train: Interactions,
    timeline: Timeline,
    items: NDArray[np.intp],
    settings: PersonSettings,
    candidates: int,
    keep: int,
    seed: int,
) -> Weights:
    """Return the weights among `items`, both kinds as CSR (n, n), of `_SPARE * keep` pairs for each item on average.

    `candidates` as `ease_by_blocks` has it.
    """
    seen = scipy.sparse.csr_matrix(seen_matrix(train)[:, items])
    most = _SPARE * keep * len(items)
    taste = _taste(evened(seen, settings.user_power), settings.regularization, candidates, _SPARE * keep, seed)
    if settings.latent:
        _add_products(taste, item_factors(evened(seen, FACTORS_EVENED), seed), settings.latent)
    rated = np.bincount(train.items, minlength=train.n_items)[items]
    if settings.popularity_power:
        _scale_columns(taste, (rated + 1).astype(np.float32) ** np.float32(settings.popularity_power))
    after, scale = None, 1.0
    if train.times is not None and settings.mix > 0:
        after = _transitions(train, timeline, items, rated, settings, most)
        size = np.linalg.norm(after.data)
        if size > 0:
            scale = float(settings.mix * np.linalg.norm(taste.data) / size)
            after.data *= np.float32(scale)
    if settings.trend_power and train.times is not None:
        trend = trends(train, settings.trend_days)[items] ** np.float32(settings.trend_power)
        for weights in (taste, after):
            if weights is not None:
                _scale_columns(weights, trend)
    if settings.again:
        row_largest = np.asarray(taste.max(axis=1).todense()).ravel()
        taste.setdiag(let_again(train, items, row_largest, settings.again))
    return Weights(items, taste, after, scale=scale)


def _taste(seen: Any, regularization: float, candidates: int, keep: int, seed: int) -> Any:  # noqa: ANN401
    """Return the weights of EASE^R, CSR (n_items, n_items): of each group the largest, `keep` for each item."""
    solved = [_cut(group, keep) for group in ease_by_blocks(seen, regularization, candidates, seed)]
    row, column, values = (np.concatenate(parts) for parts in zip(*solved, strict=True))
    return scipy.sparse.csr_matrix((values, (row, column)), shape=(seen.shape[1], seen.shape[1]))


def _cut(solved: Solved, keep: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Return from which item to which the largest weights of a group lead, and what they are."""
    size = np.abs(solved.weights)
    most = keep * len(solved.group)
    limit = np.partition(size, size.size - most, axis=None)[size.size - most] if most < size.size else 0
    row, column = np.nonzero(size >= max(limit, np.finfo(np.float32).tiny))
    found = solved.sources[row].astype(np.int32), solved.group[column].astype(np.int32)
    return *found, solved.weights[row, column]


def _transitions(
    train: Interactions,
    timeline: Timeline,
    items: NDArray[np.intp],
    rated: NDArray[np.intp],
    settings: PersonSettings,
    most: int,
) -> Any:  # noqa: ANN401 - SciPy is not typed
    """Return what `relative_transitions` does, as CSR."""
    position = np.full(train.n_items, -1, np.intp)
    position[items] = np.arange(len(items))
    often = (rated + 1).astype(np.float32)
    gives, takes = often**-settings.out_power, often**-settings.in_power

    def relative(counts: Any) -> NDArray[np.float32]:  # noqa: ANN401
        size = counts.data ** np.float32(settings.damping)
        size *= np.repeat(gives, np.diff(counts.indptr))
        size *= takes[counts.indices]
        return np.asarray(size, np.float32)

    window, reach = settings.window, settings.reach
    counts = sparse_transition_counts(timeline, position, len(items), window, reach, most, relative)
    after = scipy.sparse.csr_matrix(counts + np.float32(settings.backward) * counts.T)
    after.data = relative(after)
    return largest(after, after.data, most)


def _add_products(weights: Any, factors: Factors, share: float) -> None:  # noqa: ANN401
    """Do what `add_products` does, in place, for the pairs that are there."""
    gives, takes = factors
    scale = scale_of_products(factors, share * float(np.linalg.norm(weights.data)))
    row = np.repeat(np.arange(weights.shape[0], dtype=np.int32), np.diff(weights.indptr))
    for start in range(0, weights.nnz, _BLOCK):
        some = slice(start, start + _BLOCK)
        weights.data[some] += scale * np.einsum("ij,ij->i", gives[row[some]], takes[weights.indices[some]])


def _scale_columns(weights: Any, scale: NDArray[np.float32]) -> None:  # noqa: ANN401
    """Multiply each column of a CSR matrix, in place."""
    weights.data *= scale[weights.indices]
