"""The metrics against scikit-learn's and SciPy's, and the plain alternatives against what they are by definition."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score
from sklearn.metrics.pairwise import cosine_similarity

from recstore.evaluation import metrics
from recstore.models.baselines import ItemKNN, Popularity, PureSVD, Random
from recstore.models.interactions import Interactions


@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 12))
def test_accuracy_as_scikit_learn_has_it(seed, n_items, k):
    rng = np.random.default_rng(seed)
    relevant = rng.random((8, n_items)) < 0.3
    relevant[:, 0] = True
    scores = rng.permuted(np.tile(np.arange(n_items), (8, 1)), axis=1)
    hits = np.take_along_axis(relevant, np.argsort(-scores, axis=1), axis=1)
    found = metrics.accuracy(hits, relevant.sum(axis=1), k)
    if n_items > 1:
        assert found[f"ndcg@{k}"].mean() == pytest.approx(ndcg_score(relevant, scores, k=k))
    everything = metrics.accuracy(hits, relevant.sum(axis=1), n_items)
    by_hand = [average_precision_score(*row) for row in zip(relevant, scores, strict=True)]
    np.testing.assert_allclose(everything[f"map@{n_items}"], by_hand)
    np.testing.assert_array_equal(everything[f"recall@{n_items}"], 1)
    np.testing.assert_array_equal(found[f"hr@{k}"], found[f"recall@{k}"] > 0)


def test_intervals_as_scipy_has_them():
    values = np.random.default_rng(3).exponential(size=(400, 2))
    mean, low, high = metrics.intervals(values, seed=1)
    for column in range(2):
        there = scipy.stats.bootstrap((values[:, column],), np.mean, method="percentile", rng=1, n_resamples=5000)
        assert low[column] == pytest.approx(there.confidence_interval.low, abs=0.02)
        assert high[column] == pytest.approx(there.confidence_interval.high, abs=0.02)
    np.testing.assert_allclose(mean, values.mean(axis=0))
    np.testing.assert_array_equal(metrics.intervals(values, seed=1)[1], low)
    assert metrics.paired_advantage(values[:, 0] + 0.1, values[:, 0], seed=1) == pytest.approx((0.1, 0.1, 0.1))


def test_what_surrounds_a_list():
    features = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], np.float32)
    around = metrics.Surroundings(np.arange(4, dtype=np.int32), np.array([0.5, 0.25, 0.25, 0.0]), features)
    lists = np.array([[0, 1, -1], [0, 2, -1], [-1, -1, -1]], np.int32)
    found = around.beyond_accuracy(lists, 3)
    np.testing.assert_allclose(found["novelty@3"], [1.5, 1.5, np.nan])
    np.testing.assert_allclose(found["diversity@3"], [0, 1, np.nan])
    np.testing.assert_allclose(found["popularity_percentile@3"], [(87.5 + 50) / 2, (87.5 + 50) / 2, np.nan])
    assert around.coverage(lists, 3) == 0.75
    assert around.coverage(lists, 1) == 0.25


def interactions(rows: list[tuple[int, int]], n_items: int = 0) -> Interactions:
    users, items = (np.array(column, np.int32) for column in zip(*rows, strict=True))
    return Interactions(users, items, None, None, int(users.max()) + 1, max(n_items, int(items.max()) + 1))


def test_plain_alternatives():
    rows = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3)]
    train, everybody = interactions(rows, n_items=5), np.arange(4, dtype=np.int32)
    seen = np.zeros((4, 5))
    seen[tuple(np.transpose(rows))] = 1
    popularity = Popularity()
    popularity.fit(train)
    np.testing.assert_array_equal(popularity.scores(everybody), np.tile([2, 2, 2, 2, 0], (4, 1)))
    nearest = ItemKNN(neighbors=5, shrink=0)
    nearest.fit(train)
    cosines = cosine_similarity(seen.T)
    np.fill_diagonal(cosines, 0)
    np.testing.assert_allclose(nearest.scores(everybody), seen @ cosines, atol=1e-6)
    whole = PureSVD(dimensions=4)
    whole.fit(train)
    np.testing.assert_allclose(whole.scores(everybody), seen, atol=1e-5)
    chance = Random(seed=1)
    chance.fit(train)
    np.testing.assert_array_equal(chance.scores(everybody)[[2]], chance.scores(everybody[[2]]))
    assert len(np.unique(chance.scores(everybody))) == 20


def test_only_the_nearest_items_weigh():
    rows = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 0), (2, 2), (3, 0), (3, 1)]
    one = ItemKNN(neighbors=1, shrink=0)
    one.fit(interactions(rows))
    np.testing.assert_allclose(one.scores(np.array([0], np.int32))[0], [3 / np.sqrt(12), 3 / np.sqrt(12), 0], atol=1e-6)
