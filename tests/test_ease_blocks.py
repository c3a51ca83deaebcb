"""Weights where a square of all items does not fit: EASE^R by blocks, sparse transitions, and what a store keeps."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import duckdb
import numpy as np
import pytest
import scipy.sparse

import recstore
from recstore.budget import Budget
from recstore.models import weighing
from recstore.models.baselines import seen_matrix
from recstore.models.cuts import cut_latest
from recstore.models.ease import Ease, ease_weights
from recstore.models.ease_blocks import ease_by_blocks, groups_of_items
from recstore.models.interactions import Interactions
from recstore.models.person import Person, PersonSettings
from recstore.models.transitions import Timeline, sparse_transition_counts, transition_counts
from recstore.models.weighing import weigh

KINDS = 40
PLAIN = PersonSettings(min_ratings=1, regularization=20.0, history=5)
EVERYTHING = replace(PLAIN, latent=0.5, again=0.5, trend_power=0.5, popularity_power=0.1, user_power=0.5, min_ratings=2)


def kept_to_kinds(n_users: int = 1500, n_items: int = 400, mean: int = 12) -> Interactions:
    """Each person keeps to two of the kinds of items, three times of four; item i is of kind i modulo `KINDS`."""
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(n_users, dtype=np.int32), rng.integers(4, 2 * mean, n_users))
    liked = rng.integers(0, KINDS, (n_users, 2))[users, rng.integers(0, 2, len(users))]
    within = rng.integers(0, n_items // KINDS, len(users)) * KINDS + liked
    items = np.where(rng.random(len(users)) < 0.75, within, rng.integers(0, n_items, len(users))).astype(np.int32)
    times = np.arange(len(users)) * 3600.0
    return Interactions(users, items, None, times, n_users, n_items).once()


def test_one_group_of_all_has_the_weights_of_the_square():
    seen = seen_matrix(kept_to_kinds(200, 80))
    [solved] = ease_by_blocks(seen, 20.0, 80, 0)
    np.testing.assert_array_equal(solved.sources, np.arange(80))
    np.testing.assert_allclose(solved.weights, ease_weights(seen, 20.0), atol=1e-6)


def test_each_item_is_rebuilt_from_its_candidates_alone():
    seen = seen_matrix(kept_to_kinds())
    found = list(ease_by_blocks(seen, 20.0, 100, 0))
    assert sorted(np.concatenate([solved.group for solved in found])) == list(range(400))
    again = ease_by_blocks(seen, 20.0, 100, 0)
    for solved, second in zip(found, again, strict=True):
        assert len(solved.sources) == 100
        assert np.isin(solved.group, solved.sources).all()
        np.testing.assert_array_equal(solved.weights, second.weights)
    solved = found[3]
    dense = seen.toarray()
    for column, item in enumerate(solved.group[:5]):
        others = solved.sources[solved.sources != item]
        theirs = dense[:, others]
        ridge = np.linalg.solve(theirs.T @ theirs + 20 * np.eye(len(others)), theirs.T @ dense[:, item])
        found_there = solved.weights[solved.sources != item, column]
        np.testing.assert_allclose(found_there, ridge, atol=1e-5)
        assert solved.weights[solved.sources == item, column] == 0


def test_groups_hold_what_the_same_people_have():
    seen = seen_matrix(kept_to_kinds())
    groups = groups_of_items(seen, 80, 0)
    assert max(map(len, groups)) <= 20
    # A group of 20 drawn by chance would have items of 16 kinds.
    assert np.mean([len(np.unique(group % KINDS)) for group in groups]) < 6


def test_blocks_recommend_about_as_well_as_the_square():
    cut = cut_latest(kept_to_kinds(4000), 0, 2000, 400, "exclude")

    class ByBlocks(Ease):
        def fit(self, train: Interactions) -> None:
            self._seen = seen_matrix(train)
            self._weights = np.zeros((train.n_items, train.n_items), np.float32)
            for solved in ease_by_blocks(self._seen, self._regularization, 80, 0):
                self._weights[np.ix_(solved.sources, solved.group)] = solved.weights

    figures = []
    for model in (Ease(20.0), ByBlocks(20.0)):
        model.fit(cut.train)
        figures.append(cut.judge(slice(0, len(cut.users)), model.scores(cut.users))[0].mean())
    assert figures[0] > 0.15
    assert figures[1] > 0.95 * figures[0]


@pytest.mark.parametrize("settings", [PLAIN, EVERYTHING, replace(PLAIN, mix=0.0)], ids=["plain", "all", "no next"])
def test_over_all_candidates_a_store_keeps_the_same_weights_by_either_way(settings, monkeypatch):
    train = kept_to_kinds(300, 120)
    whole = weigh(train, settings, 60, 10**9)
    monkeypatch.setattr(weighing, "_SQUARES", 10**6)
    monkeypatch.setattr(weighing, "candidates_within", lambda *_: 120)
    sparse = weigh(train, settings, 60, 10**9)
    assert scipy.sparse.issparse(sparse.weights.taste)
    assert sparse.figures == whole.figures
    np.testing.assert_allclose(sparse.weights.taste.toarray(), whole.weights.taste, atol=1e-6)
    if settings.mix:
        np.testing.assert_allclose(sparse.weights.next.toarray(), whole.weights.next, atol=1e-6)
    model = Person(settings)
    scores = []
    for weighed in (whole, sparse):
        model.take(train, weighed.weights, Timeline.of(train))
        scores.append(model.scores(np.arange(50, dtype=np.int32)))
    np.testing.assert_allclose(*scores, atol=1e-4)


def test_transitions_are_the_same_and_of_too_many_the_weakest_are_dropped():
    train = kept_to_kinds(300, 120)
    timeline, position = Timeline.of(train), np.arange(120)
    whole = transition_counts(timeline, position, 120, 10, 1.0)
    asked = timeline, position, 120, 10, 1.0
    every = sparse_transition_counts(*asked, 120**2, lambda counts: counts.data)
    np.testing.assert_allclose(every.toarray(), whole, rtol=1e-5)
    some = sparse_transition_counts(*asked, 500, lambda counts: counts.data)
    assert some.nnz == 500
    assert (some.toarray() <= whole + 1e-5).all()
    largest = whole >= np.partition(whole, -200, axis=None)[-200]
    assert np.mean(some.toarray()[largest] > 0) > 0.9


@pytest.mark.thorough
def test_weights_by_blocks_take_the_memory_that_they_are_told():
    train, room = kept_to_kinds(4000, 4000, mean=6), 24 * 10**6
    assert room < 4 * train.n_items**2 / 2
    tracemalloc.start()
    try:
        weighed = weigh(train, replace(PLAIN, latent=0.5), 250, room)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0 < weighed.candidates < train.n_items
    assert weighed.kept < 250
    # (What works block by block has blocks of one size.)
    assert peak < room + 170 * len(train) + 10**7


def test_all_movies_have_weights_where_the_memory_is_too_little_for_a_square(sample_folder, tmp_path, monkeypatch):
    store = tmp_path / "small.duckdb"
    monkeypatch.setattr(Budget, "weights", 12 * 200**2)
    recstore.build(store, {"movielens": sample_folder})
    with duckdb.connect(str(store), read_only=True) as con:
        rated = con.execute(
            "SELECT count(*) FROM (FROM ratings SELECT movie_id GROUP BY ALL HAVING count(*) > 2)"
        ).fetchall()[0][0]
        recorded = dict(
            con.execute(
                "SELECT m.what, m.value FROM (FROM builds SELECT unnest(measured) AS m ORDER BY built_at DESC) "
                "WHERE m.catalog = 'movies' AND m.space IS NULL"
            ).fetchall()
        )
        assert recorded["items with weights"] == rated
        assert recorded["candidates of a weight"] < rated
        weighed = "SELECT DISTINCT neighbor_id FROM movie_weights WHERE NOT is_content"
        assert con.execute(f"SELECT count(*) FROM ({weighed})").fetchall()[0][0] > 0.9 * rated
        assert len(con.execute("FROM recommend_movies(1)").fetchall()) == 10
        assert con.execute("SELECT count(*) FROM store_health WHERE NOT is_sound").fetchall() == [(0,)]
