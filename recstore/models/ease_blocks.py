"""EASE^R where a square of all items is too large: solved for one group of items after another, each with its like.

EASE^R is a ridge regression of each item's column on those of all others. Most of these say nothing of it, and SLIM
with feature selection (Ning and Karypis 2011) leaves them out: each regression is on a few candidates. Here items that
the same people have share their candidates, so that one factorisation serves a whole group. A group's candidates are
itself and those of all other items that explain most of it one by one; over them the weights are those of EASE^R.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from recstore.models.ease import Solver

#: So many candidates a group has, at most; more take longer, and say little more.
_MOST_CANDIDATES = 4096
#: So many multiplications all groups may take together, about five minutes of two cores: of a million items with 2,236
#: candidates.
_WORK = 2e13
#: Of its candidates so many are the group's own items.
_GROUP = 4
#: By so many directions, and steps of a walk, items are parted into groups.
_DIMENSIONS = 32
_STEPS = 3
#: So many pairs of items that were had together are held at a time, about.
_PAIRS = 1 << 21
#: Squares of the candidates that exist at one time.
_SQUARES = 3


@dataclass(frozen=True)
class Solved:
    """The weights of one group: `weights` (c, g) float32 lead from the items `sources` (c,) to `group` (g,)."""

    sources: NDArray[np.intp]
    group: NDArray[np.intp]
    weights: NDArray[np.float32]


def candidates_within(room: int, n_items: int) -> int:
    """Return how many candidates each group of `n_items` may have where their squares may take `room` bytes."""
    # As many groups as n_items * _GROUP / candidates take candidates³ each.
    return min(_MOST_CANDIDATES, math.isqrt(room // (4 * _SQUARES)), math.isqrt(round(_WORK / (_GROUP * n_items))))


def ease_by_blocks(seen: Any, regularization: float, candidates: int, seed: int) -> Iterator[Solved]:  # noqa: ANN401
    """Yield the weights of EASE^R group by group, each over so many `candidates`; every item is in one group.

    `seen` is CSR (n_users, n_items) as `ease_weights` has it. Where `candidates` is at least n_items there is one
    group, and its weights are those of `ease_weights`.
    """
    n_items = seen.shape[1]
    together = _Together(seen, regularization)
    for group in groups_of_items(seen, candidates, seed):
        sources = group if len(group) == n_items else together.candidates(group, candidates)
        theirs = scipy.sparse.csr_matrix(together.by_item[sources].T)
        theirs = theirs[np.diff(theirs.indptr) > 0]
        place = np.searchsorted(sources, group)
        weights = Solver(theirs).weights(regularization, is_last=True)
        yield Solved(sources, group, np.ascontiguousarray(weights[:, place]))


def groups_of_items(seen: Any, candidates: int, seed: int) -> list[NDArray[np.intp]]:  # noqa: ANN401
    """Part the items, ascending in each group: into parts of parts, along what most tells apart whose they are."""
    n_items = seen.shape[1]
    if n_items <= candidates:
        return [np.arange(n_items)]
    vectors = _walked(seen, np.random.default_rng(seed).standard_normal((n_items, _DIMENSIONS), np.float32))
    limit = max(1, candidates // _GROUP)
    groups, parted = [], [np.arange(n_items)]
    while parted:
        items = parted.pop()
        parts = -(-len(items) // limit)
        if parts == 1:
            groups.append(np.sort(items))
            continue
        spread = vectors[items] - vectors[items].mean(axis=0)
        _values, directions = np.linalg.eigh(spread.T @ spread)
        order = items[np.argsort(spread @ directions[:, -1], kind="stable")]
        middle = len(items) * (parts // 2) // parts
        parted += [order[middle:], order[:middle]]
    return groups


def _walked(seen: Any, vectors: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: ANN401 - SciPy is not typed
    """Return for each item the mean of `vectors` (n_items, d) over where walks from it end, of unit length.

    A step goes from an item to somebody who had it, and on to an item that they had (Coifman and Lafon, "Diffusion
    maps", 2006). Items with the same people come near each other, however many kinds of items there are; singular
    vectors would tell but the largest kinds apart.
    """
    of_user, of_item = (1 / np.maximum(np.asarray(seen.sum(axis=axis)).ravel(), 1e-12) for axis in (1, 0))
    for _ in range(_STEPS):
        vectors = (seen.T @ ((seen @ vectors) * of_user[:, None])) * of_item[:, None]
    vectors = vectors - vectors.mean(axis=0)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return np.asarray(vectors, np.float32)


class _Together:
    """Who had what, and which items explain which."""

    def __init__(self, seen: Any, regularization: float) -> None:  # noqa: ANN401 - SciPy is not typed
        self._seen = seen
        self.by_item = scipy.sparse.csr_matrix(seen.T)
        self._had = np.maximum(np.asarray(seen.power(2).sum(axis=0)).ravel(), 1e-12)
        self._regularization = regularization
        # So many pairs there are at most, of each item.
        pairs = self.by_item.astype(bool) @ np.diff(seen.indptr).astype(np.float64)
        self._pairs = np.minimum(pairs, seen.shape[1])

    def candidates(self, group: NDArray[np.intp], most: int) -> NDArray[np.intp]:
        """Return the group and the items that explain most of it, ascending.

        Alone, item i explains c² / (n_i + λ) of the n_j of item j, where both were had c times together; that is summed
        up, relative to n_j, over the group.
        """
        explained = np.zeros(len(self._had))
        ends = np.flatnonzero(np.diff(np.cumsum(self._pairs[group]) // _PAIRS)) + 1
        for some in np.split(group, ends):
            together = self.by_item[some] @ self._seen
            squares = together.data**2 / np.repeat(self._had[some], np.diff(together.indptr))
            explained += np.bincount(together.indices, squares, len(explained))
        explained /= self._had + self._regularization
        explained[group] = np.inf
        there = np.flatnonzero(explained)
        return np.sort(there[np.argsort(-explained[there], kind="stable")[:most]])
