"""Functions that ask Annoy give the rows of the exact scan: filtered, joined, from threads, after damage."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest
from older_index import keep_vectors_in_chunks
from repeated import repeated

import recstore
from recstore.catalogs import render

NEAREST = (
    "SELECT * FROM {}nearest_movies((SELECT vector FROM movie_vectors WHERE space = 'content' AND movie_id = {}), "
)
QUESTIONS = [
    NEAREST.format("@", 7) + "space := 'content')",
    NEAREST.format("@", 8) + "k := 1000, space := 'content')",
    NEAREST.format("@", 9) + "space := 'content', filter := year > 1990)",
    NEAREST.format("@", 99999) + "space := 'content')",
    "SELECT * FROM @similar_movies(1)",
    "SELECT * FROM @similar_movies(1, k := 150)",
    "SELECT * FROM @similar_movies(1, k := 150, space := 'collaborative')",
    "SELECT * FROM @similar_movies(2, filter := list_contains(genres, 'Comedy'))",
    "SELECT * FROM @similar_movies(2, k := 20, filter := movie_id IN (2, 5, 6, 7))",
    "SELECT * FROM @similar_movies(2, filter := movie_id = 5)",
    "SELECT * FROM @similar_movies(2, filter := movie_id = 2)",
    "SELECT * FROM @similar_movies(2, filter := year > 2100)",
    "SELECT * FROM @similar_movies(2, filter := NULL::BOOLEAN)",
    "SELECT m.movie_id, s.* FROM (FROM @movies LIMIT 40) AS m, @similar_movies(m.movie_id, k := 3, "
    "filter := year > 1980) AS s ORDER BY ALL",
    "SELECT m.movie_id, s.* FROM (SELECT movie_id, year AS y FROM @movies LIMIT 40) AS m, "
    "@similar_movies(m.movie_id, k := 3, filter := year > m.y) AS s ORDER BY ALL",
    "SELECT v.movie_id, s.* FROM (FROM @movie_vectors WHERE space = 'hybrid') AS v, "
    "@nearest_movies(v.vector, k := 4) AS s ORDER BY ALL",
    "SELECT s.* FROM @similar_movies(unnest([1, 2, 3]), k := 120) AS s ORDER BY ALL",
]  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RECSTORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "annoy"


@pytest.fixture
def store(sample_store, tmp_path):
    """A copy of the sample store whose build id is its own, so that no test finds another's open indexes."""
    path = tmp_path / "store.duckdb"
    shutil.copy(sample_store, path)
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE store_info SET value = ? WHERE key = 'build_id'", [str(tmp_path)])
    return path


def ask(con, qualifier=""):
    tables = f"USE {qualifier[:-1]}" if qualifier else "SELECT 1"
    con.execute(tables)
    found = [con.execute(query.replace("@", qualifier)).fetchall() for query in QUESTIONS]
    if qualifier:
        con.execute("USE memory")
    return found


@pytest.fixture(scope="module")
def expected(sample_store):
    with recstore.connect(sample_store, exact=True) as con:
        found = ask(con)
    assert [len(rows) for rows in found[:13]] == [10, 400, 10, 0, 10, 150, 150, 10, 3, 1, 0, 0, 0]
    return found


def bodies(con):
    query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE contains(macro_definition, ?)"
    return sorted(name for (name,) in con.execute(query, [render.ASK]).fetchall())


def test_the_same_rows_with_and_without_annoy(store, expected, cache):
    with recstore.connect(store, exact=False) as con:
        assert bodies(con) == ["movies_about", "nearest_movies", "similar_movies"]
        assert not cache.exists()
        con.execute("FROM similar_movies(1)").fetchall()
        assert not cache.exists(), "the stored neighbours need no index"
        assert ask(con) == expected
        assert len(list(cache.glob("*.ann"))) == 3
    other = duckdb.connect()
    recstore.attach(other, store, "mine", exact=False)
    assert ask(other, "mine.") == expected
    recstore.attach(other, store, "mine", exact=False)
    recstore.attach(other.cursor(), store, "mine", exact=False)
    assert ask(other.cursor(), "mine.") == expected
    recstore.attach(other, store, "mine", exact=True)
    assert bodies(other) == []
    other.close()


def test_what_the_build_measured_decides(store):
    with recstore.connect(store) as con:
        assert bodies(con) == []
    with duckdb.connect(str(store)) as con:
        con.execute(
            "UPDATE builds SET measured = list_transform(measured, lambda m: "
            'struct_update(m, "value" := CASE WHEN m.what = \'annoy is faster\' THEN 1 ELSE m."value" END))'
        )
    with recstore.connect(store) as con:
        assert bodies(con) == ["movies_about", "nearest_movies", "similar_movies"]
    with recstore.connect(store, exact=True) as con:
        assert bodies(con) == []


def test_wrong_arguments_are_the_same_errors(store):
    with recstore.connect(store, exact=False) as con:
        for call, message in (
            ("similar_movies(1, k := 0, filter := year > 1)", "k must be a whole number"),
            ("nearest_movies([1.0], k := 3)", "takes vectors of"),
            ("similar_movies(1, k := 200, space := 'x')", "there is no space"),
        ):
            with pytest.raises(duckdb.Error, match=message):
                con.execute(f"FROM {call}").fetchall()


def test_threads_and_cursors(store, expected):
    with recstore.connect(store, exact=False) as con, ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _number: ask(con.cursor()), range(8)):
            assert found == expected


@pytest.mark.parametrize(
    "damage",
    repeated([
        "UPDATE annoy_chunks SET data = CAST('x' AS BLOB)",
        "DELETE FROM annoy_chunks",
        "DELETE FROM annoy_items WHERE item = 5",
        "UPDATE annoy_items SET item = item + 1",
        "UPDATE annoy_indexes SET dimensions = dimensions + 1",
        "UPDATE annoy_indexes SET items = items - 1",
        "UPDATE annoy_indexes SET sha256 = repeat('0', 64)",
        "UPDATE annoy_indexes SET bytes = bytes - 4",
    ]),
)  # fmt: skip
def test_a_damaged_index_is_made_again_from_the_vectors(store, expected, damage, cache):
    with duckdb.connect(str(store)) as con:
        con.execute(damage)
    with recstore.connect(store, exact=False) as con:
        assert ask(con) == expected
    assert [path.name for path in cache.glob(".*")] == []


def test_an_index_with_its_vectors_as_older_stores_have_it_is_read(store, expected, cache):
    keep_vectors_in_chunks(store)
    with recstore.connect(store, exact=False) as con:
        assert ask(con) == expected
    # Made anew it would be in no cache.
    assert len(list(cache.glob("*.ann"))) == 3
    with duckdb.connect(str(store), read_only=True) as con:
        checks = con.execute("SELECT is_sound FROM store_health WHERE means LIKE '%Annoy index%'").fetchall()
        assert (len(checks) > 1, {*checks}) == (True, {(True,)})


def test_a_cache_that_cannot_be_used_is_no_error(store, expected, tmp_path, monkeypatch):
    monkeypatch.setenv("RECSTORE_CACHE", str(store))
    with recstore.connect(store, exact=False) as con:
        assert ask(con) == expected


def test_a_store_published_anew_leaves_open_faces_as_they_were(store, expected, tmp_path):
    """Also where its index is needed for the first time only then."""
    con = recstore.connect(store, exact=False)
    cursor = con.cursor()
    recstore.rebuild(store, content_dimensions=5)
    assert ask(cursor) == expected
    with recstore.connect(store, exact=False) as new, recstore.connect(store, exact=True) as plain:
        assert ask(new) == ask(plain) != expected
    con.close()


def test_a_cursor_that_outlives_its_connection_can_ask(store, expected):
    cursor = recstore.connect(store, exact=False).cursor()
    assert ask(cursor) == expected


_SCRIPT = """
import sys, duckdb, recstore
con = recstore.connect(sys.argv[1], exact=False)
own = duckdb.connect()
recstore.attach(own, sys.argv[1], exact=False)
for c, name in ((con, ""), (own.cursor(), "rec.")):
    print(len(c.execute(f"FROM {name}similar_movies(1, k := 200)").fetchall()))
if sys.argv[2] == "close":
    con.close(), own.close()
"""


@pytest.mark.parametrize("how", repeated(["close", "leave open"], "leave open"))
def test_nothing_on_stderr_at_the_end(store, how):
    command = [sys.executable, "-W", "error", "-c", _SCRIPT, str(store), how]
    done = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in done:
        assert process.communicate(timeout=600) == ("200\n200\n", "")
        assert process.returncode == 0
