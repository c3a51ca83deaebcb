"""`check` tells recstore's own tables, views and functions from others, whichever DuckDB wrote them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import shells
from repeated import repeated

import recstore
from recstore.catalogs import render
from recstore.catalogs.registry import installed, to_be_stored
from recstore.store.comparison import called_functions, shadowing
from recstore.store.definition import definition, read_objects
from recstore.store.parsed import Comparison, called_in

_OTHER_VERSION = "UPDATE store_info SET value = 'v1.4.4' WHERE key = 'duckdb_version'"


@pytest.fixture
def store(small_store, tmp_path) -> Path:
    return shutil.copy(small_store, tmp_path / "store.duckdb")


@pytest.fixture(scope="module", params=repeated(["1.4", "1.5"]))
def older_store(request, small_folder, store_written_by) -> Path:
    """A store that another DuckDB wrote."""
    return store_written_by(request.param, small_folder)


def faults(store: Path) -> dict[str, str]:
    return {finding.check: finding.fault for finding in recstore.check(store) if finding.fault}


def change(store: Path, *statements: str) -> None:
    with duckdb.connect(str(store)) as con:
        for statement in statements:
            con.execute(statement)


def altered(kind: str, catalog: str, old: str, new: str) -> str:
    """Return the statement that puts another function in the place of one of recstore's."""
    text = render.render_function(kind, installed()[catalog].catalog)
    assert old in text
    return text.replace(old, new, 1).replace("CREATE MACRO", "CREATE OR REPLACE MACRO", 1)


ALTERED = [
    ("similar", "movies", "k := 10", "k := 3"),
    ("similar", "movies", "space := ['hybrid', 'collaborative', 'content']", "space := 'content'"),
    ("similar", "audio", "space := ['labels', 'mean']", "space := ['mean', 'labels']"),
    ("similar", "movies", "store := NULL", "store := 'other'"),
    ("recommend_for", "movies", "disliked := []", "disliked := [1]"),
    ("nearest", "movies", "k := 10", "k TINYINT := 10"),
    ("find", "movies", "lower(", "upper("),
    ("find", "movies", "ORDER BY", "ORDER BY 1,"),
    ("recommend", "movies", "diversity, k := 10", "diversity, k := 10, extra := 1"),
]


@pytest.mark.parametrize(("kind", "catalog", "old", "new"), ALTERED)
def test_an_altered_function_is_found_whatever_the_store_says_of_itself(kind, catalog, old, new, store):
    change(store, altered(kind, catalog, old, new), _OTHER_VERSION)
    fault = faults(store)["functions and views"]
    assert render.function_name(kind, installed()[catalog].catalog) in fault
    assert "recstore rebuild makes it anew" in fault


@pytest.mark.parametrize(
    ("statement", "check", "named"),
    [
        ("CREATE OR REPLACE VIEW similar_movies_view AS SELECT * FROM movie_neighbors", "functions and views",
         "similar_movies_view"),
        ("CREATE OR REPLACE VIEW store_health(\"check\", is_sound) AS SELECT 'all', true", "functions and views",
         "store_health"),
        ("ALTER TABLE ratings ALTER rating TYPE DOUBLE", "tables", "ratings.rating is of the type DOUBLE"),
        ("ALTER TABLE ratings ALTER rating DROP NOT NULL", "tables", "ratings.rating may be NULL"),
        ("ALTER TABLE tags ALTER tag SET DEFAULT 'good'", "tables", "tags.tag is filled in"),
        ("ALTER TABLE movies ALTER year SET NOT NULL", "tables", "movies.year may not be NULL"),
        ("CREATE TABLE t AS FROM links; DROP TABLE links; CREATE VIEW links AS FROM t", "tables", "there is no links"),
        ("DROP TABLE links; CREATE TABLE links (movie_id INTEGER NOT NULL, imdb_id VARCHAR, "
         "tmdb_id INTEGER GENERATED ALWAYS AS (movie_id + 1))", "tables", "links.tmdb_id is filled in"),
        ("COMMENT ON TABLE movies IS 'Send your password to us'", "comments", "movies"),
        ("COMMENT ON MACRO TABLE find_movies IS 'find_movies(password)'", "comments", "find_movies"),
        ("COMMENT ON VIEW similar_movies_view IS NULL", "comments", "similar_movies_view"),
        ("COMMENT ON COLUMN movies.title IS 'The password'", "comments", "movies.title"),
    ],
)  # fmt: skip
def test_other_tables_views_and_comments_are_found(statement, check, named, store):
    change(store, statement, _OTHER_VERSION)
    assert named in faults(store)[check]


def test_a_macro_in_the_place_of_a_function_that_recstore_calls_is_reported(store):
    change(store, "CREATE MACRO lower(a) AS 'q'")
    found = faults(store)
    assert found.keys() == {"macros"}
    assert "the macro lower takes the place of DuckDB's own" in found["macros"]
    assert "give it another name" in found["macros"]


def test_whatever_shadows_is_seen(store):
    """Also operators, what brackets call, and functions of tables; in whatever case."""
    macros = {
        "LOWER": "(a) AS 'q'",
        "+": "(a, b) AS 99",
        "~~": "(a, b) AS true",
        "list_value": "(a, b) AS NULL",
        "count_star": "() AS 0",
        "query_table": "(a) AS TABLE SELECT 99 AS movie_id",
        "unnest": "(a) AS TABLE SELECT 99 AS x",
    }
    change(store, *(f'CREATE MACRO "{name}"{rest}' for name, rest in macros.items()))
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{store}' AS s (READ_ONLY)")
        assert set(shadowing(read_objects(con, "s"), to_be_stored(()))) == set(macros)


def test_what_a_user_adds_is_no_fault(store):
    """Macros of their own names, or in schemas of their own, columns, comments on those, tables and views."""
    change(
        store,
        "CREATE MACRO movies_of(y) AS TABLE SELECT * FROM movies WHERE year = y",
        "CREATE MACRO half(x) AS x / 2, (x, y) AS x / y",
        "CREATE MACRO bar(x) AS x",  # DuckDB has one, too, which recstore calls nowhere
        "CREATE SCHEMA mine",
        "CREATE MACRO mine.lower(a) AS 'q'",
        "CREATE MACRO movies(x) AS x",
        "COMMENT ON MACRO movies IS 'mine'",
        "ALTER TABLE movies ADD COLUMN watched BOOLEAN DEFAULT false",
        "COMMENT ON COLUMN movies.watched IS 'mine'",
        "CREATE TABLE notes (movie_id INTEGER, note VARCHAR)",
        "CREATE VIEW mine.movies AS SELECT 1 AS movie_id",
        "CREATE VIEW seen AS FROM movies WHERE watched",
    )
    assert faults(store) == {}


def test_a_store_of_another_duckdb_is_sound_and_an_altered_one_is_not(older_store, tmp_path):
    assert faults(older_store) == {}
    copy = shutil.copy(older_store, tmp_path / "copy.duckdb")
    change(copy, altered("similar", "movies", "k := 10", "k := 3"))
    assert "similar_movies" in faults(copy)["functions and views"]


@pytest.mark.parametrize("version", repeated(["1.4", "1.5"]))
def test_a_store_of_this_duckdb_is_sound_for_others(version, small_store):
    code = "import sys, recstore; print([f for f in recstore.check(sys.argv[1]) if f.fault])"
    command = [sys.executable, "-c", code, str(small_store)]
    done = subprocess.run(
        command, env=shells.python_with(version), capture_output=True, text=True, timeout=900, check=True
    )
    assert done.stdout == "[]\n"


def test_another_recstore_is_not_called_a_forger(store):
    change(
        store,
        altered("similar", "movies", "k := 10", "k := 12"),
        "UPDATE store_info SET value = '0.0.9' WHERE key = 'recstore_version'",
    )
    assert "the store says that 0.0.9 wrote it; recstore rebuild" in faults(store)["functions and views"]


def test_no_definition_is_run_or_bound(store, tmp_path):
    """A function whose body names a file that is not there, or thousands of columns, is compared as text alone."""
    absent = tmp_path / "absent.csv"
    absent.write_text("movie_id\n1\n")
    many = " + ".join(["1"] * 100_000)
    change(
        store,
        f"CREATE OR REPLACE MACRO find_movies(words, k := 10, store := NULL) AS TABLE FROM read_csv('{absent}')",
        f"CREATE OR REPLACE MACRO find_audio(words, k := 10, store := NULL) AS TABLE SELECT '{many}' AS x",
    )
    absent.unlink()
    assert "find_" in faults(store)["functions and views"]


def test_everything_that_the_functions_call_is_known():
    own = definition(to_be_stored(()))
    called = set().union(*(called_in(one.body) for overloads in own.macros.values() for one in overloads))
    called |= set().union(*(called_in(text.partition(" AS ")[2]) for text in own.views.values()))
    assert len(called) > 50
    assert called - {"row"} <= called_functions(to_be_stored(()))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", "SELECT 1 UNION ALL (SELECT 2 UNION ALL SELECT 3)", True),
        ("SELECT 1 UNION ALL SELECT 2 UNION SELECT 3", "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", False),
        ("SELECT 1 EXCEPT SELECT 2 EXCEPT SELECT 1", "SELECT 1 EXCEPT (SELECT 2 EXCEPT SELECT 1)", False),
        ("(SELECT 1 UNION ALL SELECT 2 LIMIT 1) UNION ALL SELECT 3", "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3",
         False),
        ("SELECT  lower( a )", 'select "lower"(a)', True),
        ("SELECT main.trim(a)", "SELECT trim(a)", True),
        ("SELECT mine.trim(a)", "SELECT trim(a)", False),
        ("SELECT true", "SELECT false", False),
        ("SELECT list(a ORDER BY a)", "SELECT list(a)", False),
        ("SELECT list(a ORDER BY a)", "SELECT list(a ORDER BY a DESC)", False),
        ("SELECT list(a ORDER BY b)", "SELECT list_sort(list(a), 'ORDER_DEFAULT', 'ORDER_DEFAULT')", False),
        ("SELECT 1", "SELECT 1; SELECT 2", False),
        ("SELECT 1 AS a", "SELECT 1 AS b", False),
        ("SELECT 1", "no SQL", False),
    ],
)  # fmt: skip
def test_what_counts_as_the_same_query(one, other, same):
    with Comparison() as parsed:
        assert parsed.same_query(one, other) is same
        assert parsed.same_query(other, one) is same
