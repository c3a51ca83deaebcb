"""The model of a person: EASE^R both ways, transitions of moments, and the published protocol's files."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from recstore.models.ease import ease_weights
from recstore.models.interactions import Interactions
from recstore.models.likeness import likeness
from recstore.models.person import Person, PersonSettings, person_weights, relative_transitions, strongest
from recstore.models.transitions import Timeline, transition_counts

ROOT = Path(__file__).parents[1]


def people(n_users: int, n_items: int, seed: int = 0) -> Interactions:
    """Everybody walks along the ring of items from a place of their own, a few steps a moment."""
    rng = np.random.default_rng(seed)
    users, items, times = [], [], []
    for user in range(n_users):
        length = int(rng.integers(8, 20))
        walk = (rng.integers(n_items) + np.cumsum(rng.integers(1, 3, length))) % n_items
        _, first = np.unique(walk, return_index=True)
        walk = walk[np.sort(first)]
        users += [user] * len(walk)
        items += walk.tolist()
        times += (np.arange(len(walk)) // 2 * 10).tolist()
    ratings = rng.choice(np.array([2.0, 4.0], np.float32), len(users))
    return Interactions(
        np.array(users, np.int32), np.array(items, np.int32), ratings, np.array(times, float), n_users, n_items
    )


def shuffled(train: Interactions, seed: int = 5) -> Interactions:
    order = np.random.default_rng(seed).permutation(len(train))
    assert train.ratings is not None
    assert train.times is not None
    return Interactions(
        train.users[order], train.items[order], train.ratings[order], train.times[order], train.n_users, train.n_items
    )


@pytest.mark.parametrize("shape", [(30, 50), (50, 30)])
def test_ease_is_the_closed_form_whichever_side_is_smaller(shape):
    seen = (np.random.default_rng(0).random(shape) < 0.3).astype(np.float32)
    inverse = np.linalg.inv(seen.T @ seen + 5 * np.eye(shape[1]))
    wanted = -inverse / np.diag(inverse)
    np.fill_diagonal(wanted, 0)
    found = ease_weights(scipy.sparse.csr_matrix(seen), 5.0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_transitions_point_forward_and_a_moment_has_no_direction():
    # One person: item 0, then 1 and 2 at one moment, then 3.
    train = Interactions(
        np.zeros(4, np.int32), np.arange(4, dtype=np.int32), None, np.array([1.0, 2.0, 2.0, 3.0]), 1, 4
    )
    timeline = Timeline.of(train)
    assert sorted(timeline.back.tolist()) == [1, 2.5, 2.5, 4]
    counts = transition_counts(timeline, np.arange(4), 4, window=5, reach=0.0)
    third = 1 / 3
    wanted = [[0, 1 / 1.5, 1 / 1.5, third], [0, 0, 0.5, 1 / 1.5], [0, 0.5, 0, 1 / 1.5], [0, 0, 0, 0]]
    np.testing.assert_allclose(counts, wanted, rtol=1e-6)


def test_neither_the_order_of_the_lines_nor_a_second_run_changes_anything():
    train = people(40, 30)
    models = []
    for given in (train, train, shuffled(train)):
        model = Person(PersonSettings(min_ratings=1))
        model.fit(given)
        models.append(model.scores(np.arange(40, dtype=np.int32)))
    np.testing.assert_array_equal(models[0], models[1])
    np.testing.assert_allclose(models[0], models[2], atol=1e-6)


def test_what_follows_is_recommended_and_time_is_what_tells():
    train = people(300, 40)
    model = Person(PersonSettings(min_ratings=1, backward=0.0, next_decay=0.5, mix=4.0))
    model.fit(train)
    last = Timeline.of(train)
    ends = np.flatnonzero(np.append(last.users[1:] != last.users[:-1], True))
    scores = model.scores(last.users[ends])
    seen = np.zeros(scores.shape, bool)
    seen[train.users, train.items] = True
    best = np.where(seen, -np.inf, scores).argmax(axis=1)
    ahead = (best - last.items[ends]) % 40
    assert np.mean((ahead >= 1) & (ahead <= 4)) > 0.8
    untimed = Interactions(train.users, train.items, train.ratings, None, train.n_users, train.n_items)
    assert person_weights(untimed, PersonSettings(min_ratings=1)).next is None


def test_only_items_rated_often_enough_have_weights_and_only_the_strongest_are_kept():
    train = people(100, 30)
    rated = np.bincount(train.items, minlength=30)
    least = int(np.sort(rated)[10])
    weights = person_weights(train, PersonSettings(min_ratings=least))
    np.testing.assert_array_equal(weights.items, np.flatnonzero(rated >= least))
    n = len(weights.items)
    kept = strongest(weights, 5)
    both, whole = kept.taste + kept.next, weights.taste + weights.next
    largest = np.sort(whole.ravel())[-5 * n :]
    np.testing.assert_array_equal(np.sort(both[both != 0]), largest[largest > 0])
    np.testing.assert_array_equal(both[both != 0], whole[both != 0])
    everything = strongest(weights, n)
    np.testing.assert_array_equal(everything.taste + everything.next, np.maximum(whole, 0))


def test_transitions_are_damped_and_divided_by_how_often_both_are_rated():
    counts, rated = np.array([[0, 4], [1, 0]], np.float32), np.array([3, 15])
    settings = PersonSettings(backward=0.0, damping=0.5, out_power=0.5, in_power=1.0)
    found = relative_transitions(counts, rated, settings)
    np.testing.assert_allclose(found, [[0, 2 / 2 / 16], [1 / 4 / 4, 0]], rtol=1e-6)
    # Adding the transposed gives an array of another memory layout.
    settings = PersonSettings(backward=0.5, damping=0.5, out_power=0.0, in_power=0.0)
    found = relative_transitions(counts, rated, settings)
    np.testing.assert_allclose(found, np.sqrt([[0, 4.5], [3, 0]]), rtol=1e-6)


def test_what_is_alike_has_squares_of_cosines_less_where_much_is_alike():
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0], [0, 0]], np.float32)
    alike = likeness(vectors)
    pairs = np.array([[0, 0.36, 0], [0.36, 0, 0.64], [0, 0.64, 0]]) / np.sqrt([0.36, 1, 0.64])
    np.testing.assert_allclose(alike[:3, :3], pairs / np.linalg.norm(pairs), rtol=1e-6)
    assert not alike[3:].any()
    assert not alike[:, 3:].any()
    assert not likeness(np.zeros((3, 0), np.float32)).any()


def test_items_that_nobody_had_together_point_to_each_other_where_they_are_alike():
    train = people(60, 12)
    kinds = np.eye(2, dtype=np.float32)[np.arange(train.n_items) % 2]
    settings = PersonSettings(min_ratings=1, mix=0.0)
    plain = person_weights(train, settings).taste
    np.testing.assert_array_equal(person_weights(train, settings, vectors=kinds).taste, plain)
    more = person_weights(train, replace(settings, content=0.5), vectors=kinds).taste - plain
    np.testing.assert_allclose(more, 0.5 * np.linalg.norm(plain) * likeness(kinds), atol=1e-6)
    lonely = Interactions(*(np.arange(4, dtype=np.int32) for _ in "ui"), None, None, 4, 4)
    alone = person_weights(lonely, replace(settings, content=0.5), vectors=kinds[:4]).taste
    assert (alone > 0).tolist() == (likeness(kinds[:4]) > 0).tolist()


def leave_one_out(
    folder: Path, train: list[str], test: list[str], negatives: list[str]
) -> dict[tuple[str, str], float]:
    paths = [folder / name for name in ("train", "test", "negatives")]
    for path, lines in zip(paths, (train, test, negatives), strict=True):
        path.write_text("\n".join(lines) + "\n")
    report = folder / "report.csv"
    told = [item for path in paths for item in (f"--{path.name}", str(path))]
    script = ROOT / "benchmarks" / "leave_one_out.py"
    done = subprocess.run([sys.executable, str(script), *told, "--csv", str(report)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with report.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["metric"] for row in rows} == {"hr@10", "ndcg@10"}
    return {(row["model"], row["metric"]): float(row["value"]) for row in rows}


def files_of(train: Interactions, timed: bool) -> tuple[list[str], list[str], list[str]]:
    """Hold out the last of each; ids have gaps, a negative is in no train line, and lines are blank or in disorder."""
    assert train.times is not None
    lines, test, negatives = [], [], []
    for user in range(train.n_users):
        rows = np.flatnonzero(train.users == user)
        for row in rows[:-1]:
            line = f"{user * 7}\t{train.items[row] * 3}"
            lines.append(f"{line}\t4\t{int(train.times[row])}" if timed else line)
        held = train.items[rows[-1]]
        others = np.setdiff1d(np.arange(train.n_items), train.items[rows])
        test.append(f"{user * 7}\t{held * 3}" + ("\t5\t99" if timed else ""))
        negatives.append("\t".join([f"({user * 7},{held * 3})", *(str(item * 3) for item in others), "100000"]))
    test.append("123456\t3")
    negatives.append("(123456,3)\t6\t9")
    return [*np.random.default_rng(1).permutation(lines).tolist(), "", "  "], [*test, ""], [*negatives, ""]


def test_the_published_protocol_from_its_files(tmp_path):
    train = people(120, 40)
    timed = leave_one_out(tmp_path, *files_of(train, timed=True))
    untimed = leave_one_out(tmp_path, *files_of(train, timed=False))
    assert {"popularity", "itemknn", "puresvd", "ease", "recstore", "recstore-stored"} <= {model for model, _ in timed}
    assert timed["recstore", "ndcg@10"] > timed["ease", "ndcg@10"] + 0.05
    assert untimed["recstore", "ndcg@10"] < timed["recstore", "ndcg@10"] - 0.05
    assert untimed["popularity", "hr@10"] == timed["popularity", "hr@10"]
