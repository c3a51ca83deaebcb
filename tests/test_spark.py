"""Spark answers as DuckDB does: the same text, the same rows, over what `recstore export` writes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pages
import pytest
import spark_session
from repeated import THOROUGH

import recstore
from recstore.spark import export

PAGE = pages.ROOT / "docs" / "spark.md"


@pytest.fixture(scope="session")
def page(spark, small_folder, small_store, once) -> Path:
    """The folder of a reader of docs/spark.md, who has exported the small store and asked it in Spark."""
    export_it, ask_it, *_ = pages.blocks(PAGE)

    def fill(folder: Path) -> None:
        pages.make_folder(folder, small_store, small_folder)
        [(command, _, _)] = export_it.commands()
        (folder / "exported.txt").write_text(pages.run(f"{command} 2>&1", folder))
        program = ask_it.text.replace("Heat (1995)", "Pale Heist (1989)")
        (folder / "shown.txt").write_text(spark.call("run", program, str(folder)))

    return once("spark-page", fill)


@pytest.fixture(scope="session")
def small(spark, page) -> spark_session.Asked:
    """The session, in which the functions of the small store are known in the schema `rec`, as the page makes them."""
    return spark


@pytest.fixture(scope="module")
def store(small_store) -> Iterator[duckdb.DuckDBPyConnection]:
    with recstore.connect(small_store, exact=True) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict]:
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def same(ours: list[dict], theirs: list[dict]) -> None:
    """Compare rows to the letter; both hold numbers as FLOAT or whole."""
    assert [list(row) for row in ours] == [list(row) for row in theirs]
    for one, other in zip(ours, theirs, strict=True):
        for name, value in one.items():
            if isinstance(value, float) and math.isfinite(value):
                assert other[name] == pytest.approx(value, abs=1e-9), (one, other)
            else:
                assert other[name] == value, (name, one, other)


def ordered(found: list[dict]) -> list[dict]:
    return sorted(found, key=lambda row: [str(value) for value in row.values()])


def in_spark(query: str, schema: str) -> str:
    """Return a query with the schema before the names of functions and tables."""
    functions = r"(?:similar|nearest|find|recommend|why)_\w+(?=\()|(?:movies|books)_about(?=\()"
    tables = r"(?<=FROM )(?:movies|movie_vectors|ratings|books|books_vectors)\b"
    return re.sub(rf"\b({functions})|({tables})", rf"{schema}.\g<0>", query)


#: What both engines are asked by the same text; `[…]` of DuckDB is `array(…)` in Spark.
QUESTIONS = {
    "id": "SELECT * FROM similar_movies(1, k => 12)",
    "title": "SELECT * FROM similar_movies(' Pale Heist (1989) ', k => 5, space => 'content')",
    "all there are": "SELECT * FROM similar_movies('2', k => 130, space => 'content')",
    "several": "SELECT * FROM similar_movies([1, 2], k => 5, disliked => ['Pale Heist (1989)'], exclude => [5, 7])",
    "spaces": "SELECT * FROM similar_movies(1, k => 3, space => ['together', 'content'])",
    "nearest": "SELECT * FROM nearest_movies((SELECT vector FROM movie_vectors WHERE movie_id = 1 AND "
    "space = 'content'), k => 5, space => 'content')",
    "find": "SELECT * FROM find_movies('HÉIST pale')",
    "about": "SELECT w.id, s.* FROM (SELECT 1 AS id, 'horror' AS words UNION ALL SELECT 2, 'comedy crime') AS w, "
    "LATERAL movies_about(w.words, k => 4) AS s",
    "why": "SELECT m.movie_id AS id, s.* FROM movies AS m, LATERAL why_movies(m.movie_id, 'Pale Heist (1989)') AS s "
    "WHERE m.movie_id < 6",
    "join": "SELECT m.movie_id AS id, s.rank, s.movie_id, s.score FROM movies AS m LEFT JOIN LATERAL "
    "similar_movies(m.title, k => m.movie_id) AS s ON true WHERE m.movie_id < 5",
    "people": "SELECT u.user_id AS id, s.* FROM (SELECT DISTINCT user_id FROM ratings) AS u, "
    "LATERAL recommend_movies(u.user_id, k => 15) AS s",
    "movies": "SELECT m.movie_id AS id, s.* FROM movies AS m, LATERAL similar_movies(m.movie_id, k => 10) AS s",
    "beyond what is stored": "SELECT m.movie_id AS id, s.* FROM movies AS m, LATERAL similar_movies(m.movie_id, "
    "k => 130, exclude => [7]) AS s WHERE m.movie_id < 4",
    "diverse": "SELECT m.movie_id AS id, s.* FROM movies AS m, LATERAL similar_movies(m.title, k => 4, "
    "disliked => [5], popularity => 0.2, diversity => 0.4) AS s WHERE m.movie_id < 4",
    "nobody": "SELECT * FROM recommend_movies(99999999, k => 3)",
    "lists": "SELECT m.movie_id AS id, s.* FROM movies AS m, LATERAL recommend_for([m.movie_id, 1], k => 4, "
    "disliked => ['no such movie', 'Broken Otter (1956)'], exclude => [3], diversity => 0.2) AS s WHERE m.movie_id < 5",
    "long lists": f"SELECT * FROM recommend_for({[*range(1, 46)]}, k => 20, disliked => {[*range(60, 91)]})",
    "nothing": "SELECT * FROM similar_movies('no such movie', k => 3)",
}
#: What each engine is asked in its own words, since a condition is no argument in Spark.
BOTH = {
    "similar": (
        "similar_movies(1, k => 6, popularity => -0.5, filter => year >= 1980, "
        "boost => CASE WHEN year >= 2000 THEN 1.2 END)",
        "similar_movies(1, k => 6, popularity => -0.5, among => (SELECT collect_list(movie_id) FROM movies WHERE "
        "year >= 1980), boost => (SELECT collect_list(struct(movie_id, 1.2)) FROM movies WHERE year >= 2000))",
    ),
    "person": (
        "recommend_movies(3, k => 20, filter => year >= 1980, boost => CASE WHEN year >= 2000 THEN 1.5 END)",
        "recommend_movies(3, k => 20, among => (SELECT collect_list(movie_id) FROM movies WHERE year >= 1980), "
        "boost => (SELECT collect_list(struct(movie_id, 1.5)) FROM movies WHERE year >= 2000))",
    ),
    "empty list": ("recommend_for([], k => 3)", "recommend_for(array(), k => 3)"),
}


def arrays(query: str) -> str:
    return query.replace("[", "array(").replace("]", ")")


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_spark_answers_the_same_text_as_duckdb(question, small, store):
    ours, theirs = rows(store, question), small.rows(in_spark(arrays(question), "rec"))
    same(ordered(ours), ordered(theirs)) if "LATERAL" in question else same(ours, theirs)
    assert bool(ours) == (question != QUESTIONS["nothing"])


@pytest.mark.parametrize(("ours", "theirs"), BOTH.values(), ids=BOTH)
def test_spark_answers_what_is_said_in_its_words(ours, theirs, small, store):
    same(rows(store, f"SELECT * FROM {ours}"), small.rows(in_spark(f"SELECT * FROM {theirs}", "rec")))


#: Every movie and every person of MovieLens small, which are thorough: `QUESTIONS` ask the same of the sample.
WHOLE = {
    "movies": (
        "SELECT m.movie_id AS id, s.rank, s.movie_id, s.space, s.score FROM movies AS m, "
        "LATERAL similar_movies(m.movie_id, k => 10) AS s",
        97_420,
    ),
    "people": (
        "SELECT u.user_id AS id, s.rank, s.movie_id, s.score, s.because, s.reason FROM "
        "(SELECT DISTINCT user_id FROM ratings) AS u, LATERAL recommend_movies(u.user_id, k => 10) AS s",
        6_100,
    ),
}


@pytest.fixture(scope="session")
def whole(spark, movie_store, once) -> spark_session.Asked:
    """The session, with what these questions need of MovieLens small, made known by `functions.sql`."""
    needed = ("`similar_movies`", "`recommend_movies`", "`movie_neighbors`", "`movie_vectors`", "`movie_weights`",
              "`movie_tastes`", "`ratings`", "`recstore_movies`", "`movies`")  # fmt: skip

    def fill(folder: Path) -> None:
        text = export(movie_store, folder / "tables", schema="whole").functions.read_text()
        statements = [one.strip() for one in re.split(r";\n(?=\n|$)", text)]
        for statement in statements:
            head = re.sub(r"^(--[^\n]*\n)+\s*", "", statement)
            named = re.match(
                r"CREATE (OR REPLACE )?(FUNCTION|TABLE IF NOT EXISTS) spark_catalog\.`whole`\.(`\w+`)", head
            )
            if head and (named is None or named[3] in needed):
                spark.rows(head)

    once("spark-whole", fill)
    return spark


@THOROUGH
@pytest.mark.parametrize(("query", "many"), WHOLE.values(), ids=WHOLE)
def test_spark_answers_for_everything_as_duckdb_does(query, many, whole, movie_store, tmp_path):
    whole.call("write", in_spark(query, "whole"), str(tmp_path / "rows"))
    with recstore.connect(movie_store, exact=True) as connection:
        found = {row[:2]: row[2:] for row in connection.execute(f"FROM '{tmp_path}/rows/*.parquet'").fetchall()}
        ours = {row[:2]: row[2:] for row in connection.execute(query).fetchall()}
    assert len(ours) == len(found) == many
    assert found == ours


def test_the_page_about_spark(small, page, store, trained):
    """What commands print is as shown, but for the numbers; the one text for both is asked of both."""
    export_it, ask_it, train_it, back, both, *more = pages.blocks(PAGE)
    [(_, printed, _)] = train_it.commands()
    assert (trained / "printed.txt").read_text().strip() == printed.strip()
    assert not more
    assert "similar_movies" in ask_it.text
    [(_, printed, _)] = export_it.commands()
    numbers = re.compile(r"[\d,]+")
    assert numbers.sub("0", (page / "exported.txt").read_text()) == numbers.sub("0", printed)
    shown = [line.split("|") for line in (page / "shown.txt").read_text().splitlines() if re.match(r"\| +\d", line)]
    ours = rows(store, "FROM similar_movies('Pale Heist (1989)', k => 5)")
    assert [line[2].strip()[:17] for line in shown] == [row["title"][:17] for row in ours]
    for command, printed, _ in back.commands():
        assert printed == ""
        pages.run(command, page)
    with recstore.connect(page / "recent.duckdb") as recent, recstore.connect(page / "movies.duckdb") as again:
        assert rows(recent, "SELECT min(year) >= 2000 AS late FROM movies") == [{"late": True}]
        assert rows(again, "FROM similar_movies('Pale Heist (1989)', k => 5)") == ours
    query = both.text.replace("1960", "2017")
    assert "2017" in query
    ours = rows(store, query)
    assert ours
    same(ordered(ours), ordered(small.rows(in_spark(query, "rec"))))


ERRORS = [
    ("similar_movies(1, k => 0)", "similar_movies: k must be a whole number from 1 to 32767, not 0"),
    (
        "similar_movies(1, k => NULL, space => 'content')",
        "similar_movies: k must be a whole number from 1 to 32767, not",
    ),
    (
        "similar_movies(1, space => 'colaborative')",
        "similar_movies: there is no space 'colaborative'; space must be one",
    ),
    ("nearest_movies([1, 2], space => 'content')", "nearest_movies: space 'content' takes vectors of"),
    ("recommend_movies('x')", "recommend_movies: user_id must be a whole number, not x"),
    ("similar_movies(1, diversity => 2)", "similar_movies: diversity must be a number from 0 to 1, not 2"),
]


@pytest.mark.parametrize(("call", "sentence"), ERRORS, ids=[call for call, _ in ERRORS])
def test_a_wrong_argument_is_told_by_the_same_sentence(call, sentence, small, store):
    with pytest.raises(duckdb.Error, match=re.escape(sentence)):
        store.execute(f"FROM {call}").fetchall()
    with pytest.raises(RuntimeError, match=re.escape(sentence)):
        small.rows(in_spark(f"SELECT * FROM {arrays(call)}", "rec"))


def test_no_such_argument_is_an_error(small):
    with pytest.raises(RuntimeError, match="nosuch"):
        small.rows("SELECT * FROM rec.similar_movies(1, nosuch => 3)")


def test_a_table_that_is_not_recstores_stays(small, small_store, tmp_path):
    export(small_store, tmp_path / "tables")
    small.rows("CREATE SCHEMA mine")
    small.rows("CREATE TABLE mine.movies AS SELECT 1 AS one")
    with pytest.raises(RuntimeError, match="is there and is not recstore's"):
        small.call("install", (tmp_path / "tables").as_uri(), schema="mine")
    assert small.rows("SELECT * FROM mine.movies") == [{"one": 1}]
    with pytest.raises(RuntimeError, match=r"OptionError: .* holds no exported tables that Spark can read"):
        small.call("install", tmp_path.as_uri(), schema="mine")


#: A catalogue of the user's own: text ids, a condition on who is available, events that count differently.
SHOP = {
    "similar": "SELECT * FROM similar_books(@, k => 4)",
    "withdrawn too": "SELECT * FROM similar_books(@, k => 4, include_unavailable => true, popularity => 0.4)",
    "customer": "SELECT b.* FROM recommend_books(#, k => 8) AS b",
    "list": "SELECT * FROM recommend_books_for([@], k => 5)",
    "why": "SELECT * FROM why_books(@, @)",
    "about": "SELECT * FROM books_about('a murder in the library', k => 5)",
}


@pytest.fixture(scope="session")
def shop(spark, bookshop, once) -> spark_session.Asked:
    def fill(folder: Path) -> None:
        export(bookshop / "shop.duckdb", folder / "tables")
        assert spark.call("install", (folder / "tables").as_uri(), schema="shop") == ["books"]

    once("spark-shop", fill)
    return spark


@pytest.mark.parametrize("question", SHOP.values(), ids=SHOP)
def test_spark_answers_of_a_catalogue_of_ones_own(question, shop, bookshop):
    with recstore.connect(bookshop / "shop.duckdb", exact=True) as connection:
        (isbn,) = connection.execute("SELECT min(isbn) FROM books").fetchall()[0]
        customer = (
            "SELECT customer FROM books_interactions WHERE customer IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"
        )
        (person,) = connection.execute(f"{customer} LIMIT 1").fetchall()[0]
        query = question.replace("@", f"'{isbn}'").replace("#", f"'{person}'")
        ours = rows(connection, query)
    assert ours
    same(ours, shop.rows(in_spark(arrays(query), "shop")))
