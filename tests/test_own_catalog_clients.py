"""A catalogue of the user's own, where nothing knows it by name: in SQLAlchemy, and in the checks of its tables."""

from __future__ import annotations

import duckdb
import pytest
import sqlalchemy as sa

import recstore
from recstore.catalogs.declared.declaration import Interactions, Items
from recstore.sqlalchemy import functions


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
