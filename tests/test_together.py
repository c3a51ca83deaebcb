"""The space `together`: what is rated by the same people, and soon after each other, is near."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse

from recstore.models import together
from recstore.models.blocks import Rows
from recstore.models.interactions import Interactions
from recstore.models.svd import decompose, explained_by, explained_variance
from recstore.models.together import together_matrices, together_vectors


def histories(minutes_between_halves: float = 1.0) -> Interactions:
    """Everybody rates 40 movies: first 0 to 19 in any order, then 20 to 39, so that the halves are apart in time."""
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(60, dtype=np.int32), 40)
    items = np.concatenate([np.append(rng.permutation(20), 20 + rng.permutation(20)) for _ in range(60)])
    times = np.tile(np.append(np.arange(20), 20 + minutes_between_halves + np.arange(20)) * 60.0, 60)
    ratings = rng.integers(1, 11, len(users)).astype(np.float32) / 2
    return Interactions(users, items.astype(np.int32), ratings, times, 60, 41)


def within_and_across(data: Interactions) -> tuple[float, float]:
    vectors, kept, _ = together_vectors(data, 10, seed=0)
    assert kept.tolist() == [True] * 40 + [False], "the movie that nobody rated has no vector"
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    cosines = vectors @ vectors.T
    return float(cosines[:20, :20].mean()), float(cosines[:20, 20:].mean())


def test_near_in_time_is_near():
    data = histories()
    within, across = within_and_across(data)
    assert within > across + 0.1
    untimed = Interactions(data.users, data.items, data.ratings, None, data.n_users, data.n_items)
    without_within, without_across = within_and_across(untimed)
    assert abs(without_within - without_across) < 0.05
    apart_within, apart_across = within_and_across(histories(minutes_between_halves=1e5))
    assert apart_within - apart_across > within - across, "what was not rated in one sitting is further apart"


def test_large_data_gives_stretches_of_people_drawn(monkeypatch):
    monkeypatch.setattr(together, "_MOST_STRETCHED", 1000)
    data = histories()
    within, across = within_and_across(data)
    assert within > across + 0.05
    first, *_ = together_vectors(data, 10, seed=1)
    again, *_ = together_vectors(data, 10, seed=1)
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("n_items", [0, 3])
def test_nothing_rated_gives_no_vectors(n_items):
    none = np.empty(0, np.int32)
    data = Interactions(none, none, np.empty(0, np.float32), np.empty(0), 0, n_items)
    vectors, kept, _ = together_vectors(data, 5, seed=0)
    assert len(vectors) == 0
    assert not kept.any()


def test_stretches_of_one_are_counted_together_and_nothing_changes():
    data = histories()
    # A day lies between any two ratings, of everybody or of every second person: each stands alone.
    apart = np.arange(len(data)) * 86_400.0
    times = np.where(data.users % 2, apart, data.times)
    for one in (replace(data, times=times), replace(data, times=apart)):
        matrix = together_matrices(one, 0)
        merged = Rows(matrix).merged().parts
        before, after = (sum((part.T @ part).toarray() for part in parts) for parts in (matrix, merged))
        np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-6)
        found = decompose(Rows(merged), 5, 0)
        whole = scipy.sparse.vstack(matrix, format="csr")
        shares = explained_variance(whole, whole @ found.directions)
        np.testing.assert_allclose(explained_by(matrix, found), shares, rtol=1e-4)
    assert sum(part.shape[0] for part in merged) < sum(part.shape[0] for part in matrix) / 10
