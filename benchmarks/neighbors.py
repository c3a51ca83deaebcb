"""Compares how a build finds the neighbours of a large space with faiss: inverted file and HNSW, at equal recall.

    python benchmarks/neighbors.py STORE [--clips 250000] [--k 50] [--ways ivf hnsw]

The vectors are those of the space `mean` of the first clips in STORE, computed from their frames. Each way finds the
`k` nearest of every clip, on one thread; seconds are of CPU: made, and searched. Of faiss's ways that setting is taken
which finds, for 400 clips, as much as recstore does. Needs faiss (`pip install faiss-cpu`).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from measuring import say

from recstore.budget import Budget
from recstore.catalogs.audio.frames import StoredFrames
from recstore.models.audio import mean_vectors
from recstore.search.clusters import Clusters

ASKED = 400


def seconds_of(task: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of CPU that a task takes, and what it gives."""
    begun = time.process_time()
    found = task()
    return time.process_time() - begun, found


def settings(first: int) -> Iterator[int]:
    """Yield numbers that grow by a tenth."""
    while True:
        yield first
        first = max(first + 1, round(first * 1.1))


class Comparison:
    """Searches the neighbours of all vectors in several ways."""

    def __init__(self, vectors: npt.NDArray[np.float32], k: int) -> None:
        self.vectors, self.k = vectors, k
        self.asked = np.random.default_rng(5).choice(len(vectors), ASKED, replace=False)
        scores = vectors[self.asked] @ vectors.T
        scores[np.arange(ASKED), self.asked] = -2
        self.right = np.argpartition(scores, len(vectors) - k, axis=1)[:, len(vectors) - k :]

    def recall(self, found: npt.NDArray[Any]) -> float:
        """Return which share of the true neighbours of the asked is among those found."""
        pairs = zip(found, self.right, strict=True)
        return float(np.mean([len(set(one.tolist()) & set(right.tolist())) / self.k for one, right in pairs]))

    def recstore(self) -> float:
        """Search as a build does, and return the recall."""
        made, clusters = seconds_of(lambda: Clusters(self.vectors, self.k, 0))
        budget = Budget.of(4, 1)
        searched, blocks = seconds_of(lambda: [near for _rows, near, _scores in clusters.neighbors(budget)])
        recall = self.recall(np.concatenate(blocks)[self.asked])
        self._tell("recstore", made, searched, recall)
        return recall

    def faiss(
        self,
        name: str,
        index: Any,  # noqa: ANN401 - faiss is not typed
        first: int,
        choose: Callable[[int], None],
        least: float,
    ) -> None:
        """Make an index, and search by it with the first setting that finds so much."""

        def make() -> None:
            index.train(self.vectors)
            index.add(self.vectors)

        made, _ = seconds_of(make)
        for setting in settings(first):
            choose(setting)
            if self.recall(index.search(self.vectors[self.asked], self.k + 1)[1]) >= least:
                break
        searched, (_scores, found) = seconds_of(lambda: index.search(self.vectors, self.k + 1))
        self._tell(f"{name} {setting}", made, searched, self.recall(found[self.asked]))

    def _tell(self, name: str, made: float, searched: float, recall: float) -> None:
        whole = made + searched
        say(f"{name:<24} made {made:6.1f} s  searched {searched:6.1f} s  both {whole:6.1f} s  recall {recall:.3f}")


def main() -> None:
    """Read the vectors and search."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--clips", type=int, default=250_000)
    parser.add_argument("--k", type=int, default=50)
    parser.add_argument("--ways", nargs="+", default=["ivf", "hnsw"], choices=["ivf", "hnsw"])
    given = parser.parse_args()
    try:
        import faiss
    except ImportError:
        sys.exit("This compares with faiss; install it first: pip install faiss-cpu")
    with duckdb.connect(str(given.store), read_only=True) as connection:
        vectors = mean_vectors(StoredFrames(connection)[: given.clips])[0]
    n, d = vectors.shape
    say(f"{n:,} vectors of {d} numbers, {given.k} neighbours of each, one thread")
    faiss.omp_set_num_threads(1)
    comparison = Comparison(vectors, given.k)
    least = comparison.recstore()
    if "ivf" in given.ways:
        lists = round(2 * n**0.5)
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(d), d, lists, faiss.METRIC_INNER_PRODUCT)
        comparison.faiss(f"IVF of {lists}, nprobe", index, 8, lambda nprobe: setattr(index, "nprobe", nprobe), least)
    if "hnsw" in given.ways:
        graph = faiss.IndexHNSWFlat(d, 16, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = 60
        comparison.faiss("HNSW of 16, ef", graph, 51, lambda ef: setattr(graph.hnsw, "efSearch", ef), least)


if __name__ == "__main__":
    main()
