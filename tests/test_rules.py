"""One rule for each value, whoever wrote it: a row put in by hand is held against what holds for lines of files."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repeated import repeated

import recstore
from recstore import BuildOptions, SourceError, StoreError
from recstore.catalogs.movies.rules import RULES
from recstore.catalogs.registry import installed, to_be_stored
from recstore.catalogs.render import render_tables
from recstore.catalogs.rules import broken
from recstore.progress import Progress
from recstore.sources.loader import get_loader

_NOW = "TIMESTAMP '2020-01-01'"


def one_of_each_check(changes: list[tuple[str, str, str]]) -> list:
    first = {check: (change, check, example) for change, check, example in reversed(changes)}
    return repeated(changes, *first.values())


@pytest.fixture
def store(small_store, tmp_path) -> Path:
    return shutil.copy(small_store, tmp_path / "store.duckdb")


@pytest.mark.parametrize(
    ("change", "check", "example"),
    one_of_each_check([
        (f"INSERT INTO ratings VALUES (1, 7, 'nan', {_NOW})", "ratings: values", "rating is no number"),
        (f"INSERT INTO ratings VALUES (1, 7, 'inf', {_NOW})", "ratings: values", "rating is outside 0.5 to 5"),
        (f"INSERT INTO ratings VALUES (1, 7, '-inf', {_NOW})", "ratings: values", "rating is outside 0.5 to 5"),
        (f"INSERT INTO ratings VALUES (1, 7, -1e30, {_NOW})", "ratings: values", "rating is outside 0.5 to 5"),
        (f"INSERT INTO ratings VALUES (1, 7, 1e30, {_NOW})", "ratings: values", "rating is outside 0.5 to 5"),
        (f"INSERT INTO ratings VALUES (1, 7, 0, {_NOW})", "ratings: values", "rating is outside 0.5 to 5"),
        ("INSERT INTO ratings VALUES (1, 7, 3, 'infinity')", "ratings: values", "rated_at is no time"),
        ("INSERT INTO ratings VALUES (1, 7, 3, '-infinity')", "ratings: values", "rated_at is no time"),
        ("INSERT INTO ratings VALUES (1, 7, 3, '1677-09-21')", "ratings: values", "rated_at is no time"),
        ("INSERT INTO ratings VALUES (1, 7, 3, '12000-01-01')", "ratings: values", "rated_at is no time"),
        (f"INSERT INTO ratings VALUES (1, 99999, 3, {_NOW})", "ratings.movie id", "99999"),
        (f"INSERT INTO ratings SELECT user_id, movie_id, 3, {_NOW} FROM ratings LIMIT 1", "ratings: key", "user_id"),
        ("UPDATE tags SET tagged_at = '1677-09-21' WHERE rowid = 0", "tags: values", "tagged_at is no time"),
        ("UPDATE movies SET title = ' ' WHERE movie_id = 7", "movies: values", "no title"),
        ("UPDATE movies SET year = -5 WHERE movie_id = 7", "movies: values", "year"),
        ("UPDATE movies SET genres = ['War', NULL] WHERE movie_id = 7", "movies: values", "genres is no list"),
        ("INSERT INTO links VALUES (99999, '1', 1)", "links.movie id", "99999"),
        ("INSERT INTO audio_labels VALUES (0, '/m/1', 'A', true), (2, '/m/2', 'B', true)", "audio labels", "2 B"),
        ("INSERT INTO audio_clips VALUES (1, 'v', 'nan', 10, [], '')", "audio clips: values", "start_seconds"),
        ("INSERT INTO audio_clips VALUES (1, 'v', 1e30, 1e31, [], '')", "audio clips: values", "start_seconds"),
        ("INSERT INTO audio_clips VALUES (1, 'v', 5, 1, [], '')", "audio clips: values", "end_seconds"),
        ("INSERT INTO audio_clips VALUES (1, 'v', 0, 10, ['Jaz'], '')", "audio label names", "Jaz"),
        ("INSERT INTO audio_frames VALUES (1, [1, 2, 3])", "audio frames: values", "frames"),
        ("INSERT INTO audio_frames SELECT 1, [1 FOR _ IN range(1279)] || [NULL]", "audio frames: values", "frames"),
    ]),
)  # fmt: skip
def test_a_row_that_no_loader_would_take_is_named_and_stays(change, check, example, store, tmp_path):
    with duckdb.connect(str(store)) as con:
        con.execute(change)
    content = store.read_bytes()
    tags = tmp_path / "tags.csv"
    tags.write_text("userId,movieId,tag,timestamp\n1,7,new,5\n")
    works = [lambda: recstore.rebuild(store), lambda: recstore.add(store, tags=tags), lambda: recstore.evaluate(store)]
    for work in works:
        with pytest.raises(StoreError, match=f"nothing can be computed from .*{check}: .*{example}.*Nothing was"):
            work()
    assert store.read_bytes() == content
    findings = {finding.check: finding.fault for finding in recstore.check(store)}
    assert example in findings[check]
    with duckdb.connect(str(store), read_only=True) as con:
        assert (check, False) in con.execute('SELECT "check", is_sound FROM store_health').fetchall()


def test_ids_may_be_negative(tmp_path):
    """As in files, so in all that is computed."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "movies.csv").write_text(
        "movieId,title,genres\n"
        + "".join(f"{n - 20},M{n} (2000),{'Drama' if n % 3 else 'War'}|G{n % 5}\n" for n in range(40))
    )
    (folder / "ratings.csv").write_text(
        "userId,movieId,rating,timestamp\n"
        + "".join(f"{u - 5},{m - 20},{1 + (u * m) % 4},{u + m}\n" for u in range(10) for m in range(40) if (u + m) % 3)
    )
    store = tmp_path / "s.duckdb"
    recstore.build(store, {"movielens": folder}, options=BuildOptions(min_user_ratings=3))
    assert [finding for finding in recstore.check(store) if finding.fault] == []
    with recstore.connect(store) as con:
        assert con.execute("SELECT count(*) FROM similar_movies(-20)").fetchall() == [(10,)]


def test_every_table_that_is_loaded_has_its_rules():
    connection = duckdb.connect()
    connection.execute(render_tables(to_be_stored(())))
    sources = [table for model in installed().values() for table in model.catalog.sources]
    assert [table.name for table in sources if not table.rules] == ["audio_labels"]
    for table in sources:
        assert connection.execute(f"SELECT count(*) FROM {table.name} WHERE {broken(table.rules)}").fetchall() == [(0,)]


ids = st.one_of(st.integers(1, 4), st.sampled_from(["x", "1.5", "", "99", "-3"]))
ratings_of = st.one_of(st.sampled_from([0.5, 3, 5]), st.sampled_from(["nan", "inf", "-1e30", "5.5", "", "3,5"]))
times = st.one_of(st.integers(0, 3), st.sampled_from(["-1", "1e30", "1500000000000000000", "x", "infinity"]))


@pytest.fixture(scope="module")
def tables() -> duckdb.DuckDBPyConnection:
    """The tables of a store, which each example fills and empties again: to create them takes longer than all else."""
    connection = duckdb.connect()
    connection.execute(render_tables(to_be_stored(())))
    return connection


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ids, ids, ratings_of, times), max_size=14), st.lists(st.tuples(ids, ids, times), max_size=8))
def test_counts_add_up_to_the_lines_and_to_the_tables(tmp_path_factory, tables, rows, tagged):
    folder = tmp_path_factory.mktemp("counts")
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "".join(f"{n},M{n},War\n" for n in (1, 2, 3, 3)))
    lines = [",".join(f'"{value}"' if "," in str(value) else str(value) for value in row) for row in rows]
    sound = "50,1,3,5"
    (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", sound, *lines]) + "\n")
    tags = "\n".join(["userId,movieId,tag,timestamp", "50,1,a,5", *(f"{u},{m},a,{t}" for u, m, t in tagged)]) + "\n"
    (folder / "tags.csv").write_text(tags)
    connection = tables
    connection.execute("".join(f"TRUNCATE {table};" for table in ("ratings", "tags", "movies", "load_rejects")))
    loader = get_loader("movielens")
    report = loader.load(connection, str(folder), BuildOptions(), Progress())
    wanted = {"movies.csv": 4, "ratings.csv": 1 + len(rows), "tags.csv": 1 + len(tagged)}
    for file in report.files:
        table = file.file.removesuffix(".csv")
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(file.rows,)]
        query = "SELECT count(*) FROM load_rejects WHERE source = ?"
        assert connection.execute(query, [file.file]).fetchall() == [(file.rejects,)]
        assert file.rows + file.rejects == wanted[file.file]
        # What was taken meets the rules, and cannot be told from what a rebuild takes.
        assert connection.execute(f"SELECT count(*) FROM {table} WHERE {broken(RULES[table])}").fetchall() == [(0,)]
    connection.execute("DELETE FROM ratings")
    added = loader.append(connection, "ratings", str(folder / "ratings.csv"), BuildOptions(), Progress())
    assert added.rows + added.passed + added.rejects == 1 + len(rows)
    assert connection.execute("SELECT count(*) FROM ratings").fetchall() == [(added.rows,)]


def test_a_rejected_value_is_refused_from_a_file_too(tmp_path):
    """The sentence of `check` and the reason in `load_rejects` are one."""
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,A,War\n")
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,9,5\n")
    connection = duckdb.connect()
    connection.execute(render_tables(to_be_stored(())))
    with pytest.raises(SourceError, match=r"1 rejected: ratings.csv line 2: outside 0.5 to 5, rating \(1 such\)"):
        get_loader("movielens").load(connection, str(tmp_path), BuildOptions(), Progress())
