"""Metrics of ranked lists, in columns: one value per question, so that they can be resampled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
_BLOCK = 2_000_000

Values = NDArray[np.float64]


def accuracy(hits: NDArray[np.bool_], relevant: NDArray[np.int64], k: int) -> dict[str, Values]:
    """Return the hit rate, recall, NDCG and MAP at `k`, one value per question.

    `hits` (n, m >= k) says of each place of each list, best first, whether what stands there is relevant; `relevant`
    (n,) is how many there are to find. NDCG as Järvelin and Kekäläinen (2002) define it, for yes and no; the average
    precision is divided by what k places could hold at best.
    """
    top = hits[:, :k]
    best = np.minimum(relevant, k)
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[1.0], np.cumsum(discount)])[best]
    precision_there = np.cumsum(top, axis=1) / np.arange(1, top.shape[1] + 1)
    return {
        f"hr@{k}": top.any(axis=1).astype(np.float64),
        f"recall@{k}": top.sum(axis=1) / np.maximum(relevant, 1),
        f"ndcg@{k}": (top @ discount[: top.shape[1]]) / ideal,
        f"map@{k}": (top * precision_there).sum(axis=1) / np.maximum(best, 1),
    }


def precision(hits: NDArray[np.bool_], k: int) -> dict[str, Values]:
    """Return the share of the first `k` places that are relevant, one value per question."""
    return {f"precision@{k}": hits[:, :k].sum(axis=1) / k}


@dataclass(frozen=True)
class Surroundings:
    """What lists are measured against beside accuracy.

    `candidates` (m,) are the items that could stand in them, as positions. `popularity` (n_items,) is the share of
    people who know each item. `features` (n_items, d) float32 are of unit length, or 0 where nothing is known: alike
    is what has a high cosine there.
    """

    candidates: NDArray[np.int32]
    popularity: NDArray[np.float64]
    features: NDArray[np.float32]

    def percentiles(self) -> Values:
        """Return the place of each item among the candidates by popularity, from 0 to 100, (n_items,)."""
        among = np.sort(self.popularity[self.candidates])
        below = np.searchsorted(among, self.popularity, "left")
        up_to = np.searchsorted(among, self.popularity, "right")
        return np.asarray(50.0 * (below + up_to) / max(1, len(among)))

    def beyond_accuracy(self, lists: NDArray[np.int32], k: int) -> dict[str, Values]:
        """Return popularity percentile, novelty and diversity of the first `k` of each list, one value per list.

        `lists` (n, m >= k) int32 are positions of items, best first, -1 where a list is shorter. Novelty is the
        self-information in bits, -log2 of the popularity (Vargas and Castells 2011); diversity is 1 minus the mean
        cosine of the pairs in a list (Ziegler et al. 2005). An empty list has NaN.
        """
        top = lists[:, :k]
        there = top >= 0
        length = there.sum(axis=1)
        known = self.popularity[self.popularity > 0]
        rarest = known.min() if len(known) else 1.0
        bits = -np.log2(np.maximum(self.popularity, rarest))
        with np.errstate(invalid="ignore", divide="ignore"):
            percentile = np.where(there, self.percentiles()[top], 0).sum(axis=1) / length
            novelty = np.where(there, bits[top], 0).sum(axis=1) / length
            diversity = self._diversity(top, there, length)
        return {f"popularity_percentile@{k}": percentile, f"novelty@{k}": novelty, f"diversity@{k}": diversity}

    def _diversity(self, top: NDArray[np.int32], there: NDArray[np.bool_], length: NDArray[np.int64]) -> Values:
        alike = np.empty(len(top))
        rows = max(1, _BLOCK // max(1, top.shape[1] * self.features.shape[1]))
        for start in range(0, len(top), rows):
            block = slice(start, start + rows)
            vectors = self.features[top[block]] * there[block, :, None]
            # The sum over all pairs of a list is the square of its sum, less the squares of its parts.
            alike[block] = (vectors.sum(axis=1) ** 2).sum(axis=1) - (vectors**2).sum(axis=(1, 2))
        return np.asarray(1 - alike / (length * (length - 1)))

    def coverage(self, lists: NDArray[np.int32], k: int) -> float:
        """Return the share of the candidates that stand among the first `k` of any list."""
        shown = np.unique(lists[:, :k])
        return float(np.isin(self.candidates, shown).mean()) if len(self.candidates) else 0.0


def intervals(values: Values, seed: int) -> tuple[Values, Values, Values]:
    """Return the mean of each column of `values` (n, m) with the ends of its 95 % bootstrap interval, each (m,).

    The percentile bootstrap (Efron 1979) over the questions, 1,000 times. All columns are resampled alike, and with
    the same `n` and `seed` always alike, so that models that answered the same questions can be compared pair by pair.
    NaN is left out.
    """
    means = resampled_means(values, seed)
    low, high = np.nanpercentile(means, [2.5, 97.5], axis=0)
    return np.nanmean(values, axis=0), low, high


def resampled_means(values: Values, seed: int) -> Values:
    """Return the means of the columns of `values` (n, m) over 1,000 seeded resamples of the rows, (1000, m)."""
    n, rng = len(values), np.random.default_rng(seed)
    known = ~np.isnan(values)
    filled = np.hstack([np.where(known, values, 0), known])
    sums = np.empty((RESAMPLES, filled.shape[1]))
    step = max(1, _BLOCK // max(1, n))
    for start in range(0, RESAMPLES, step):
        size = min(step, RESAMPLES - start)
        drawn = rng.integers(0, n, (size, n)) + n * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        sums[start : start + size] = times @ filled
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums[:, : values.shape[1]] / sums[:, values.shape[1] :])


def paired_advantage(one: Values, other: Values, seed: int) -> tuple[float, float, float]:
    """Return by how much the mean of `one` (n,) exceeds that of `other` (n,), and the ends of the 95 % interval."""
    mean, low, high = intervals((one - other)[:, None], seed)
    return float(mean[0]), float(low[0]), float(high[0])
