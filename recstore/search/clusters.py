"""Approximate nearest neighbours of many vectors: only clusters near a vector's own are searched.

An inverted file (Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011) without the
quantisation: spherical k-means parts the vectors, and each cluster's are compared with those of the clusters nearest to
it, in matrix products. How many clusters must be searched is found out from exact answers to a sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from recstore.budget import Budget
from recstore.search.exact import NO_SCORE, Block, near_top, padded
from recstore.search.ranking import SCORE_STEPS, steps

_ITERATIONS = 8
#: So many vectors per cluster are enough to place it.
_SAMPLE_PER_CLUSTER = 64
_BLOCK = 4096
_SCORES_BYTES = 24 << 20
#: Half of the sample decides how many clusters are searched, the other half measures what that finds.
_QUESTIONS = 400
_WANTED = 0.98


class Clusters:
    """The vectors in clusters, and how many of them are searched: enough to find 98 % of the neighbours."""

    def __init__(self, vectors: npt.NDArray[np.float32], k: int, seed: int) -> None:
        """Part `vectors`, (n, d) float32 of unit length with n > k, and find out what must be searched for `k`."""
        self.vectors = vectors
        self.k = min(k, len(vectors) - 1)
        random = np.random.default_rng(seed)
        count = max(1, round(len(vectors) ** 0.5))
        picked = np.sort(random.choice(len(vectors), min(len(vectors), count * _SAMPLE_PER_CLUSTER), replace=False))
        centers = _centers(vectors[picked], count, random)
        self.own = _nearest_center(vectors, centers)
        self.members = np.argsort(self.own, kind="stable")
        self.begin = np.searchsorted(self.own[self.members], np.arange(count + 1))
        #: (count, count): all clusters in order of their distance from each, itself first.
        self.order = np.argsort(-(centers @ centers.T), axis=1, kind="stable")
        asked = random.permutation(random.choice(len(vectors), min(len(vectors), _QUESTIONS), replace=False))
        depth = self._depth_of_neighbors(asked)
        half = (len(asked) + 1) // 2
        self.searched = int(np.quantile(depth[:half], _WANTED, method="higher")) + 1
        self.recall = float((depth[half:] < self.searched).mean()) if len(asked) > 1 else 1.0

    def neighbors(self, budget: Budget | None = None) -> Iterator[Block]:
        """Yield, as `nearest_neighbors` does, the rows in order with their `k` nearest rows and the scores."""
        near = np.empty((len(self.vectors), self.k), np.int32)
        score = np.empty((len(self.vectors), self.k), np.float32)

        budget = budget or Budget.of()

        def search(cluster: int) -> None:
            with budget.turn():
                for rows, found, scores in self._search(cluster):
                    near[rows], score[rows] = found, scores

        with ThreadPoolExecutor(budget.workers(4 * _SCORES_BYTES)) as pool:
            for _done in pool.map(search, range(len(self.begin) - 1)):
                pass
        for start in range(0, len(near), _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, len(near)))
            yield rows, near[rows], score[rows]

    def _search(self, cluster: int) -> Iterator[Block]:
        asked = self.members[self.begin[cluster] : self.begin[cluster + 1]]
        candidates = self._candidates(cluster)
        exact = self.vectors[candidates].astype(np.float64)
        step = max(1, _SCORES_BYTES // (8 * len(candidates)))
        for start in range(0, len(asked), step):
            rows = asked[start : start + step]
            scores = np.full((padded(len(candidates)), len(rows)), NO_SCORE)
            np.matmul(exact, self.vectors[rows].astype(np.float64).T, out=scores[: len(candidates)])
            scores[np.searchsorted(candidates, rows), np.arange(len(rows))] = NO_SCORE
            question, place, score = near_top(scores, self.k)
            # One integer per pair sorts by question, then score from above, then the smaller row.
            span = 5 * SCORE_STEPS
            key = (question * span + 2 * SCORE_STEPS - steps(score)) * len(self.vectors) + candidates[place]
            key.sort()
            first = np.searchsorted(key, np.arange(len(rows)) * (span * len(self.vectors)))
            top = key[first[:, None] + np.arange(self.k)]
            found = (2 * SCORE_STEPS - (top // len(self.vectors)) % span) / SCORE_STEPS
            yield rows, (top % len(self.vectors)).astype(np.int32), found.astype(np.float32)

    def _candidates(self, cluster: int) -> npt.NDArray[np.intp]:
        """Return the rows of the clusters searched for this one's, ascending: of more where those hold too few."""
        order = self.order[cluster]
        sizes = np.cumsum(self.begin[order + 1] - self.begin[order])
        searched = max(self.searched, int(np.searchsorted(sizes, self.k + 1)) + 1)
        parts = [self.members[self.begin[other] : self.begin[other + 1]] for other in order[:searched]]
        return np.sort(np.concatenate(parts))

    def _depth_of_neighbors(self, asked: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Return (q, k): how many clusters are nearer to a row's own than that of each of its exact neighbours."""
        questions = self.vectors[asked].astype(np.float64)
        best = np.full((len(asked), self.k), NO_SCORE)
        nearest = np.zeros((len(asked), self.k), np.intp)
        for start in range(0, len(self.vectors), _BLOCK):
            block = self.vectors[start : start + _BLOCK].astype(np.float64)
            rows = np.arange(start, start + len(block))
            scores = np.where(rows == asked[:, None], NO_SCORE, questions @ block.T)
            every = np.hstack([best, scores])
            top = np.argpartition(every, every.shape[1] - self.k, axis=1)[:, -self.k :]
            best = np.take_along_axis(every, top, axis=1)
            nearest = np.take_along_axis(np.hstack([nearest, np.broadcast_to(rows, scores.shape)]), top, axis=1)
        place = np.argsort(self.order, axis=1)
        return place[self.own[asked][:, None], self.own[nearest]]


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
