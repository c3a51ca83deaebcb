"""A store through SQLAlchemy: the dialect, the pool, reflection and the typed functions."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session

import recstore
import recstore.sqlalchemy as store_functions
from recstore.catalogs.catalog import Column
from recstore.catalogs.movies.catalog import MOVIES
from recstore.errors import OptionError, RecstoreError
from recstore.sqlalchemy import nearest_movies, recommend_for, recommend_movies, similar_movies

ROOT = Path(__file__).parents[1]
BUILD = sa.text("SELECT value FROM store_info WHERE key = 'build_id'")


@pytest.fixture
def engine(sample_store):
    engine = sa.create_engine(f"recstore:///{sample_store}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def expected(sample_store) -> list[tuple]:
    with recstore.connect(sample_store) as con:
        return con.execute("FROM similar_movies(1)").fetchall()


def test_every_way_of_asking_gives_the_same_rows(engine, sample_store, expected):
    call = sa.func.similar_movies(1).table_valued("rank", "movie_id", "title", "score")
    exact = sa.create_engine(f"recstore:///{sample_store}?exact=true")
    with engine.connect() as con:
        assert con.exec_driver_sql("FROM similar_movies(1)").fetchall() == expected
        assert con.execute(sa.select(similar_movies(1))).fetchall() == expected
        assert con.execute(sa.select(call)).fetchall() == [(*row[:3], row[-1]) for row in expected]
    with exact.connect() as con:
        assert con.execute(sa.select(similar_movies(1))).fetchall() == expected
    exact.dispose()
    frame = pandas.read_sql(sa.select(similar_movies(1)), engine)
    assert frame["movie_id"].tolist() == [row[1] for row in expected]
    assert pandas.read_sql("SELECT title FROM similar_movies(1)", engine)["title"].tolist() == [r[2] for r in expected]


#: These give no items, so `func` and its `table_valued` do for them.
NO_ITEMS = {"why_audio", "why_similar", "why_movies", "audio_vector"}


def test_every_function_is_a_selectable_with_its_columns_named_and_typed(engine):
    arguments = {"similar": 1, "nearest": [0.5], "find": "ninth", "recommend": 1, "recommend_for": [1, 2]} | {
        "movies_about": "drama",
        "recommend_movies_for": [1, 2],
    }
    with engine.connect() as con:
        functions = con.exec_driver_sql(
            "SELECT DISTINCT function_name FROM duckdb_functions() "
            "WHERE database_name = 'memory' AND function_type = 'table_macro' AND NOT internal"
        ).scalars()
        for function in set(functions) - NO_ITEMS:
            argument = arguments.get(function) or arguments[function.partition("_")[0]]
            called = getattr(store_functions, function)(argument)
            described = con.exec_driver_sql(f"DESCRIBE FROM {function}({argument!r})").fetchall()
            typed = [(column.name, column.type.compile(engine.dialect).replace("REAL", "FLOAT")) for column in called.c]
            assert typed == [row[:2] for row in described], function


def test_what_a_question_can_say(engine):
    movies = sa.table("movies", sa.column("movie_id"), sa.column("year"))
    recent = sa.case((movies.c.year >= 2000, 1.5))
    said = {"exclude": [2, 3], "boost": recent, "popularity": -0.5, "diversity": 0.3}
    in_sql = "exclude := [2, 3], boost := CASE WHEN year >= 2000 THEN 1.5 END, popularity := -0.5, diversity := 0.3"
    asked = {
        f"similar_movies([1, 2], disliked := [5], {in_sql})": similar_movies([1, 2], disliked=[5], **said),
        f"similar_movies(1, {in_sql})": similar_movies(1, **said),
        f"recommend_movies(1, {in_sql})": store_functions.recommend_movies(1, **said),
        f"recommend_for([1, 2], {in_sql})": store_functions.recommend_for([1, 2], **said),
        f"nearest_movies((SELECT vector FROM movie_vectors WHERE movie_id = 1 AND space = 'hybrid'), {in_sql})": (
            store_functions.nearest_movies(
                sa.literal_column("(SELECT vector FROM movie_vectors WHERE movie_id = 1 AND space = 'hybrid')"),
                **said,
            )
        ),
        "similar_movies(1, boost := year / 1000.0)": similar_movies(1, boost="year / 1000.0"),
        "similar_movies(1, boost := 2)": similar_movies(1, boost=2),
        "similar_movies(1, exclude := NULL)": similar_movies(1, exclude=None),
    }
    with engine.connect() as con:
        for text, selectable in asked.items():
            expected = con.exec_driver_sql(f"SELECT movie_id, score FROM {text}").fetchall()
            assert con.execute(sa.select(selectable.c.movie_id, selectable.c.score)).fetchall() == expected, text
            assert expected, text


def test_the_functions_of_a_catalogue_by_its_name_or_its_value(engine):
    by_name, by_value = store_functions.functions("movies"), store_functions.functions(MOVIES)
    with engine.connect() as con:
        of_store, of_connection = (store_functions.functions("movies", one) for one in (engine, con))
        expected = con.execute(sa.select(similar_movies(movie=1, k=3))).all()
        for functions in (by_name, by_value, of_store, of_connection):
            assert con.execute(sa.select(functions.similar(1, k=3))).all() == expected
        assert con.execute(sa.select(by_name.recommend(1))).all() == con.execute(sa.select(recommend_movies(1))).all()
        assert recommend_movies(user_id=1).c.keys() == by_name.recommend_for([1]).c.keys()
    assert {"similar_movies", "nearest_audio", "recommend_for", "functions"} <= set(dir(store_functions))
    with pytest.raises(OptionError, match=r"no catalogue 'films'; there are: audio, movies"):
        store_functions.functions("films", engine)
    with pytest.raises(OptionError, match=r"audio has no function about; it has similar_audio, nearest_audio, find_"):
        store_functions.functions("audio").about("music")
    with pytest.raises(OptionError, match="engine of a store"):
        store_functions.functions("movies", sa.create_engine("sqlite://"))
    with pytest.raises(TypeError):
        similar_movies(1, 10)
    with pytest.raises(AttributeError, match="similar_films"):
        store_functions.similar_films  # noqa: B018


@pytest.mark.parametrize(
    "written",
    ["VARCHAR", "INTEGER", "FLOAT", "DOUBLE", "BIGINT", "UBIGINT", "HUGEINT", "DECIMAL(9,2)", "DATE", "TIMESTAMP",
     "TIMESTAMP WITH TIME ZONE", "BOOLEAN", "BLOB", "UUID", "VARCHAR[]", "INTEGER[][]", "FLOAT[3]"],
)  # fmt: skip
def test_columns_of_any_type_are_typed_as_reflection_types_them(written):
    catalog = replace(MOVIES, columns=(Column("movie_id", "INTEGER"), Column("x", written)))
    engine = sa.create_engine("duckdb://")
    with engine.connect() as con:
        con.exec_driver_sql(f"CREATE TABLE odd (x {written})")
        reflected = sa.Table("odd", sa.MetaData(), autoload_with=con).c.x.type
    kind = store_functions.functions(catalog).similar(1).c.x.type
    of_kind, of_reflected = (getattr(one, "item_type", one) for one in (kind, reflected))
    assert isinstance(kind, sa.ARRAY) == written.endswith("]")
    assert of_kind.python_type == of_reflected.python_type
    engine.dispose()


def test_recommendations(engine, sample_store):
    one = recommend_movies(1, k=3, filter="year >= 1980")
    liked = recommend_for([1, "2"], k=3, disliked=[3])
    with recstore.connect(sample_store) as raw, engine.connect() as con:
        expected = raw.execute("FROM recommend_movies(1, k := 3, filter := year >= 1980)").fetchall()
        assert con.execute(sa.select(one)).fetchall() == expected
        expected = raw.execute("FROM recommend_for([1, 2], k := 3, disliked := [3])").fetchall()
        assert con.execute(sa.select(liked)).fetchall() == expected


def test_arguments_of_the_functions(engine, sample_store):
    movies = sa.Table("movies", sa.MetaData(), autoload_with=engine)
    vectors = sa.Table("movie_vectors", sa.MetaData(), autoload_with=engine)
    with recstore.connect(sample_store) as raw, engine.connect() as con:

        def same(selectable, query):
            rows = con.execute(sa.select(selectable)).fetchall()
            assert rows
            assert rows == raw.execute(query).fetchall()

        same(similar_movies("1", k=3, space="content"), "FROM similar_movies(1, k := 3, space := 'content')")
        same(similar_movies(1, k=150), "FROM similar_movies(1, k := 150)")
        same(similar_movies(1, space=["content"]), "FROM similar_movies(1, space := ['content'])")
        query = "FROM similar_movies(1, k := 4, filter := year >= 1990 AND n_ratings > 5)"
        same(similar_movies(1, k=4, filter=(movies.c.year >= 1990) & (movies.c.n_ratings > 5)), query)
        same(similar_movies(1, k=4, filter="year >= 1990 AND n_ratings > 5"), query)
        one = sa.select(vectors.c.vector).where(vectors.c.movie_id == 1, vectors.c.space == "content")
        query = "FROM nearest_movies((SELECT vector FROM movie_vectors WHERE movie_id = 1 AND space = 'content'), " \
                "space := 'content')"  # fmt: skip
        same(nearest_movies(one.scalar_subquery(), space="content"), query)
        same(nearest_movies(con.execute(one).scalar_one(), space="content"), query)
        same(store_functions.find_movies("ninth", k=2), "FROM find_movies('ninth', k := 2)")
        query = "FROM movies_about('a drama', k := 2, filter := n_ratings > 5)"
        same(store_functions.movies_about("a drama", k=2, filter=movies.c.n_ratings > 5), query)
        with pytest.raises(sa.exc.DBAPIError, match="space must be one of"):
            con.execute(sa.select(similar_movies(1, space="x"))).all()


def test_joins_with_the_store_and_with_an_attached_database(sample_store, tmp_path):
    with duckdb.connect(str(tmp_path / "mine.duckdb")) as con:
        con.execute("CREATE TABLE watchlist AS SELECT 1 AS movie_id, 2 AS wanted UNION ALL SELECT 2, 1 ORDER BY ALL")
    engine = sa.create_engine(f"recstore:///{sample_store}?attach={tmp_path / 'mine.duckdb'}")
    watchlist = sa.Table("watchlist", sa.MetaData(), schema="mine.main", autoload_with=engine)
    near = similar_movies(watchlist.c.movie_id, k=watchlist.c.wanted).alias("near")
    query = sa.select(watchlist.c.movie_id, near.c.rank, near.c.title).order_by(watchlist.c.movie_id, near.c.rank)
    with engine.connect() as con, recstore.connect(sample_store) as raw:
        rows = con.execute(query).fetchall()
        assert (
            rows
            == raw.execute(
                "SELECT w.m, s.rank, s.title FROM (VALUES (1, 2), (2, 1)) AS w(m, k), similar_movies(m, k := k) AS s "
                "ORDER BY ALL"
            ).fetchall()
        )
        assert len(rows) == 3
        with pytest.raises(sa.exc.DBAPIError, match="read-only"):
            con.exec_driver_sql("DELETE FROM mine.watchlist")
    engine.dispose()


def test_the_store_is_read_only(engine):
    for statement in (
        "DELETE FROM rec_store.movies",
        "DROP TABLE rec_store.movies",
        "INSERT INTO movies (movie_id) VALUES (1)",
    ):
        with engine.connect() as con, pytest.raises(sa.exc.DBAPIError):
            con.exec_driver_sql(statement)


def test_reflection(engine, sample_store):
    inspector = sa.inspect(engine)
    with recstore.connect(sample_store) as raw:
        tables = raw.execute(
            "SELECT table_name, comment FROM duckdb_tables() WHERE database_name = 'rec_store'"
        ).fetchall()
        columns = raw.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE database_name = 'rec_store' "
            "AND table_name IN (SELECT table_name FROM duckdb_tables()) ORDER BY table_name, column_index"
        ).fetchall()
        views = raw.execute(
            "SELECT view_name FROM duckdb_views() WHERE database_name = 'rec_store' AND NOT internal"
        ).fetchall()
    assert sorted(inspector.get_table_names()) == sorted(name for name, _ in tables)
    assert sorted(inspector.get_view_names()) == sorted(name for (name,) in views)
    metadata = sa.MetaData()
    metadata.reflect(engine, views=True)
    assert {name: metadata.tables[name].comment for name, _ in tables} == dict(tables)
    seen = [(table, c.name, c.comment) for table, _ in sorted(tables) for c in metadata.tables[table].c]
    assert seen == sorted(columns, key=lambda row: row[0])
    vector = metadata.tables["movie_vectors"].c.vector.type
    assert isinstance(vector, sa.ARRAY)
    assert isinstance(vector.item_type, sa.REAL)
    assert [c.name for c in metadata.tables["ratings"].primary_key] == ["user_id", "movie_id"]
    assert [c["name"] for c in inspector.get_columns("similar_movies_view")][:2] == ["movie_id", "title"]
    assert inspector.get_columns("movies", schema="rec_store.main") == inspector.get_columns("movies")
    assert inspector.has_table("movies")
    assert not inspector.has_table("films")
    with pytest.raises(sa.exc.NoSuchTableError):
        inspector.get_columns("films")


def test_classes_mapped_from_the_store(engine):
    base = automap_base()
    base.prepare(autoload_with=engine)
    with Session(engine) as session:
        movie = session.get(base.classes.movies, 1)
        assert movie.movie_id == 1
        assert isinstance(movie.genres, list)


def test_a_connection_checked_out_after_publishing_sees_the_new_store(sample_store, tmp_path):
    store = Path(shutil.copy(sample_store, tmp_path / "store.duckdb"))
    engine = sa.create_engine(f"recstore:///{store}", pool_size=2)
    held = engine.connect()
    with engine.connect() as con:
        before = con.execute(BUILD).scalar_one()
    recstore.rebuild(store, seed=1)
    with recstore.connect(store) as raw:
        after = raw.execute(BUILD.text).fetchall()[0][0]
    assert after != before
    with engine.connect() as con:
        assert con.execute(BUILD).scalar_one() == after
        assert held.execute(BUILD).scalar_one() == before
    held.close()
    for _ in range(3):
        with engine.connect() as con:
            assert con.execute(BUILD).scalar_one() == after
    store.unlink()
    with pytest.raises(RecstoreError, match="There is no store at"):
        engine.connect()
    engine.dispose()


def test_the_connections_of_an_engine_are_cursors_of_one_view_database(engine):
    with engine.connect() as one, engine.connect() as other:
        one.exec_driver_sql("CREATE TABLE seen_by_all AS SELECT 7 AS x")
        one.commit()
        assert other.exec_driver_sql("SELECT x FROM seen_by_all").scalar_one() == 7


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("recstore://", "names a file"),
        ("recstore:///x.duckdb?exact=maybe", "true or false"),
        ("recstore:///x.duckdb?read_only=true", "takes exact, attach and untrusted, not read_only"),
        ("recstore:///nowhere.duckdb", "There is no store at nowhere.duckdb"),
        ("recstore:///{store}?attach=nowhere.duckdb", "nowhere.duckdb cannot be attached"),
    ],
)
def test_wrong_urls(url, message, sample_store):
    with pytest.raises((sa.exc.ArgumentError, RecstoreError), match=message):
        sa.create_engine(url.format(store=sample_store)).connect()


def test_threads_over_one_pool_while_the_store_is_rebuilt(small_store):
    """The short form of the benchmark, whose long form is 50 threads, a minute and ten rebuilds."""
    command = [sys.executable, str(ROOT / "benchmarks" / "pool.py"), str(small_store)]
    # They ask often enough to see the old store and the new, and leave the rebuild its share of the cores.
    often = ["--threads", "12", "--seconds", "2", "--rebuilds", "1", "--pause", "0.5"]
    done = subprocess.run([*command, *often], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["questions"] > 12
    assert found["builds_seen"] == 2
