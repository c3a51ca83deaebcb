"""`add` to a large catalogue computes what is new alone: the rest stays, answers are right, and what drifts is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from runner import ask

import recstore
from recstore.budget import Budget
from recstore.models.interactions import Interactions
from recstore.models.late_weights import late_weights
from recstore.models.person import PersonSettings, person_weights
from recstore.models.placing import placed
from recstore.models.svd import right_singular_vectors, unit_rows
from recstore.search.exact import nearest_neighbors
from recstore.search.joining import Joining

SPACES = ["collaborative", "content", "hybrid", "together"]


@pytest.fixture(scope="module")
def files(bookshop) -> tuple[pd.DataFrame, pd.DataFrame]:
    return tuple(pd.read_csv(bookshop / name, dtype=str) for name in ("books.csv", "sales.csv"))


@pytest.fixture(scope="module")
def arrivals(files) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three books with the words of one that is there, and sales: each to buyers of a popular one."""
    books, sales = files
    new = books.tail(3).assign(isbn=["0123456781", "0123456782", "012345678X"], withdrawn="false")
    bought = sales[sales.kind == "purchase"]
    popular = bought.isbn.value_counts().index[:3]
    sold = [
        bought[bought.isbn == one].drop_duplicates("customer").head(20).assign(isbn=isbn, sold_at="2026-06-01 10:00:00")
        for one, isbn in zip(popular, new.isbn, strict=True)
    ]
    return new, pd.concat(sold)


@pytest.fixture(scope="module")
def joined(bookshop, arrivals, tmp_path_factory) -> Path:
    """The shop with what arrived; the shop before is the version before."""
    store = Path(shutil.copy(bookshop / "shop.duckdb", tmp_path_factory.mktemp("joined") / "shop.duckdb"))
    recstore.add(store, items=arrivals[0], interactions=arrivals[1], anew_up_to=0)
    return store


def vectors_of(store, space):
    with recstore.connect(store) as connection:
        rows = connection.execute(
            "SELECT _rs_no, vector FROM books_vectors WHERE space = ? ORDER BY _rs_no", [space]
        ).fetchall()
    return np.array([number for number, _ in rows]), np.array([vector for _, vector in rows], np.float32)


def indexes_of(store):
    query = """
        SELECT a.index_name, a.sha256, sum(octet_length(c.data)), m.what, m.value
        FROM annoy_indexes AS a JOIN annoy_chunks AS c USING (index_name)
        LEFT JOIN (SELECT unnest(measured, recursive := true) FROM builds) AS m
            ON m.catalog = a.catalog AND m.space = a.space AND (m.what LIKE 'annoy %' OR m.what = 'scan seconds')
        GROUP BY ALL ORDER BY ALL"""
    with recstore.connect(store) as connection:
        return connection.sql(query).fetchall()


def assert_neighbours_are_those_of_the_vectors(store):
    for space in SPACES:
        ids, vectors = vectors_of(store, space)
        with recstore.connect(store) as connection:
            found = connection.execute(
                "SELECT _rs_no, neighbor_id, score FROM books_neighbors WHERE space = ? ORDER BY _rs_no, rank", [space]
            ).fetchnumpy()
        blocks = list(nearest_neighbors(vectors, 100, budget=Budget.of()))
        near, score = (np.concatenate(part) for part in list(zip(*blocks, strict=True))[1:])
        assert (found["_rs_no"] == np.repeat(ids, 100)).all()
        assert (found["neighbor_id"] == ids[near.ravel()]).all()
        np.testing.assert_allclose(found["score"], score.ravel(), atol=1e-5)


def test_what_was_there_stays_and_what_is_new_joins_it(joined, bookshop):
    for space in SPACES:
        before, now = vectors_of(bookshop / "shop.duckdb", space), vectors_of(joined, space)
        assert set(now[0]) - set(before[0]) == {481, 482, 483}
        kept = np.isin(now[0], before[0])
        assert (now[1][kept] == before[1]).all()
    assert_neighbours_are_those_of_the_vectors(joined)
    assert [finding for finding in recstore.check(joined) if finding.fault] == []


def test_new_items_answer_and_are_answered(joined, arrivals):
    with recstore.connect(joined) as connection:
        [(first, score)] = connection.sql(
            "SELECT isbn, score FROM similar_books('0123456781', space := 'content') LIMIT 1"
        ).fetchall()
        # The book whose words it has.
        there = connection.sql("SELECT isbn FROM books ORDER BY _rs_no LIMIT 1 OFFSET 477").fetchall()
        assert (first, round(score, 4)) == (there[0][0], 1.0)
        assert connection.sql(
            f"SELECT count(*) FROM similar_books('{first}', space := 'content') WHERE isbn = '0123456781'"
        ).fetchall() == [(1,)]
        weighed = "SELECT count(*) FROM books_weights WHERE NOT is_content AND "
        assert connection.sql(f"{weighed} _rs_no = 481").fetchall()[0][0] > 5
        assert connection.sql(f"{weighed} neighbor_id = 481 AND _rs_no < 481").fetchall()[0][0] > 5
        # Who bought what its buyers bought is told of it.
        buyers = arrivals[1][arrivals[1].isbn == "0123456781"].customer.dropna()
        others = connection.execute(
            """SELECT DISTINCT customer FROM books_interactions WHERE kind = 'purchase' AND customer IS NOT NULL
            AND customer NOT IN (SELECT unnest(?)) AND isbn IN (SELECT isbn FROM books_interactions WHERE customer = ?)
            ORDER BY customer LIMIT 100""",
            [list(buyers), buyers.iloc[0]],
        ).fetchall()
        told = [
            connection.execute("FROM recommend_books(?, k := 20) WHERE isbn = '0123456781'", [one]).fetchall()
            for (one,) in others
        ]
        assert any(told)


def test_what_drifts_is_told_and_a_rebuild_puts_it_right(joined, tmp_path):
    store = Path(shutil.copy(joined, tmp_path / "shop.duckdb"))
    since = recstore.info(store).since["books"]
    assert (since.items, since.interactions) == (3, 60)
    assert since.placed == dict.fromkeys(SPACES, 3)
    assert set(since.cosine) == {"collaborative", "together"}
    code, said, _ = ask("info", store)
    assert code == 0
    assert "books: 3 items and 60 interactions since the whole build" in said
    # Nothing comes, and what came stays told.
    with recstore.connect(store) as connection:
        rows = connection.sql("SELECT * EXCLUDE (_rs_no, _rs_popularity, _rs_categories) FROM books LIMIT 2").df()
    indexes = indexes_of(store)
    recstore.add(store, items=rows, anew_up_to=0)
    assert recstore.info(store).since["books"] == since
    # Their indexes are as they were, with all that was measured of them.
    assert (len(indexes), indexes_of(store)) == (4 * 4, indexes)
    recstore.rebuild(store)
    assert recstore.info(store).since == {}


def test_another_text_brings_another_vector(bookshop, files, tmp_path):
    store = Path(shutil.copy(bookshop / "shop.duckdb", tmp_path / "shop.duckdb"))
    books, bought = files[0], vectors_of(store, "hybrid")[0][0]
    same = {column: books[column][300] for column in ("title", "blurb", "author", "genre")}
    with recstore.connect(store) as connection:
        numbers = dict(connection.sql("SELECT isbn, _rs_no FROM books").fetchall())
    changed = books[books.isbn.map(numbers) == bought].assign(**same)
    recstore.add(store, items=changed, anew_up_to=0)
    ids, vectors = vectors_of(store, "content")
    places = np.searchsorted(ids, [bought, numbers[books.isbn[300]]])
    assert vectors[places[0]] @ vectors[places[1]] == pytest.approx(1, abs=1e-5)
    assert_neighbours_are_those_of_the_vectors(store)
    assert recstore.info(store).since["books"].placed == {**dict.fromkeys(SPACES, 0), "content": 1, "hybrid": 1}


def test_where_much_came_all_is_computed_anew(bookshop, files, tmp_path):
    store = Path(shutil.copy(bookshop / "shop.duckdb", tmp_path / "shop.duckdb"))
    new = files[0].head(60)
    new = new.assign(isbn=[f"99{number:08d}" for number in range(60)])
    # (Nobody bought them, so that a smaller share has vectors of what was bought.)
    recstore.add(store, items=new, anew_up_to=0, allow_loss=True)
    assert recstore.info(store).since == {}
    assert vectors_of(store, "content")[0][-1] == 540


@pytest.mark.parametrize(("n", "t", "d", "k"), [(600, 40, 3, 10), (900, 1, 24, 50)])
def test_joined_neighbours_are_those_of_a_search_of_all(n, t, d, k):
    """With equal vectors, so that ties are many, and with lists that are searched anew besides."""
    rng = np.random.default_rng(n)
    vectors = unit_rows(rng.standard_normal((n, d)))[0]
    vectors[rng.choice(n, n // 3)] = vectors[rng.choice(n, n // 3)]
    joins = np.sort(rng.choice(n, t, replace=False))
    known = np.setdiff1d(np.arange(n), joins)
    near, score = np.zeros((n, k), np.int32), np.zeros((n, k), np.float32)
    for rows, neighbors, scores in nearest_neighbors(vectors[known], k):
        near[known[rows]], score[known[rows]] = known[neighbors], scores
    anew = np.union1d(joins, rng.choice(known, 7))
    joining = Joining(vectors, anew, joins, score[:, -1], k, lambda rows: (near[rows], score[rows]))
    changed, blocks = joining.changed(Budget.of())
    rows, *found = (np.concatenate(part) for part in zip(*blocks, strict=True))
    assert np.array_equal(rows, changed)
    assert set(anew) <= set(changed)
    near[rows], score[rows] = found
    _rows, *right = (np.concatenate(part) for part in zip(*nearest_neighbors(vectors, k), strict=True))
    assert all(np.array_equal(one, other) for one, other in zip((near, score), right, strict=True))


def made_up_histories(users=600, items=60, kinds=6):
    """Histories of users who keep to one kind of items."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, kinds, users)
    draws = [
        (user, item)
        for user in range(users)
        for item in {int(rng.integers(0, items)) for _ in range(3)}
        | {int(rng.integers(0, items // kinds)) * kinds + int(kind[user]) for _ in range(8)}
    ]
    pairs = np.array(sorted(draws), np.int32)
    times = rng.permutation(len(pairs)).astype(np.float64)
    return Interactions(pairs[:, 0], pairs[:, 1], None, times, users, items)


def test_late_items_are_placed_by_company():
    data = made_up_histories()
    rows = scipy.sparse.csr_matrix((np.ones(len(data), np.float32), (data.users, data.items)), (600, 60))
    known, late = np.arange(54), np.arange(54, 60)
    train = scipy.sparse.csr_matrix(rows[:, known].T)
    vectors = unit_rows(train @ right_singular_vectors(train, 8, 0))[0]
    made = placed((rows,), known, vectors, late, 0)
    assert list(made.items) == list(late)
    assert 0.5 < made.cosine <= 1
    near = known[np.argsort(-(made.vectors @ vectors.T), axis=1)[:, :5]]
    # Six kinds: chance would give a sixth.
    assert (near % 6 == (late % 6)[:, None]).mean() > 0.9


def test_late_weights_are_those_of_all_where_all_are_near():
    data = made_up_histories(items=40).once()
    settings = PersonSettings(regularization=20.0, popularity_power=-0.1, trend_power=0.5, again=0.5, mix=0.7)
    whole = person_weights(data, settings)
    known, late = np.arange(36), np.arange(36, 40)
    largest = float(np.median((whole.taste - np.diag(np.diag(whole.taste))).max(axis=1)))
    made = late_weights(data, known, late, settings, whole.scale, largest, 0)
    taste, after = np.zeros((40, 40)), np.zeros((40, 40))
    taste[made.one, made.other], after[made.one, made.other] = made.taste, made.next
    concerned = np.zeros((40, 40), bool)
    concerned[late], concerned[:, late] = True, True
    np.testing.assert_allclose(taste[concerned], whole.taste[concerned], atol=1e-3)
    np.testing.assert_allclose(after[concerned], whole.next[concerned], rtol=1e-4, atol=1e-6)
    assert not taste[~concerned].any()
    kept = made.above(0.05)
    assert len(kept.one) < len(made.one)
    assert (kept.taste + kept.next >= 0.05).all()
