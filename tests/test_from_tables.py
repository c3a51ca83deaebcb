"""`recstore build STORE --tables FOLDER`: what stands as tables becomes an ordinary store, checked and published."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from runner import recstore as run_recstore

import recstore
from recstore import build_from_tables
from recstore.errors import OptionError, StoreError
from recstore.spark import export


@pytest.fixture(scope="module")
def tables(small_store, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tables") / "tables"
    export(small_store, folder)
    return folder


def is_sound(store: Path) -> bool:
    return recstore.first_fault(recstore.check(store)) is None


def test_a_store_comes_back_as_it_was(small_store, tables, tmp_path):
    done = run_recstore("build", tmp_path / "back.duckdb", "--tables", tables)
    assert done.returncode == 0, done.stderr
    assert is_sound(tmp_path / "back.duckdb")
    with duckdb.connect() as both:
        both.execute(f"ATTACH '{small_store}' AS a (READ_ONLY); ATTACH '{tmp_path / 'back.duckdb'}' AS b (READ_ONLY)")
        for table in ("movies", "ratings", "movie_vectors", "movie_neighbors", "movie_weights", "movie_terms"):
            more = f"(FROM a.{table} EXCEPT ALL FROM b.{table}) UNION ALL (FROM b.{table} EXCEPT ALL FROM a.{table})"
            assert both.execute(more).fetchall() == [], table
    question = "FROM recommend_movies(3, k := 20, diversity := 0.2)"
    answers = []
    for store in (small_store, tmp_path / "back.duckdb"):
        with recstore.connect(store) as connection:
            answers.append(connection.execute(question).fetchall())
    assert answers[0] == answers[1] != []


def test_a_part_of_the_items_is_a_store_of_its_own(tables, tmp_path):
    report = build_from_tables(tmp_path / "part.duckdb", tables, where="movie_id % 2 = 0 AND movie_id <= 80")
    assert list(report.loads) == ["tables of movies"]
    assert is_sound(tmp_path / "part.duckdb")
    with recstore.connect(tmp_path / "part.duckdb") as part:
        odd = "SELECT count(*) FROM {} WHERE movie_id % 2 = 1 OR movie_id > 80"
        for table in ("movies", "ratings", "movie_vectors", "movie_neighbors", "movie_weights", "tags"):
            assert part.execute(odd.format(table)).fetchall() == [(0,)], table
        few = part.execute("SELECT count(*) FROM similar_movies(2, k := 1000, space := 'content')").fetchall()
        held = part.execute("SELECT count(*) - 1 FROM movie_vectors WHERE space = 'content'").fetchall()
        assert few == held


def test_a_declared_catalogue_comes_back_too(bookshop, tmp_path):
    store = bookshop / "shop.duckdb"
    export(store, tmp_path / "tables")
    build_from_tables(tmp_path / "back.duckdb", tmp_path / "tables")
    assert is_sound(tmp_path / "back.duckdb")
    with recstore.connect(store) as ours, recstore.connect(tmp_path / "back.duckdb") as theirs:
        (key, title), *_ = ours.execute("SELECT isbn, title FROM books LIMIT 1").fetchall()
        for question in ("FROM similar_books($1)", "FROM find_books($1)", "FROM recommend_books_for([$1])"):
            given = [title if "find" in question else key]
            assert theirs.execute(question, given).fetchall() == ours.execute(question, given).fetchall()
    half = "isbn IN (SELECT isbn FROM (SELECT isbn, row_number() OVER (ORDER BY isbn) AS n FROM books) WHERE n % 2 = 0)"
    with pytest.raises(OptionError, match="is no condition on the items"):
        build_from_tables(tmp_path / "half.duckdb", tmp_path / "tables", where=half)
    build_from_tables(tmp_path / "half.duckdb", tmp_path / "tables", where="hash(isbn) % 2 = 0")
    assert is_sound(tmp_path / "half.duckdb")


def test_what_the_old_store_has_besides_is_kept(tables, small_store, tmp_path):
    store = tmp_path / "store.duckdb"
    shutil.copy(small_store, store)
    with duckdb.connect(str(store)) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 42 AS answer")
    build_from_tables(store, tables)
    with recstore.connect(store) as connection:
        assert connection.execute("FROM mine").fetchall() == [(42,)]
    assert is_sound(store)


def test_what_was_rejected_and_measured_comes_along(tmp_path):
    """Rejected lines, constants of recommendations, figures and evaluations; what is measured anew stands once."""
    (tmp_path / "goods.csv").write_text(
        "id,name\n" + "".join(f"{n},Thing {n} {n % 3}\n" for n in range(40)) + ",none\n"
    )
    sold = "".join(f"{n % 50},{n * n * 7 % 41 % 40},2024-01-{1 + n % 28:02}\n" for n in range(1500))
    (tmp_path / "sold.csv").write_text(f"who,what,at\n{sold}7,99,2024-01-01\n")
    goods = recstore.Items(
        source=tmp_path / "goods.csv", id="id", title="name",
        interactions=recstore.Interactions(source=tmp_path / "sold.csv", user="who", item="what", at="at"),
    )  # fmt: skip
    store, back, part = (tmp_path / f"{name}.duckdb" for name in ("store", "back", "part"))
    options = recstore.BuildOptions(tune_trials=4, collaborative_dimensions=8, max_reject_rate=0.1)
    recstore.build(store, {"goods": goods}, options=options)
    recstore.evaluate(store)
    export(store, tmp_path / "tables")
    build_from_tables(back, tmp_path / "tables")
    build_from_tables(part, tmp_path / "tables", where="id < 30")
    tables = {
        "rejects": "SELECT source, reason, raw FROM {}.load_rejects ORDER BY ALL",
        "sources": "SELECT s.file, s.sha256, s.rejects FROM (SELECT unnest(sources) AS s FROM {}.builds) "
        "WHERE s.file LIKE '%.csv' ORDER BY ALL",
        "figures": "SELECT m.space, m.what, m.value FROM (SELECT unnest(measured) AS m FROM {}.builds) "
        "WHERE NOT starts_with(m.what, 'annoy') ORDER BY ALL",
        "evaluations": "SELECT * EXCLUDE (build_id) FROM {}.evaluations ORDER BY ALL",
    }
    with duckdb.connect() as connection:
        found = {}
        for name, path in {"a": store, "b": back, "c": part}.items():
            connection.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
            found[name] = {what: connection.execute(query.format(name)).fetchall() for what, query in tables.items()}
    assert found["a"] == found["b"]
    assert all(found["a"].values())
    assert len(found["a"]["rejects"]) == 2
    assert {"setting: mix", "items with weights"} <= {what for _space, what, _value in found["b"]["figures"]}
    assert found["c"] | {"evaluations": None} == found["a"] | {"evaluations": None}
    assert found["c"]["evaluations"] == []
    assert is_sound(back)
    assert is_sound(part)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("nosuch = 1", "--where 'nosuch = 1' is no condition on the items: Binder Error"),
        ("movie_id < 0", "No movie meets --where 'movie_id < 0'"),
        ("movie_id <", "is no condition on the items: Parser Error"),
    ],
)
def test_a_condition_that_is_none_is_told(where, sentence, tables, tmp_path):
    with pytest.raises(OptionError, match="--where") as error:
        build_from_tables(tmp_path / "store.duckdb", tables, where=where)
    assert sentence in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_lacks_something_is_told(tables, tmp_path):
    with pytest.raises(OptionError, match="holds no tables of a store"):
        build_from_tables(tmp_path / "store.duckdb", tmp_path)
    lacking = tmp_path / "lacking"
    shutil.copytree(tables, lacking)
    shutil.rmtree(lacking / "movie_weights")
    with pytest.raises(OptionError, match="lacks the table movie_weights"):
        build_from_tables(tmp_path / "store.duckdb", lacking)
    assert not (tmp_path / "store.duckdb").exists()


def test_times_that_spark_writes_with_their_zone_are_those_in_utc(tables, tmp_path, monkeypatch):
    zoned = tmp_path / "zoned"
    shutil.copytree(tables, zoned)
    file = next((zoned / "ratings").glob("*.parquet"))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows = f"SELECT * REPLACE (CAST(rated_at AS TIMESTAMPTZ) AS rated_at) FROM '{file}'"
        connection.execute(f"COPY ({rows}) TO '{zoned}/ratings/part-1.parquet'")
    file.unlink()
    (zoned / "ratings" / "_SUCCESS").touch()
    monkeypatch.setenv("TZ", "America/New_York")
    build_from_tables(tmp_path / "store.duckdb", zoned)
    with recstore.connect(tmp_path / "store.duckdb") as connection:
        more = f"SELECT * FROM ratings EXCEPT ALL FROM '{tables}/ratings/*.parquet'"
        assert connection.execute(more).fetchall() == []


def test_half_a_file_leaves_the_old_store(tables, small_store, tmp_path):
    store, broken = tmp_path / "store.duckdb", tmp_path / "broken"
    shutil.copy(small_store, store)
    shutil.copytree(tables, broken)
    file = next((broken / "movie_neighbors").glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:1000])
    before = store.read_bytes()
    with pytest.raises(StoreError, match=r"cannot be read"):
        build_from_tables(store, broken)
    assert store.read_bytes() == before


def test_tables_stand_by_themselves_on_the_command_line(tables, tmp_path):
    for more, sentence in ((["--seed", "3"], "--tables stands by itself"), ([], "")):
        done = run_recstore("build", tmp_path / "x.duckdb", "--tables", tables, "--where", "movie_id < 50", *more)
        assert (done.returncode == 0) == (not more), done.stderr
        assert sentence in done.stderr
    done = run_recstore("build", "x.duckdb", "--where", "1")
    assert "--where goes with --tables" in done.stderr
