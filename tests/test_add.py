"""`add` appends rows to a store, keeps the latest of a repeated pair, and accounts for every line."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from runner import run

import recstore
from recstore import OptionError, SourceError, TooManyRejectsError


@pytest.fixture
def store(small_store, tmp_path) -> Path:
    return shutil.copy(small_store, tmp_path / "store.duckdb")


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
    report = recstore.add(store, ratings=ratings, tags=tags, max_reject_rate=0.5)
    load = report.loads["movielens"]
    assert (load.rows, load.replaced, load.passed, load.rejects, load.lines) == (2, 1, 2, 1, 6)
    assert ask(store, "SELECT count(*) FROM ratings") == [(n_ratings + 1,)]
    assert ask(store, f"SELECT rating FROM ratings WHERE user_id = {user} AND movie_id = {movie}") == [(0.5,)]
    assert ask(store, f"SELECT count(*) FROM ratings WHERE user_id = {user} AND rated_at < '1971-01-01'") == [(0,)]
    assert ask(store, "SELECT movie_id FROM tags WHERE tag = 'unheard of'") == [(7,)]
    assert ask(store, "SELECT source, line, reason FROM load_rejects") == [
        ("new.csv", 4, "no such movie in the list of movies")
    ]
    [(measured,)] = ask(store, "SELECT measured FROM builds")
    assert {(m["what"], m["value"]) for m in measured if m["what"].endswith(".csv")} == {
        ("lines passed over: new.csv", 1), ("rows replaced: new.csv", 1), ("lines passed over: tags.csv", 1)
    }  # fmt: skip
    [(sources,)] = ask(store, "SELECT list_transform(sources, lambda s: s.file) FROM builds")
    assert sources[-2:] == ["new.csv", "tags.csv"]
    assert "ratings.csv" in sources
    assert [finding for finding in recstore.check(store) if finding.fault] == []
    before = ask(store, "FROM movie_neighbors")
    recstore.rebuild(store)
    assert ask(store, "FROM movie_neighbors") == before
    # Nothing of it is new the second time.
    again = recstore.add(store, tags=tags, max_reject_rate=0).loads["movielens"]
    assert (again.rows, again.passed, again.rejects) == (0, 2, 0)


def test_the_dat_form_and_the_command_line(store, tmp_path):
    (tmp_path / "r.dat").write_text("90001::7::4::964982703\n90001::8::4::964982703\n")
    code, said = run("add", store, "--ratings", tmp_path / "r.dat", "--quiet")
    assert code == 0, said
    assert "2 rows loaded, 0 lines rejected" in said
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


HEADER = "userId,movieId,rating,timestamp\n"


def test_a_file_may_be_added_again_and_in_any_order(store, tmp_path):
    day, next_day, tags = tmp_path / "day.csv", tmp_path / "next.csv", tmp_path / "tags.csv"
    day.write_text(HEADER + "90001,7,4,1000\n90001,8,4,1000\n90001,7,3,900\n90001,7,4,1000\n")
    next_day.write_text(HEADER + "90001,7,1,2000\n")
    tags.write_text("userId,movieId,tag,timestamp\n" + "90001,7,noir,5\n" * 2)
    before = ask(store, "SELECT (SELECT count(*) FROM ratings), (SELECT count(*) FROM tags)")[0]

    def added(**files):
        load = recstore.add(store, max_reject_rate=0, **files).loads["movielens"]
        return load.rows, load.replaced, load.passed, load.rejects

    assert added(ratings=day, tags=tags) == (3, 0, 3, 0)
    assert added(ratings=day, tags=tags) == (0, 0, 6, 0)
    assert added(ratings=next_day) == (0, 1, 0, 0)
    assert added(ratings=day) == (0, 0, 4, 0)
    assert ask(store, "SELECT rating FROM ratings WHERE user_id = 90001 ORDER BY movie_id") == [(1,), (4,)]
    assert ask(store, "SELECT (SELECT count(*) FROM ratings), (SELECT count(*) FROM tags)") == [
        (before[0] + 2, before[1] + 1)
    ]
    assert ask(store, "SELECT count(*) FROM load_rejects") == [(0,)]
    for content in ("", HEADER):
        day.write_text(content)
        assert added(ratings=day) == (0, 0, 0, 0)
    # All that was ever loaded from files is what the table holds.
    for table, tables_files in {"ratings": ("ratings.csv", "day.csv", "next.csv"), "tags": ("tags.csv",)}.items():
        query = "SELECT sum(s.rows) FROM (SELECT unnest(sources) AS s FROM builds) WHERE s.file IN "
        assert ask(store, f"{query} {tables_files}") == ask(store, f"SELECT count(*) FROM {table}")


def test_where_all_lines_are_rejected_it_is_said_why(store, tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(HEADER + "1,99999,5,1700000000\n1,7,9,5\n1,8,9,5\n")
    code, said = run("add", store, "--ratings", wrong, "--quiet")
    assert code == 1
    assert "3 of 3 lines" in said
    assert "wrong.csv line 3: outside 0.5 to 5, rating (2 such)" in said
    assert "wrong.csv line 2: no such movie in the list of movies, movieId (1 such)" in said
    # Allowed, they are counted.
    load = recstore.add(store, ratings=wrong, max_reject_rate=1).loads["movielens"]
    assert (load.rows, load.rejects) == (0, 3)
    # What was rejected then is no reason now.
    (tmp_path / "again").mkdir()
    again = tmp_path / "again" / "wrong.csv"
    again.write_text(HEADER + "1,7,x,5\n")
    with pytest.raises(
        TooManyRejectsError, match=r"1 of 1 lines .* allowed: wrong.csv line 2: no number, rating \(1 such\)\."
    ):
        recstore.add(store, ratings=again)
