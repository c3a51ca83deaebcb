"""Approximate nearest neighbours of many vectors: only clusters near a vector are searched.

An inverted file (Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011) without the
quantisation: spherical k-means parts the vectors, and each vector is compared with those of the clusters whose centres
are nearest to it. Vectors of one cluster are asked about together, in matrix products with each cluster that any of
them needs. How many clusters must be searched is found out from exact answers to a sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from recstore.budget import Budget
from recstore.search.exact import NO_SCORE, Block
from recstore.search.found import Found

#: Twice the square root of the vectors are clusters: more cost more to find, fewer cost more to search.
_CLUSTERS = 2
_ITERATIONS = 8
#: So many vectors per cluster are enough to place it.
_SAMPLE_PER_CLUSTER = 32
_BLOCK = 4096
#: So many of a cluster's vectors are asked about at a time.
_ASKED = 512
#: A vector's clusters are looked for among so many that are nearest to its own.
_NEAR = 256
#: What is at work on a cluster: products, which of them are high, and what was found, in bytes.
_WORK_BYTES = 64 << 20
#: Half of the sample decides how many clusters are searched, the other half measures what that finds.
_QUESTIONS = 400
_WANTED = 0.98


class Clusters:
    """The vectors in clusters, and how many of them are searched: enough to find 98 % of the neighbours."""

    def __init__(self, vectors: npt.NDArray[np.float32], k: int, seed: int) -> None:
        """Part `vectors`, (n, d) float32 of unit length with n > k, and find out what must be searched for `k`."""
        n = len(vectors)
        self.k = min(k, n - 1)
        random = np.random.default_rng(seed)
        count = min(n, max(1, round(_CLUSTERS * n**0.5)))
        picked = np.sort(random.choice(n, min(n, count * _SAMPLE_PER_CLUSTER), replace=False))
        centers = _centers(vectors[picked], count, random)
        there, self.own = np.unique(_nearest_center(vectors, centers), return_inverse=True)
        self.centers = centers[there]
        self.members = np.argsort(self.own, kind="stable")
        self.begin = np.searchsorted(self.own[self.members], np.arange(len(there) + 1))
        #: (n, d): the vectors once more, cluster by cluster.
        self.rows = vectors[self.members]
        #: (count, m): the clusters nearest to each, itself first; none is empty, so these hold more than k vectors.
        self.order = _nearest_clusters(self.centers, max(_NEAR, self.k + 1))
        asked = random.permutation(random.choice(n, min(n, _QUESTIONS), replace=False))
        depth = self._depth_of_neighbors(vectors, asked)
        half = (len(asked) + 1) // 2
        self.searched = min(int(np.quantile(depth[:half], _WANTED, method="higher")) + 1, self.order.shape[1])
        self.recall = float((depth[half:] < self.searched).mean()) if len(asked) > 1 else 1.0

    def neighbors(self, budget: Budget | None = None) -> Iterator[Block]:
        """Yield, as `nearest_neighbors` does, the rows in order with their `k` nearest rows and the scores."""
        near = np.empty((len(self.rows), self.k), np.int32)
        score = np.empty((len(self.rows), self.k), np.float32)

        budget = budget or Budget.of()

        def search(cluster: int) -> None:
            with budget.turn():
                for rows, found, scores in self._search(cluster):
                    near[rows], score[rows] = found, scores

        with ThreadPoolExecutor(budget.workers(_WORK_BYTES)) as pool:
            for _done in pool.map(search, range(len(self.centers))):
                pass
        for start in range(0, len(near), _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, len(near)))
            yield rows, near[rows], score[rows]

    def _search(self, cluster: int) -> Iterator[Block]:
        """Yield the neighbours of a cluster's members."""
        for start in range(self.begin[cluster], self.begin[cluster + 1], _ASKED):
            end = min(start + _ASKED, self.begin[cluster + 1])
            questions = self.rows[start:end]
            searched = self._searched(cluster, questions)
            found = Found(questions, self.rows, self.members, self.k)
            for place, other in enumerate(self.order[cluster]):
                asked = np.flatnonzero(searched[:, place])
                for first in range(self.begin[other], self.begin[other + 1], _BLOCK) if len(asked) else ():
                    last = min(first + _BLOCK, self.begin[other + 1])
                    scores = questions[asked] @ self.rows[first:last].T
                    itself = start + asked - first
                    here = np.flatnonzero((itself >= 0) & (itself < last - first))
                    scores[here, itself[here]] = NO_SCORE
                    found.add(asked, first, scores)
            yield self.members[start:end], *found.best()

    def _searched(self, cluster: int, questions: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Return (q, m): which of the clusters near a cluster are searched for each of its members."""
        near = self.order[cluster]
        scores = questions @ self.centers[near].T
        scores[:, 0] = -NO_SCORE
        place = len(near) - self.searched
        searched: npt.NDArray[np.bool_] = scores >= np.partition(scores, place, axis=1)[:, place, None]
        held = searched @ (self.begin[near + 1] - self.begin[near])
        searched[held <= self.k] = True
        return searched

    def _depth_of_neighbors(
        self, vectors: npt.NDArray[np.float32], asked: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.intp]:
        """Return (q, k): how many clusters are nearer to a row than that of each of its exact neighbours."""
        nearest = _exact_neighbors(vectors, asked, self.k)
        depth = np.empty(nearest.shape, np.intp)
        for index, row in enumerate(asked):
            near = self.order[self.own[row]]
            scores = self.centers[near] @ vectors[row]
            scores[0] = -NO_SCORE
            place = np.full(len(self.centers), len(near))
            place[near[np.argsort(-scores, kind="stable")]] = np.arange(len(near))
            depth[index] = place[self.own[nearest[index]]]
        return depth


def _exact_neighbors(vectors: npt.NDArray[np.float32], asked: npt.NDArray[np.intp], k: int) -> npt.NDArray[np.intp]:
    """Return the (q, k) rows that are nearest to some, but for themselves, in no order."""
    questions = vectors[asked]
    best = np.full((len(asked), k), NO_SCORE, np.float32)
    nearest = np.zeros((len(asked), k), np.intp)
    for start in range(0, len(vectors), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(vectors)))
        scores = np.where(rows == asked[:, None], np.float32(NO_SCORE), questions @ vectors[rows].T)
        every = np.hstack([best, scores])
        top = np.argpartition(every, every.shape[1] - k, axis=1)[:, -k:]
        best = np.take_along_axis(every, top, axis=1)
        nearest = np.take_along_axis(np.hstack([nearest, np.broadcast_to(rows, scores.shape)]), top, axis=1)
    return nearest


def _centers(sample: npt.NDArray[np.float32], count: int, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return (count, d) float32 of unit length, by spherical k-means (Dhillon and Modha 2001)."""
    centers = sample[np.sort(random.choice(len(sample), count, replace=False))]
    for _ in range(_ITERATIONS):
        own = _nearest_center(sample, centers)
        order = np.argsort(own, kind="stable")
        there, first = np.unique(own[order], return_index=True)
        sums = np.add.reduceat(sample[order].astype(np.float64), first, axis=0)
        lengths = np.linalg.norm(sums, axis=1)
        kept = lengths > 0
        centers = centers.copy()
        centers[there[kept]] = sums[kept] / lengths[kept, None]
    return centers


def _nearest_center(vectors: npt.NDArray[np.float32], centers: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    own = [np.argmax(vectors[start : start + _BLOCK] @ centers.T, axis=1) for start in range(0, len(vectors), _BLOCK)]
    return np.concatenate(own)


def _nearest_clusters(centers: npt.NDArray[np.float32], most: int) -> npt.NDArray[np.intp]:
    """Return (count, min(count, most)): the clusters by their distance from each, itself first."""
    count = len(centers)
    most = min(count, most)
    order = np.empty((count, most), np.intp)
    for start in range(0, count, _BLOCK):
        scores = centers[start : start + _BLOCK] @ centers.T
        own = np.arange(len(scores))
        scores[own, start + own] = -NO_SCORE
        top = np.argpartition(scores, count - most, axis=1)[:, count - most :]
        by_score = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
        order[start : start + _BLOCK] = np.take_along_axis(top, by_score, axis=1)
    return order
