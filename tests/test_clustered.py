"""Approximate neighbours of large spaces, against the exact ones."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

import recstore
from recstore import BuildOptions
from recstore.search.clusters import Clusters
from recstore.search.exact import nearest_neighbors


def blurred_clusters(rows: int) -> np.ndarray:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((40, 12))[random.integers(0, 40, rows)] + 0.4 * random.standard_normal((rows, 12))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def gathered(blocks) -> tuple[np.ndarray, ...]:
    return tuple(np.concatenate(columns) for columns in zip(*blocks, strict=True))


def test_most_neighbors_are_found_and_their_scores_are_exact():
    vectors = blurred_clusters(3000)
    clusters = Clusters(vectors, 10, seed=0)
    rows, near, score = gathered(clusters.neighbors())
    _rows, exact, _score = gathered(nearest_neighbors(vectors, 10))
    recall = np.mean([np.isin(found, right).mean() for found, right in zip(near, exact, strict=True)])
    assert clusters.searched < len(clusters.begin) - 1, "everything is searched, so nothing is shown"
    assert recall >= 0.95
    assert clusters.recall == pytest.approx(recall, abs=0.03)
    assert (rows == np.arange(3000)).all()
    assert (near != rows[:, None]).all()
    products = np.einsum("ij,ikj->ik", vectors.astype(np.float64), vectors[near].astype(np.float64))
    np.testing.assert_array_equal(score, (np.rint(products * 1e5) / 1e5).astype(np.float32))
    order = np.lexsort((near, -score), axis=1)
    assert (order == np.arange(10)).all()
    again = gathered(Clusters(vectors, 10, seed=0).neighbors())
    np.testing.assert_array_equal(again[1], near)


def test_candidates_that_are_sifted_again_and_again_leave_the_best():
    """All vectors are one of three: nearly all candidates of a question are equal, and the smaller rows come first."""
    rng = np.random.default_rng(0)
    vectors = blurred_clusters(3)[np.repeat([0, 1, 2], [4000, 30, 7])]
    order = rng.permutation(len(vectors))
    rows, near, score = gathered(Clusters(vectors[order], 20, seed=0).neighbors())
    _rows, right, right_score = gathered(nearest_neighbors(vectors[order], 20))
    np.testing.assert_array_equal(near, right)
    np.testing.assert_array_equal(score, right_score)
    assert len(rows) == len(vectors)


def test_only_the_clusters_nearest_to_a_vectors_own_are_looked_at(monkeypatch):
    monkeypatch.setattr("recstore.search.clusters._NEAR", 12)
    vectors = blurred_clusters(3000)
    clusters = Clusters(vectors, 10, seed=0)
    assert clusters.order.shape[1] == 12 < len(clusters.centers)
    _rows, near, _score = gathered(clusters.neighbors())
    _rows, exact, _score = gathered(nearest_neighbors(vectors, 10))
    recall = np.mean([np.isin(found, right).mean() for found, right in zip(near, exact, strict=True)])
    assert clusters.recall == pytest.approx(recall, abs=0.03)


@pytest.mark.parametrize(("rows", "k"), [(2, 1), (3, 50), (30, 29), (200, 100)])
def test_few_vectors_still_get_all_their_neighbors(rows, k):
    vectors = np.repeat(blurred_clusters(rows), 2, axis=0)[:rows]
    _rows, near, score = gathered(Clusters(vectors, k, seed=0).neighbors())
    assert near.shape == score.shape == (rows, min(k, rows - 1))
    assert all(len(set(row)) == near.shape[1] for row in near.tolist())


def test_a_store_with_approximate_neighbors_says_so_and_is_sound(sample_folder, tmp_path):
    store = tmp_path / "a.duckdb"
    recstore.build(store, {"movielens": sample_folder}, options=BuildOptions(exact_up_to=150))
    with duckdb.connect(str(store), read_only=True) as con:
        recalls = con.execute(
            "SELECT m.value FROM (SELECT unnest(measured) AS m FROM builds) WHERE m.what = 'neighbors recall'"
        ).fetchall()
        assert len(recalls) == con.execute("SELECT count(*) FROM spaces").fetchall()[0][0]
        assert all(0.9 <= recall <= 1 for (recall,) in recalls)
        assert con.execute("SELECT count(*) FROM similar_movies(1, k := 100)").fetchall() == [(100,)]
    assert [finding.fault for finding in recstore.check(store) if finding.fault] == []


@pytest.mark.parametrize("parts", [None, (7, 9)])
def test_exact_neighbours_are_those_of_double_precision(parts):
    """Scores lie so close together that single precision alone would rank them otherwise."""
    rng = np.random.default_rng(3)
    vectors = (1 + 1e-3 * rng.standard_normal((700, 16))).astype(np.float32)
    vectors[100:140] = vectors[7]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    steps = np.rint(vectors.astype(np.float64) @ vectors.astype(np.float64).T * 100_000).astype(np.int64)
    np.fill_diagonal(steps, -1)
    right = np.argsort(-steps, axis=1, kind="stable")[:, :30]
    for rows, near, score in nearest_neighbors(vectors, 30, parts):
        np.testing.assert_array_equal(near, right[rows])
        np.testing.assert_array_equal(np.rint(score * 100_000), np.take_along_axis(steps[rows], near, axis=1))
