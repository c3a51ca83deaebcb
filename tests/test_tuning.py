"""Settings found on the data itself: alike on every run, what was planted is found, little data changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from recstore.models.interactions import Interactions
from recstore.models.person import Person, PersonSettings
from recstore.models.tuning import FEWEST_QUESTIONS, Tuned, default_settings, find_settings

DAY = 86_400.0


def interactions(rows: list[tuple[int, int, float]], timed: bool = True, n_items: int | None = None) -> Interactions:
    users, items, times = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0),) * 3
    return Interactions(
        users.astype(np.int32),
        items.astype(np.int32),
        None,
        times.astype(np.float64) if timed else None,
        int(users.max(initial=-1)) + 1,
        n_items or int(items.max(initial=-1)) + 1,
    )


def walks(n_users: int = 250, n_items: int = 40, ordered: bool = True) -> Interactions:
    """Everybody walks along the ring of items; or has the same items in an order that says nothing."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(n_users):
        steps = (rng.integers(n_items) + np.cumsum(rng.integers(1, 3, 10))) % n_items
        if not ordered:
            steps = rng.permutation(steps)
        rows += [(user, int(item), DAY * place) for place, item in enumerate(dict.fromkeys(steps.tolist()))]
    return interactions(rows)


def staples(n_users: int = 200, n_items: int = 60) -> Interactions:
    """Everybody buys their own three items each week, and one of all others."""
    rng = np.random.default_rng(1)
    rows = []
    for user in range(n_users):
        own = rng.choice(n_items, 3, replace=False)
        for week in range(6):
            rows += [(user, int(item), 7 * DAY * week) for item in {*own.tolist(), int(rng.integers(n_items))}]
    return interactions(rows)


def is_sound(tuned: Tuned) -> bool:
    rows = tuned.rows()
    return tuned.why.endswith(".") and all(np.isfinite([row["ndcg@10"], row["recall@10"]]).all() for row in rows)


def test_the_same_data_and_seed_give_the_same_settings_and_the_same_table():
    train = walks()
    one, other = (find_settings(train, trials=12, seed=3, kept=10) for _ in range(2))
    assert one == other
    assert len(one.tried) <= 12
    assert one.defaults.settings == default_settings(train)
    assert one.best.ndcg >= one.defaults.ndcg
    order = np.random.default_rng(0).permutation(len(train))
    assert find_settings(train.take(order), trials=12, seed=3, kept=10).settings == one.settings


def test_where_order_tells_what_comes_next_is_found_to_count():
    ordered = find_settings(walks(), trials=60, kept=40)
    shuffled = find_settings(walks(ordered=False), trials=60, kept=40)
    assert ordered.best.ndcg > ordered.defaults.ndcg + 0.02
    assert ordered.settings.mix * (1 - ordered.settings.backward) > shuffled.settings.mix * (
        1 - shuffled.settings.backward
    )


def test_without_times_nothing_of_time_is_tried():
    train = walks()
    untimed = Interactions(train.users, train.items, None, None, train.n_users, train.n_items)
    tuned = find_settings(untimed, trials=15, kept=40)
    assert is_sound(tuned)
    assert len({(one.settings.trend_power, one.settings.next_decay, one.settings.window) for one in tuned.tried}) == 1


def test_what_is_bought_again_is_recommended_again():
    train = staples()
    tuned = find_settings(train, trials=25, kept=60, seen="include")
    assert tuned.settings.again > 0
    assert tuned.best.recall > 0.75  # three of four; the fourth is anything
    model = Person(tuned.settings, 60)
    model.fit(train)
    best = model.scores(np.arange(train.n_users, dtype=np.int32)).argsort(axis=1)[:, -3:]
    had = np.zeros((train.n_users, train.n_items), bool)
    had[train.users, train.items] = True
    assert np.take_along_axis(had, best, axis=1).mean() > 0.8
    assert find_settings(train, trials=3, kept=60).settings.again == 0


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(0, 0, 0.0)],
        [(user, 0, float(user)) for user in range(300)],
        [(user, user % 7, float(user)) for user in range(300)],
        [(user, item, 0.0) for user in range(FEWEST_QUESTIONS // 2) for item in range(3)],
    ],
    ids=["nothing", "one pair", "one item", "one item each", "few users"],
)
@pytest.mark.parametrize("seen", ["exclude", "include"])
@pytest.mark.parametrize("timed", [True, False])
def test_with_little_data_the_defaults_stay_and_it_is_said(rows, seen, timed):
    train = interactions(rows, timed)
    tuned = find_settings(train, trials=5, seen=seen)
    assert tuned.tried == ()
    assert tuned.settings == default_settings(train, seen)
    assert "defaults stay" in tuned.why
    model = Person(tuned.settings, 10)
    model.fit(train)
    assert np.isfinite(model.scores(np.arange(train.n_users, dtype=np.int32))).all()


def of_kinds(n_users: int = 300, n_kinds: int = 60, n_items: int = 300) -> tuple[Interactions, np.ndarray]:
    """Everybody has two items of one kind: without the second, what is had together says nothing."""
    rng = np.random.default_rng(2)
    kinds = np.arange(n_items) % n_kinds
    rows = []
    for user in range(n_users):
        own = rng.choice(np.flatnonzero(kinds == user % n_kinds), 2, replace=False)
        rows += [(user, int(item), DAY * place) for place, item in enumerate(own)]
    return interactions(rows, n_items=n_items), np.eye(n_kinds, dtype=np.float32)[kinds]


def test_what_is_alike_counts_where_that_helps_alone():
    train, kinds = of_kinds()
    known = find_settings(train, trials=12, kept=40, vectors=kinds)
    unknown = find_settings(train, trials=12, kept=40)
    misled = find_settings(train, trials=12, kept=40, vectors=np.random.default_rng(3).permutation(kinds))
    assert known.settings.content > 0
    assert known.best.ndcg > 2 * max(unknown.best.ndcg, misled.best.ndcg)
    assert unknown.settings.content == 0
    assert known.defaults.settings == default_settings(train, has_vectors=True)
    assert find_settings(train, trials=12, kept=40, vectors=kinds) == known


def test_one_heavy_user_does_not_matter():
    train = walks()
    heavy = np.tile(np.arange(train.n_items, dtype=np.int32), 50)
    with_heavy = Interactions(
        np.append(train.users, np.full(len(heavy), train.n_users, np.int32)),
        np.append(train.items, heavy),
        None,
        np.append(train.times, np.arange(len(heavy)) * DAY / 100),
        train.n_users + 1,
        train.n_items,
    )
    tuned = find_settings(with_heavy, trials=10, kept=40)
    assert is_sound(tuned)
    assert tuned.best.ndcg == pytest.approx(find_settings(train, trials=10, kept=40).best.ndcg, abs=0.05)


def test_ratings_begin_with_what_movies_have():
    train = walks()
    ratings = np.tile(np.array([2.0, 4.0], np.float32), len(train))[: len(train)]
    rated = Interactions(train.users, train.items, ratings, train.times, train.n_users, train.n_items)
    tuned = find_settings(rated, trials=3, kept=40)
    assert tuned.defaults.settings == PersonSettings(history=20)
    assert tuned.fading.history == (tuned.settings.history or 20)


def test_seconds_bound_the_trials_by_the_size_of_the_data_alone():
    train = walks()
    assert len(find_settings(train, trials=5, seconds=1e-9, kept=10).tried) == 1
    assert len(find_settings(train, trials=5, seconds=1e9, kept=10).tried) == 5


def test_events_become_pairs_once_the_latest_and_the_more_the_heavier():
    events = interactions([(0, 1, 5.0), (0, 1, 9.0), (0, 0, 7.0), (1, 1, 1.0)])
    pairs = events.once()
    assert pairs.users.tolist() == [0, 0, 1]
    assert pairs.items.tolist() == [0, 1, 1]
    assert pairs.times.tolist() == [7.0, 9.0, 1.0]
    np.testing.assert_allclose(pairs.weights, [1, 1 + np.log(2), 1], rtol=1e-6)
    assert interactions([(0, 1, 5.0), (0, 0, 7.0)]).once().weights is None
