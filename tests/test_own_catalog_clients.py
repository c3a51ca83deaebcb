"""A catalogue of the user's own, where nothing knows it by name: in SQLAlchemy, and in the checks of its tables."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

import recstore
from recstore import Interactions, Items, find_query
from recstore.sqlalchemy import functions

FIXTURE = Path(__file__).parent / "fixtures" / "format-1.duckdb.gz"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    genres = ("sea", "war", "love")
    books = [f"b{n},Book {n} about {('dogs', 'cats')[n % 2]},{genres[n % 3]},{n / 2}" for n in range(30)]
    (folder / "books.csv").write_text("\n".join(["isbn,title,genre,price", *books, ""]))
    sales = [f"u{u},b{(u * 7 + day * (1 + u % 3)) % 30},2024-01-0{day}" for u in range(40) for day in range(1, 7)]
    (folder / "sales.csv").write_text("\n".join(["who,isbn,at", *sales, ""]))
    sold = Interactions(source=str(folder / "sales.csv"), user="who", item="isbn", at="at")
    books_declared = Items(
        source=str(folder / "books.csv"), id="isbn", title="title", text=("title",), categories=("genre",),
        interactions=sold,
    )  # fmt: skip
    recstore.build(folder / "shop.duckdb", {"books": books_declared})
    return folder / "shop.duckdb"


def test_its_functions_are_selectables_as_the_store_describes_them(shop):
    engine = sa.create_engine(f"recstore:///{shop}")
    books = functions("books", engine)
    dear = sa.column("price") > 5
    asked = {
        "similar_books('b3', k := 3, filter := price > 5)": books.similar("b3", k=3, filter=dear),
        "find_books('cats', k := 3)": books.find("cats", k=3),
        "books_about('cats', k := 3, filter := price > 5)": books.about("cats", k=3, filter=dear),
        "recommend_books('u3', k := 3)": books.recommend("u3", k=3),
        "recommend_books_for(['b1', 'b2'], k := 3)": books.recommend_for(["b1", "b2"], k=3),
    }
    with engine.connect() as con, recstore.connect(shop) as raw:
        for call, selectable in asked.items():
            expected = raw.execute(f"FROM {call}")
            assert selectable.c.keys() == [column for column, *_ in expected.description]
            assert con.execute(sa.select(selectable)).all() == expected.fetchall() != []
    engine.dispose()


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("DELETE FROM books_weights", "books weights"),
        ("UPDATE books_weights SET taste = 'nan' WHERE rowid = 3", "books weights"),
        ("DELETE FROM books_terms", "books terms"),
        ("UPDATE books_terms SET component = component[2:] WHERE rowid = 3", "books terms"),
    ],
)
def test_its_terms_and_weights_are_checked(shop, tmp_path, damage, check):
    store = tmp_path / "damaged.duckdb"
    store.write_bytes(shop.read_bytes())
    with duckdb.connect(str(store)) as con:
        unsound = 'SELECT "check" FROM store_health WHERE NOT is_sound'
        assert con.execute(unsound).fetchall() == []
        con.execute(damage)
        assert con.execute(unsound).fetchall() == [(check,)]


def health(store: Path) -> dict[str, str]:
    with recstore.connect(store) as con:
        return {what: value for _line, what, value in con.execute(find_query("health").text).fetchall()}


def test_the_health_of_a_store_follows_what_it_holds(shop, movie_store, tmp_path):
    found = health(shop)
    assert found["books"] == "30"
    assert found["books_interactions"] == "240"
    assert found["last of books_interactions"] == "2024-01-06 00:00:00"
    assert found["books without books_interactions"] == found["books without a vector in any space"] == "0"
    assert found["vectors in the space hybrid of books"] == "30"
    assert found["lines not loaded"] == "0"
    with recstore.connect(movie_store) as con:
        counted = "SELECT count(*) FILTER (n_ratings = 0), count(*) FROM movies"
        [(unrated, movies)] = con.execute(counted).fetchall()
    found = health(movie_store)
    assert (found["movies without ratings"], found["movies"]) == (str(unrated), str(movies))
    assert found["audio_clips without a vector in any space"] == "0"
    old = tmp_path / "old.duckdb"
    old.write_bytes(gzip.decompress(FIXTURE.read_bytes()))
    assert {"days since the build", "lines not loaded"} <= health(old).keys()


def test_an_evaluation_asks_with_the_constants_that_the_build_chose(bookshop, tmp_path):
    """Of one shop: what the store answers with differs by what was chosen, and plain EASE does not."""
    store = tmp_path / "shop.duckdb"
    store.write_bytes((bookshop / "shop.duckdb").read_bytes())

    def figures() -> dict[str, float]:
        found = recstore.evaluate(store).evaluations
        asked = {"protocol": "leave-one-out", "metric": "ndcg@10"}
        return {row.model: row.value for row in found if {"protocol": row.protocol, "metric": row.metric} == asked}

    chosen = figures()
    recstore.rebuild(store, tune=False, allow_loss=True)
    plain = figures()
    assert chosen["ease"] == plain["ease"]
    assert chosen["recommend"] != plain["recommend"]
