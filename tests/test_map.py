"""The map of items: their places are a table of the store, the same on each run, and near is near."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest
from runner import run

import recstore
from recstore.models import places

TABLE = "movie_map"


@pytest.fixture(scope="module")
def mapped(small_store, tmp_path_factory) -> tuple[Path, recstore.ItemMap]:
    store = Path(shutil.copy(small_store, tmp_path_factory.mktemp("map") / "store.duckdb"))
    [made] = recstore.map_items(store)
    return store, made


def ask(store: Path, question: str) -> list[tuple]:
    with duckdb.connect(str(store), read_only=True) as con:
        return con.execute(question).fetchall()


def test_every_item_of_a_space_has_a_place(mapped):
    store, made = mapped
    assert (made.catalog, made.space, made.table, made.method) == ("movies", "hybrid", TABLE, "t-SNE")
    there = ask(store, "SELECT movie_id FROM movie_vectors WHERE space = 'hybrid' ORDER BY ALL")
    rows = ask(store, f"SELECT movie_id, x, y, space FROM {TABLE} ORDER BY ALL")
    assert [row[:1] for row in rows] == there
    assert made.items == len(rows)
    assert all(np.isfinite(row[1:3]).all() and row[3] == "hybrid" for row in rows)
    # What was found stands in the store, too.
    [(fact,)] = ask(store, "SELECT value FROM store_info WHERE key = 'map movies hybrid'")
    assert recstore.ItemMap(**json.loads(fact)) == made
    assert "lie on a map" in ask(store, f"SELECT comment FROM duckdb_tables() WHERE table_name = '{TABLE}'")[0][0]


def test_near_is_near(mapped):
    """The share that is recorded is that which the table has; places drawn at random keep a tenth of the items."""
    store, made = mapped
    rows = ask(store, f"SELECT movie_id, x, y FROM {TABLE} ORDER BY movie_id")
    ids, where = np.array([row[0] for row in rows]), np.array([row[1:] for row in rows])
    similar: dict[int, set[int]] = {}
    pairs = "SELECT m.movie_id, s.movie_id FROM movies AS m, similar_movies(m.movie_id) AS s"
    for item, other in ask(store, pairs):
        similar.setdefault(item, set()).add(other)
    hits = 0
    for item, place in zip(ids.tolist(), where, strict=True):
        distances = np.square(where - place).sum(axis=1)
        near = set(ids[np.argsort(distances)[:11]].tolist()) - {item}
        hits += len(similar[item] & near)
    assert hits / (10 * len(ids)) == pytest.approx(made.kept, abs=0.002)
    assert made.kept > 0.3


def test_two_runs_give_the_same_places(mapped, small_store, tmp_path):
    store, made = mapped
    again = Path(shutil.copy(small_store, tmp_path / "again.duckdb"))
    [other] = recstore.map_items(again, threads=1)
    question = f"SELECT * FROM {TABLE} ORDER BY ALL"
    assert ask(again, question) == ask(store, question)
    assert other.kept == made.kept
    [third] = recstore.map_items(again, seed=1)
    assert third.seed == 1
    assert len(ask(again, question)) == made.items


@pytest.mark.parametrize("items", [400, 3200])
def test_any_number_of_threads_gives_the_same_places(items, monkeypatch):
    """Items are too few here for several threads, unless told so: then every step of openTSNE is done by several."""
    monkeypatch.setattr(places, "_FOR_ONE_THREAD", 0)
    monkeypatch.setattr(places, "_EARLY", 10)
    monkeypatch.setattr(places, "_LATE", 20)
    vectors = np.random.default_rng(0).standard_normal((items, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    neighbors = np.argsort(-cosines, axis=1, kind="stable")[:, : places.NEIGHBORS]
    scores = np.take_along_axis(cosines, neighbors, axis=1)
    first, *others = (
        places.tsne(places.components(vectors), neighbors, scores, seed=0, threads=threads) for threads in (1, 2, 3)
    )
    assert np.ptp(first) > 0.1
    assert all(np.array_equal(first, other) for other in others)


def test_rebuilds_keep_it_and_it_is_sound(mapped, tmp_path):
    store = Path(shutil.copy(mapped[0], tmp_path / "store.duckdb"))
    before = ask(store, f"SELECT * FROM {TABLE} ORDER BY ALL")
    recstore.rebuild(store)
    assert ask(store, f"SELECT * FROM {TABLE} ORDER BY ALL") == before
    assert [finding for finding in recstore.check(store) if finding.fault] == []
    tables, _spaces = recstore.diff(store)
    [change] = [one for one in tables if one.table == TABLE]
    assert (change.before, change.now, change.removed, change.added) == (len(before), len(before), 0, 0)
    # Its facts stay: they name the build whose neighbours were placed, so that nobody takes it for a new one.
    [(fact,)] = ask(store, "SELECT value FROM store_info WHERE key = 'map movies hybrid'")
    assert json.loads(fact)["build_id"] == mapped[1].build_id != recstore.info(store).build_id
    # It is no version of its own: the one before is that of before the rebuild.
    versions = len(recstore.info(store).versions)
    recstore.map_items(store)
    assert len(recstore.info(store).versions) == versions
    [(fact,)] = ask(store, "SELECT value FROM store_info WHERE key = 'map movies hybrid'")
    assert json.loads(fact)["build_id"] == recstore.info(store).build_id


def test_without_open_tsne_it_is_less_and_says_so(small_store, tmp_path, monkeypatch):
    monkeypatch.setattr("recstore.models.places.find_spec", lambda _name: None)
    store = Path(shutil.copy(small_store, tmp_path / "store.duckdb"))
    code, said = run("explore", store, "--map", "--host", "no.such.host.invalid", "--no-browser")
    assert code == 2
    assert "openTSNE is not installed: the map shows principal components, which keep less." in said
    assert "movie_map has the places of 100 items of movies, by PCA of hybrid" in said
    assert len(ask(store, f"FROM {TABLE}")) == 100


def test_what_cannot_be_mapped_is_said(small_store, tmp_path):
    store = Path(shutil.copy(small_store, tmp_path / "store.duckdb"))
    for wrong in ({"space": "colaborative"}, {"catalog": "books"}, {"seed": -1}, {"catalog": "audio"}):
        with pytest.raises(recstore.OptionError, match=str(next(iter(wrong.values())))):
            recstore.map_items(store, **wrong)
    with pytest.raises(recstore.StoreError, match="no store at"):
        recstore.map_items(tmp_path / "none.duckdb")
    assert store.read_bytes() == small_store.read_bytes()


def test_other_spaces_keep_their_places(mapped, tmp_path):
    store = Path(shutil.copy(mapped[0], tmp_path / "store.duckdb"))
    before = ask(store, f"SELECT * FROM {TABLE} ORDER BY ALL")
    [made] = recstore.map_items(store, catalog="movies", space="content")
    assert made.space == "content"
    assert ask(store, f"SELECT * FROM {TABLE} WHERE space = 'hybrid' ORDER BY ALL") == before


def test_a_shop_has_one(bookshop, tmp_path):
    store = Path(shutil.copy(bookshop / "shop.duckdb", tmp_path / "shop.duckdb"))
    [made] = recstore.map_items(store)
    assert (made.table, made.method) == ("books_map", "t-SNE")
    assert made.kept > 0.3
