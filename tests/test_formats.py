"""A store of a newer format is refused by every door and left alone; one of an older format is said to be older."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from repeated import repeated

import recstore
from recstore import StoreError

DOORS: dict[str, Callable[[Path, Path], object]] = {
    "connect": lambda store, _source: recstore.connect(store),
    "untrusted": lambda store, _source: recstore.connect(store, untrusted=True),
    "attach": lambda store, _source: recstore.attach(duckdb.connect(), store),
    "check": lambda store, _source: recstore.check(store),
    "diff": lambda store, _source: recstore.diff(store, store),
    "manifest": lambda store, _source: recstore.manifest(store),
    "build": lambda store, source: recstore.build(store, {"movielens": source}),
    "rebuild": lambda store, _source: recstore.rebuild(store),
    "add": lambda store, source: recstore.add(store, ratings=source / "ratings.csv"),
    "evaluate": lambda store, _source: recstore.evaluate(store),
    "rollback": lambda store, _source: recstore.rollback(store),
}


@pytest.fixture
def store(small_store, tmp_path) -> Path:
    (tmp_path / "there").mkdir()
    return shutil.copy(small_store, tmp_path / "there" / "store.duckdb")


def say_format(store: Path, value: str) -> None:
    with duckdb.connect(str(store)) as con:
        con.execute("UPDATE store_info SET value = ? WHERE key = 'format_version'", [value])
        con.execute("UPDATE store_info SET value = '7.8.9' WHERE key = 'recstore_version'")


def test_a_newer_format_is_refused_by_every_door(store, small_folder):
    say_format(store, "999")
    before = store.read_bytes()
    for name, door in DOORS.items():
        with pytest.raises(StoreError, match=r"upgrade recstore to 7\.8\.9 or later"):
            door(store, small_folder)
        assert store.read_bytes() == before, name
        assert [file.name for file in store.parent.iterdir()] == [store.name], name


def test_an_older_format_is_converted_by_a_rebuild(store):
    say_format(store, "0")
    fault = {finding.check: finding.fault for finding in recstore.check(store)}["format"]
    assert fault == "it has the older format 0; recstore rebuild converts it"
    for add_something in (recstore.evaluate, recstore.map_items):
        with pytest.raises(recstore.StoreError, match="older format 0, and this recstore writes 3: convert it first"):
            add_something(store)
    recstore.rebuild(store)
    assert not any(finding.fault for finding in recstore.check(store))


@pytest.mark.parametrize("only", repeated([None, "movies", "audio"]))
def test_a_store_of_format_1_is_opened_and_converted(only, tmp_path):
    """The fixture was written by the recstore of that format. A catalogue that is kept is converted as well."""
    store = tmp_path / "store.duckdb"
    store.write_bytes(gzip.decompress((Path(__file__).parent / "fixtures" / "format-1.duckdb.gz").read_bytes()))
    with recstore.connect(store) as con:
        asked = con.execute("SELECT movie_id, score FROM similar_movies(1, k := 5)").fetchall()
    assert len(asked) == 5
    fault = {finding.check: finding.fault for finding in recstore.check(store)}["format"]
    assert fault == "it has the older format 1; recstore rebuild converts it"
    recstore.rebuild(store, only=only)
    assert [finding for finding in recstore.check(store) if finding.fault] == []
    with recstore.connect(store) as con:
        found = con.execute("SELECT movie_id, score FROM similar_movies(1, k := 5)").fetchall()
        # The singular vectors are found by a sketch, and that of the older recstore was another: near ties may differ.
        assert len({movie for movie, _score in found} & {movie for movie, _score in asked}) >= 4
        assert [score for _movie, score in found] == pytest.approx([score for _movie, score in asked], abs=1e-3)
        assert con.execute("SELECT catalog FROM catalogs ORDER BY catalog ASC").fetchall() == [("audio",), ("movies",)]
