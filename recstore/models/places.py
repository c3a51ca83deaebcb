"""Where items lie on a map: two dimensions in which what is near in a space is near, too.

The method is t-SNE (van der Maaten and Hinton 2008) as openTSNE computes it (Poličar, Stražar and Zupan 2019), over
neighbours that are known already, from the first two principal components. It gives the same places on every run, and
whatever the number of threads.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

#: As many neighbours as a perplexity of 10 looks at.
NEIGHBORS = 30
_PERPLEXITY = 10
FEWEST = 50
_FEW = 3000
#: Fewer items than these are placed by one thread: several wait for each other more than they work, and on a busy
#: machine that takes twenty times as long.
_FOR_ONE_THREAD = 20_000
_EARLY, _LATE = 100, 250
_KEPT_OF, _SAMPLE = 10, 2000


def can_embed(items: int) -> bool:
    """Tell whether `tsne` can be had for so many items; otherwise `components` are a map, which keeps less."""
    return items >= FEWEST and find_spec("openTSNE") is not None


def components(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the first two principal components, (n_items, 2) float32, of `vectors`, (n_items, n_dims) float32."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    # The matrix of covariances is small, and needs no copy of the vectors in double precision.
    covariance = (vectors.T @ vectors).astype(np.float64) / len(vectors) - np.outer(mean, mean)
    _values, axes = np.linalg.eigh(covariance)
    first = np.ascontiguousarray(axes[:, ::-1][:, :2])
    # An axis has no sign of its own.
    first *= np.sign(first[np.abs(first).argmax(axis=0), np.arange(first.shape[1])])
    found = (vectors - mean.astype(np.float32)) @ first.astype(np.float32)
    return np.pad(found, ((0, 0), (0, 2 - found.shape[1]))).astype(np.float32)


def tsne(
    start: NDArray[np.float32], neighbors: NDArray[np.int64], scores: NDArray[np.float32], seed: int, threads: int
) -> NDArray[np.float32]:
    """Return places, (n_items, 2) float32.

    `neighbors`, (n_items, k) int64, are positions of the nearest items, k up to `NEIGHBORS`, and `scores`, of the same
    shape, their cosines. `start`, (n_items, 2) float32, is where the items begin.
    """
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    jobs = threads if len(start) >= _FOR_ONE_THREAD else 1
    distances = np.sqrt(np.maximum(2 - 2 * scores.astype(np.float64), 0))
    known = PrecomputedNeighbors(neighbors, distances)
    perplexity = min(_PERPLEXITY, neighbors.shape[1] // 3)
    affinities = PerplexityBasedNN(perplexity=perplexity, knn_index=known, random_state=seed, n_jobs=jobs)
    begun = start.astype(np.float64)
    begun *= 1e-4 / max(begun[:, 0].std(), 1e-12)
    # Items with the same vector begin at one place, where no force drives them apart.
    begun += np.random.default_rng(seed).normal(0, 1e-6, begun.shape)
    # Both give the same map; the grid of the one takes seconds, however few the items are.
    forces = "bh" if len(begun) < _FEW else "fft"
    options = {"random_state": seed, "n_jobs": jobs, "negative_gradient_method": forces, "ints_in_interval": 2}
    embedding = TSNEEmbedding(begun, affinities, **options)
    embedding.optimize(n_iter=_EARLY, exaggeration=12, momentum=0.5, inplace=True)
    embedding.optimize(n_iter=_LATE, momentum=0.8, inplace=True)
    return np.asarray(embedding, dtype=np.float32)


def kept(places: NDArray[np.float32], neighbors: NDArray[np.int64], seed: int) -> float:
    """Return the share, 0 to 1, of the ten nearest items that are among the ten nearest on the map, over a sample."""
    from scipy.spatial import cKDTree

    k = min(_KEPT_OF, neighbors.shape[1])
    draw = np.random.default_rng(seed)
    asked = np.sort(draw.choice(len(places), min(_SAMPLE, len(places)), replace=False))
    _distances, near = cKDTree(places).query(places[asked], k=k + 1)
    pairs = zip(asked.tolist(), near.tolist(), neighbors[asked].tolist(), strict=True)
    hits = sum(len({one for one in found if one != item} & set(right[:k])) for item, found, right in pairs)
    return float(hits / (k * len(asked)))
