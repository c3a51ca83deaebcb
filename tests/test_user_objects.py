"""What a store's user puts into it changes nothing that is computed, blocks no build, and comes along whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from repeated import repeated

import recstore
from recstore import StoreError, sql

#: A macro for each of the functions and operators that recstore's own SQL names, that answers something else.
SHADOWS = ["lower", "sum", "count", "avg", "max", "min", "list_reduce", "list_inner_product", "regexp_extract_all",
           "coalesce_not", "round", "abs", "len", "list_filter", "list_contains", "epoch", "row_number", "map",
           "starts_with", "concat_ws", "string_split", "trim", "replace", "hash", "nextval", "concat"]  # fmt: skip
SHADOW_TABLES = ["unnest", "range", "generate_series", "read_csv", "read_json", "duckdb_tables", "duckdb_columns"]
OPERATORS = ["+", "-", "*", "/", "//", "<", ">", "=", "<=", ">=", "||", "~~"]
#: Names that recstore gives to tables of its own for a while, and views that it registers.
OURS = ["added_ratings", "new_ratings", "added_tags", "new_tags", "participating_users", "participating_movies",
        "terms_of_movies", "vocabulary", "lines", "judged", "rated_again", "open_runs", "staged_clips", "json_clips",
        "vectors_to_insert", "rows_to_insert", "neighbors_to_insert", "weights_to_insert", "chunks_to_insert",
        "items_to_insert", "evaluations_to_insert", "train_ratings", "old_store", "new_store"]  # fmt: skip

COMPUTED = ("movies", "movie_vectors", "movie_neighbors", "movie_weights", "movie_terms", "ratings", "tags", "links")


@pytest.fixture
def store(small_store, tmp_path) -> Path:
    return shutil.copy(small_store, tmp_path / "store.duckdb")


def change(store: Path, *statements: str) -> None:
    with duckdb.connect(str(store)) as con:
        for statement in statements:
            con.execute(statement)


def ask(store: Path, *queries: str) -> list[object]:
    with duckdb.connect(str(store), read_only=True) as con:
        return [con.execute(query).fetchall() for query in queries]


def computed(store: Path) -> dict[str, object]:
    """Return the contents of recstore's tables, read where no macro of the user's is on the path."""
    with duckdb.connect() as con:
        con.execute(f"ATTACH {sql.literal(str(store))} AS s (READ_ONLY)")
        return {table: con.execute(f"FROM s.main.{table} ORDER BY ALL").fetchall() for table in COMPUTED}


def shadow(store: Path) -> None:
    with duckdb.connect(str(store)) as con:
        for name in SHADOWS:
            con.execute(f"CREATE MACRO {name}(a) AS 'q', (a, b) AS 'q', (a, b, c) AS 'q'")
        for name in SHADOW_TABLES:
            con.execute(f"CREATE MACRO {name}(a) AS TABLE SELECT 'q' AS q")
        for name in OPERATORS:
            con.execute(f"CREATE MACRO {sql.identifier(name)}(a, b) AS 'q'")


@pytest.mark.parametrize("how", repeated(["rebuild", "build", "add", "evaluate"]))
def test_the_users_macros_change_nothing_that_is_computed(how, store, small_folder, tmp_path):
    plain = Path(shutil.copy(store, tmp_path / "plain.duckdb"))
    shadow(store)
    with duckdb.connect(str(store)) as con:
        assert con.execute("SELECT lower('A'), 1 + 1").fetchall() == [("q", "q")]
    new = tmp_path / "new.csv"
    new.write_text("userId,movieId,rating,timestamp\n1,2,4.5,1767298500\n")
    # A rebuild, and a build from the same source, make a store of what it was: there the copy is what is expected.
    for path in (store,) if how in ("rebuild", "build") else (plain, store):
        if how == "rebuild":
            recstore.rebuild(path)
        elif how == "build":
            recstore.build(path, {"movielens": small_folder})
        elif how == "add":
            recstore.add(path, ratings=new)
        else:
            recstore.evaluate(path)
    assert computed(store) == computed(plain)
    with duckdb.connect(str(store)) as con:
        assert con.execute("SELECT lower('A'), 1 + 1").fetchall() == [("q", "q")]
    if how == "evaluate":
        figures = [ask(path, "SELECT * EXCLUDE (evaluated_at, build_id) FROM evaluations") for path in (plain, store)]
        assert figures[0] == figures[1] != [[]]


def test_the_users_macros_change_no_answer_of_an_attach_script_and_no_check(store):
    asked = ["FROM similar_movies(1, k := 200)", "FROM recommend_movies(1)", "FROM movies_about('space')"]
    with recstore.connect(store) as con:
        before = [con.execute(query).fetchall() for query in asked]
    shadow(store)
    for exact in (True, False):
        with recstore.connect(store, exact=exact) as con:
            if exact:
                assert [con.execute(query).fetchall() for query in asked] == before
            con.execute("FROM similar_movies(1, k := 200)").fetchall()
    assert recstore.check(store)[0].fault is None


def test_tables_views_and_types_with_names_of_ours(store, tmp_path):
    plain = Path(shutil.copy(store, tmp_path / "plain.duckdb"))
    kind = ("TABLE {} AS SELECT 'mine' AS x", "VIEW {} AS SELECT 'mine' AS x", "SCHEMA {}", "TYPE {} AS ENUM ('a')")
    change(store, *("CREATE " + kind[number % 4].format(name) for number, name in enumerate(OURS)))
    new = tmp_path / "new.csv"
    new.write_text("userId,movieId,rating,timestamp\n1,2,4.5,1767298500\n")
    for path in (plain, store):
        recstore.add(path, ratings=new)
    # What was added is computed as a rebuild computes it.
    recstore.rebuild(store)
    assert computed(store) == computed(plain)
    assert ask(store, "FROM added_ratings", "FROM new_ratings") == [[("mine",)], [("mine",)]]
    assert recstore.check(store)[0].fault is None


LEGITIMATE = """
CREATE SCHEMA "main.x"; CREATE SCHEMA "select"; CREATE SCHEMA "a""b"; CREATE SCHEMA "Größe"; CREATE SCHEMA "system";
CREATE TYPE "a""b".mood AS ENUM ('sad', 'well');
CREATE TYPE "select".point AS STRUCT(x INTEGER, how "a""b".mood);
CREATE SEQUENCE "Größe".numbers START 5 INCREMENT 2;
CREATE MACRO twice(n) AS n * 2;
CREATE MACRO "select".half(n, least := 1) AS greatest(n // 2, least);
CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree (id));
INSERT INTO tree VALUES (1, NULL); INSERT INTO tree VALUES (2, 1); INSERT INTO tree VALUES (3, 2);
CREATE TABLE zz (id INTEGER PRIMARY KEY); INSERT INTO zz VALUES (1);
CREATE TABLE aa (id INTEGER PRIMARY KEY, z INTEGER REFERENCES zz (id)); INSERT INTO aa VALUES (7, 1);
CREATE TABLE bb (a INTEGER REFERENCES aa (id), z INTEGER REFERENCES zz (id)); INSERT INTO bb VALUES (7, 1);
CREATE TABLE made (a INTEGER DEFAULT twice(4), b INTEGER, c INTEGER GENERATED ALWAYS AS (twice(b)) VIRTUAL,
    CHECK (twice(b) > 0));
INSERT INTO made (b) VALUES (3);
CREATE INDEX by_twice ON made (twice(b));
CREATE UNIQUE INDEX one_tree ON tree (id, (id + 1));
CREATE TABLE "main.x"."t.able" (id INTEGER DEFAULT nextval('"Größe".numbers'), "p q" "select".point, m "a""b".mood[]);
INSERT INTO "main.x"."t.able" ("p q", m) VALUES ({'x': 1, 'how': 'sad'}, ['well', 'sad']);
CREATE INDEX "odd ""one" ON "main.x"."t.able" (id);
CREATE TABLE "main.x".movies AS SELECT 'mine' AS title;
CREATE TABLE narrow (a INTEGER, b INTEGER, c INTEGER); INSERT INTO narrow VALUES (1, 2, 3);
ALTER TABLE narrow DROP COLUMN b;
CREATE VIEW z_first AS SELECT twice(21) AS x; CREATE VIEW a_second AS FROM z_first;
CREATE OR REPLACE VIEW z_first AS SELECT twice(22) AS x, 1 AS y;
CREATE VIEW store."system".v AS SELECT title FROM "main.x".movies;
CREATE INDEX by_title ON movies (lower(title)); CREATE INDEX by_twice_year ON movies ((twice(year)));
COMMENT ON INDEX by_title IS 'index of mine'; COMMENT ON VIEW z_first IS 'view of mine';
COMMENT ON COLUMN made.b IS 'b'; COMMENT ON MACRO twice IS 'two'; COMMENT ON SEQUENCE "Größe".numbers IS 'n';
COMMENT ON TYPE "a""b".mood IS 'm';
"""

#: Everything that DuckDB says of what is in a file, and what the tables hold.
SAID = [
    "SELECT * EXCLUDE (database_oid, table_oid, schema_oid, estimated_size) FROM duckdb_tables() ORDER BY ALL",
    "SELECT schema_name, table_name, column_name, column_index, data_type, column_default, comment "
    "FROM duckdb_columns() ORDER BY ALL",
    "SELECT schema_name, view_name, sql, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
    "SELECT schema_name, index_name, table_name, is_unique, sql, comment FROM duckdb_indexes() ORDER BY ALL",
    "SELECT schema_name, sequence_name, last_value, increment_by, comment FROM duckdb_sequences() ORDER BY ALL",
    "SELECT schema_name, type_name, labels, comment FROM duckdb_types() WHERE NOT internal ORDER BY ALL",
    "SELECT schema_name, function_name, parameters, macro_definition, comment FROM duckdb_functions() "
    "WHERE NOT internal ORDER BY ALL",
    "SELECT table_name, constraint_text FROM duckdb_constraints() ORDER BY ALL", "FROM tree ORDER BY 1", "FROM aa",
    "FROM bb", "FROM made", 'FROM "main.x"."t.able"', "FROM narrow", 'FROM store."system".v',
    'SELECT "select".half(9), "select".half(0), twice(2)',
]  # fmt: skip


@pytest.mark.parametrize("how", repeated(["rebuild", "build", "add", "evaluate"]))
def test_every_legitimate_object_comes_along(how, store, small_folder, tmp_path):
    change(store, LEGITIMATE)
    before = ask(store, *SAID)
    new = tmp_path / "new.csv"
    new.write_text("userId,movieId,rating,timestamp\n1,2,4.5,1767298500\n")
    if how == "rebuild":
        recstore.rebuild(store)
    elif how == "build":
        recstore.build(store, {"movielens": small_folder})
    elif how == "add":
        recstore.add(store, ratings=new)
    else:
        recstore.evaluate(store)
    assert ask(store, *SAID) == before
    with duckdb.connect(str(store)) as con:
        con.execute('INSERT INTO "main.x"."t.able" (m) VALUES ([])')
        assert con.execute('SELECT id FROM "main.x"."t.able" ORDER BY 1').fetchall() == [(5,), (7,)]
        con.execute("INSERT INTO made (b) VALUES (5)")
        assert con.execute("SELECT a, c FROM made WHERE b = 5").fetchall() == [(8, 10)]
        with pytest.raises(duckdb.ConstraintException):
            con.execute("INSERT INTO made (b) VALUES (-5)")
        with pytest.raises(duckdb.ConstraintException):
            con.execute("INSERT INTO tree VALUES (9, 99)")


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("ALTER TABLE movies DROP COLUMN year", "movies.year"),
        ("ALTER TABLE tags RENAME COLUMN tag TO word", "tags.*word"),
        ("ALTER TABLE audio_labels DROP COLUMN name", "audio_labels.name"),
        ("DROP TABLE links", "table links"),
        ("DROP TABLE links; CREATE VIEW links AS SELECT 1 AS movie_id", "the view links"),
        ("DROP VIEW store_health; CREATE TABLE store_health (x INTEGER)", "the table store_health"),
    ],
)
def test_what_is_missing_or_in_the_way_stops_the_rebuild_before_it_works(script, named, store, monkeypatch):
    change(store, script)
    before = store.read_bytes()
    monkeypatch.setattr("recstore.pipeline.finish.compute", lambda *_: pytest.fail("the work has begun"))
    with pytest.raises(StoreError, match=named):
        recstore.rebuild(store)
    assert store.read_bytes() == before
    assert [path.name for path in store.parent.iterdir()] == ["store.duckdb"]


def test_a_source_heals_what_was_dropped(store, small_folder, small_store):
    change(store, "ALTER TABLE movies DROP COLUMN year")
    recstore.build(store, {"movielens": small_folder})
    assert computed(store) == computed(small_store)


OWN_SPACE = """
INSERT INTO movie_vectors
SELECT 'mine', movie_id, CASE WHEN movie_id % 2 = 0 THEN [1, 0] ELSE [0.6, 0.8] END::FLOAT[] FROM movies;
"""


@pytest.mark.parametrize("is_known", repeated([True, False]))
def test_a_space_put_in_by_hand_stays_and_gets_neighbours(is_known, store, small_folder):
    change(store, OWN_SPACE)
    if is_known:
        change(
            store,
            "INSERT INTO spaces (catalog, space, dimensions, kind, is_default, items, neighbors, recipe) "
            "SELECT 'movies', 'mine', 2, 'vectors', false, count(*), 0, 'by hand' FROM movies",
        )
    mine = "SELECT movie_id, vector FROM movie_vectors WHERE space = 'mine' ORDER BY 1"
    [before] = ask(store, mine)
    recstore.rebuild(store)
    recstore.build(store, {"movielens": small_folder})
    assert ask(store, mine) == [before] != [[]]
    assert [finding.fault for finding in recstore.check(store) if finding.fault] == []
    assert ask(store, "SELECT recipe FROM spaces WHERE space = 'mine'") == [
        [("by hand" if is_known else "put in by hand",)]
    ]
    with recstore.connect(store) as con:
        found = con.execute("SELECT score FROM similar_movies(2, k := 3, space := 'mine')").fetchall()
    assert found == [(1.0,)] * 3


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("UPDATE movie_vectors SET vector = [3, 4] WHERE space = 'mine' AND movie_id = 2", "unit length"),
        ("UPDATE movie_vectors SET vector = [1] WHERE space = 'mine' AND movie_id = 2", "different lengths"),
        ("UPDATE movie_vectors SET vector = ['nan'::FLOAT, 1] WHERE space = 'mine' AND movie_id = 2", "unit length"),
        ("INSERT INTO movie_vectors VALUES ('mine', 999999, [1, 0])", "not there any more"),
        ("INSERT INTO movie_vectors VALUES ('mine', 2, [1, 0])", "two vectors"),
    ],
)
def test_a_space_put_in_by_hand_that_cannot_be_kept_is_named(script, named, store):
    change(store, OWN_SPACE, script)
    before = store.read_bytes()
    with pytest.raises(StoreError, match=f"The space mine.*{named}"):
        recstore.rebuild(store)
    assert store.read_bytes() == before
