"""`add` appends rows to a store, keeps the latest of a repeated pair, and accounts for every line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import recstore
from recstore import OptionError, SourceError

RECSTORE = str(Path(sys.executable).parent / "recstore")


@pytest.fixture
def store(sample_store, tmp_path) -> Path:
    return shutil.copy(sample_store, tmp_path / "store.duckdb")


def ask(store, query):
    with duckdb.connect(str(store), read_only=True) as con:
        return con.execute(query).fetchall()


def test_added_ratings_and_tags(store, tmp_path):
    [(user, movie, seconds)] = ask(store, "SELECT user_id, movie_id, epoch(rated_at)::BIGINT FROM ratings LIMIT 1")
    [(tagger, tagged, tag, at)] = ask(
        store, "SELECT * REPLACE (epoch(tagged_at)::BIGINT AS tagged_at) FROM tags LIMIT 1"
    )
    [(n_ratings,)] = ask(store, "SELECT count(*) FROM ratings")
    [(other,)] = ask(store, f"SELECT movie_id FROM ratings WHERE user_id = {user} AND movie_id <> {movie} LIMIT 1")
    ratings = tmp_path / "new.csv"
    ratings.write_text(
        "userId,movieId,rating,timestamp\n"
        f"{user},{movie},0.5,{seconds + 60}\n{user},{other},0.5,1\n{user},99999,3.0,{seconds}\n90001,7,4.5,{seconds}\n"
    )
    tags = tmp_path / "tags.csv"
    tags.write_text(f"userId,movieId,tag,timestamp\n{tagger},{tagged},{tag},{at}\n90001,7,unheard of,{seconds}\n")
    report = recstore.add(store, ratings=ratings, tags=tags, max_reject_rate=1)
    assert (report.loads["movielens"].rows, report.loads["movielens"].rejects) == (3, 3)
    assert ask(store, "SELECT count(*) FROM ratings") == [(n_ratings + 1,)]
    assert ask(store, f"SELECT rating FROM ratings WHERE user_id = {user} AND movie_id = {movie}") == [(0.5,)]
    assert ask(store, f"SELECT count(*) FROM ratings WHERE user_id = {user} AND rated_at < '1971-01-01'") == [(0,)]
    assert ask(store, "SELECT movie_id FROM tags WHERE tag = 'unheard of'") == [(7,)]
    assert sorted(ask(store, "SELECT source, reason FROM load_rejects")) == [
        ("new.csv", "no such movie in the list of movies"),
        ("new.csv", "the store has a later rating of this movie by this user"),
        ("tags.csv", "the store has this tag already"),
    ]
    [(sources,)] = ask(store, "SELECT list_transform(sources, lambda s: s.file) FROM builds")
    assert sources[-2:] == ["new.csv", "tags.csv"]
    assert "ratings.csv" in sources
    assert [finding for finding in recstore.check(store) if finding.fault] == []
    before = ask(store, "FROM movie_neighbors")
    recstore.rebuild(store)
    assert ask(store, "FROM movie_neighbors") == before
    # Nothing of it is new the second time.
    again = recstore.add(store, tags=tags, max_reject_rate=1)
    assert (again.loads["movielens"].rows, again.loads["movielens"].rejects) == (0, 2)


def test_the_dat_form_and_the_command_line(store, tmp_path):
    (tmp_path / "r.dat").write_text("90001::7::4::964982703\n90001::8::4::964982703\n")
    command = [RECSTORE, "add", str(store), "--ratings", str(tmp_path / "r.dat"), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 rows loaded, 0 lines rejected" in done.stderr
    assert ask(store, "SELECT movie_id FROM ratings WHERE user_id = 90001") == [(7,), (8,)]


def test_what_cannot_be_added(store, tmp_path):
    before = store.read_bytes()
    with pytest.raises(OptionError, match="--ratings FILE"):
        recstore.add(store)
    with pytest.raises(SourceError, match="There is no file"):
        recstore.add(store, ratings=tmp_path / "none.csv")
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="expected is the header"):
        recstore.add(store, ratings=tmp_path / "odd.csv")
    assert store.read_bytes() == before
