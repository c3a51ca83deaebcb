"""`recstore init`: what is guessed of files and tables with ordinary column names, and that it builds as it is."""

from __future__ import annotations

import json
import random
from pathlib import Path

import duckdb
import pytest
from conftest import data
from hypothesis import given
from hypothesis import strategies as st
from made_up_shops import N_ITEMS, N_ROWS, WORDS, at, blurb, built, events, guessed, items, title, user, word, write
from repeated import repeated
from runner import ask

import recstore
from recstore.catalogs.declared.guessing.words import meanings, words_of

GOLDEN = Path(__file__).parent / "golden" / "init"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Return what writes files of a shop into the current folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    return write


def test_a_bookshop_is_right_without_an_edit(shop, tmp_path):
    shop(
        books_csv=(
            ["isbn", "title", "blurb", "genre", "author", "work_id", "withdrawn", "pages", "cover_url"],
            items(lambda i: f"978000{i:07}", title, blurb, word, lambda i: f"A{i % 9}", lambda i: i // 2,
                  lambda i: str(i % 9 == 0).lower(), lambda i: 100 + i, lambda i: f"https://x.y/{i}.png"),
        ),
        sales_csv=(
            ["customer", "isbn", "sold_at", "basket", "quantity", "kind"],
            events(user, lambda _n, i: f"978000{i:07}", at, lambda n, _i: n // 3, lambda n, _i: 1 + n % 2,
                   lambda n, _i: "return" if n % 20 == 0 else "purchase"),
        ),
    )  # fmt: skip
    found, side, interactions = guessed("books.csv", "sales.csv")
    del side["interactions"]
    assert (found.name, side) == (
        "books",
        {
            "items": "books.csv", "id": "isbn", "title": "title", "text": ["title", "blurb"],
            "categories": ["genre", "author"], "available": "NOT withdrawn", "group": "work_id",
        },
    )  # fmt: skip
    assert interactions == {
        "from": "sales.csv", "user": "customer", "item": "isbn", "at": "sold_at", "session": "basket", "event": "kind",
        "value": "quantity", "weights": {"purchase": 1, "return": -1}, "verb": "bought",
    }  # fmt: skip
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]
    [sales] = [line for line in found.seen if "sales" in line]
    assert "400 rows, 30 users by customer" in sales
    assert "100.0% of the rows point at known items; from 2023-01-01 to 2023-01-11" in sales


def test_reviews_as_amazon_gives_them(shop):
    shop(
        meta_csv=(
            ["asin", "title", "price", "brand", "categories", "imUrl", "description"],
            items(lambda i: f"B00{i * 977:07}", title, lambda i: i + 0.99, word, lambda i: f"['Books', '{word(i)}']",
                  lambda i: f"http://x/{i}.jpg", blurb),
        ),
        reviews_csv=(
            ["reviewerID", "asin", "reviewerName", "helpful", "reviewText", "overall", "summary", "unixReviewTime"],
            events(lambda n, _i: f"A{n % 50:05}X", lambda _n, i: f"B00{i * 977:07}", lambda n, _i: "Jo X",
                   lambda n, _i: "[0, 1]", lambda n, _i: blurb(n), lambda n, _i: 1.0 + n % 5, lambda n, _i: title(n),
                   lambda n, _i: 1300000000 + n * 9999),
        ),
    )  # fmt: skip
    _found, side, interactions = guessed("meta.csv", "reviews.csv", name="shop")
    assert (side["id"], side["title"], side["text"]) == ("asin", "title", ["title", "description"])
    assert interactions["user"] == "reviewerID"
    assert (interactions["rating"], interactions["at"]) == ("overall", "unixReviewTime")
    assert "value" not in interactions


def test_movielens(shop, tmp_path):
    shop(
        movies_csv=(
            ["movieId", "title", "genres"],
            items(lambda i: i + 1, lambda i: f"{title(i)} (1999)",
                  lambda i: "|".join(sorted({word(i), word(i * 7 + 1)}))),
        ),
        ratings_csv=(
            ["userId", "movieId", "rating", "timestamp"],
            events(lambda n, _i: 1 + n % 30, lambda _n, i: i + 1, lambda n, _i: (1 + n % 10) / 2,
                   lambda n, _i: 964980000 + n * 97),
        ),
        links_csv=(["movieId", "imdbId"], items(lambda i: i + 1, lambda i: f"{i * 971:07}")),
    )  # fmt: skip
    found, side, interactions = guessed(".")
    # There is a catalogue of that name already.
    assert (found.name, side["id"], side["title"]) == ("my_movies", "movieId", "title")
    assert side["categories"] == ["string_split(genres, '|')"]
    assert interactions == {
        "from": "./ratings.csv", "user": "userId", "item": "movieId", "at": "timestamp", "rating": "rating",
        "verb": "rated",
    }  # fmt: skip
    assert "Not used: links.csv" in found.text
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]


def test_one_file_describes_items_in_its_interactions(shop, tmp_path):
    shop(plays_tsv=(
        ["userid", "timestamp", "artid", "artname"],
        events(user, at, lambda _n, i: f"a-{i * 97:05}", lambda n, i: title(i) if n % 25 else "misspelt"),
    ))  # fmt: skip
    found, side, interactions = guessed("plays.tsv")
    assert found.name == "artists"
    assert "mode(artname ORDER BY artname)" in side["items"]
    assert (side["id"], side["title"], interactions["item"]) == ("artid", "artname", "artid")
    assert interactions["verb"] == "listened to"
    rows, _interactions = built(found, tmp_path)
    with recstore.connect(tmp_path / "built.duckdb") as connection:
        names = connection.execute("SELECT count(*) FILTER (artname = 'misspelt'), count(*) FROM artists").fetchall()
    assert names[0][0] < rows[0] == names[0][1]


def test_tables_of_a_shop_are_joined(shop, tmp_path):
    shop(
        products_csv=(["id", "name", "description", "brand_id", "stock"],
                      items(lambda i: i + 1, title, blurb, lambda i: i % 5 + 1, lambda i: i % 4)),
        brands_csv=(["id", "name"], [[i + 1, WORDS[i]] for i in range(5)]),
        orders_csv=(["id", "customer_id", "created_at"], [[i + 1, i % 20 + 1, at(i, 0)] for i in range(134)]),
        order_items_csv=(["id", "order_id", "product_id", "quantity"],
                         events(lambda n, _i: n + 1, lambda n, _i: n // 3 + 1, lambda _n, i: i + 1,
                                lambda n, _i: 1 + n % 2)),
        customers_csv=(["id", "name", "email"], [[i + 1, title(i), f"a{i}@b.c"] for i in range(20)]),
    )  # fmt: skip
    found, side, interactions = guessed("products.csv", "brands.csv", "orders.csv", "order_items.csv", "customers.csv")
    assert (side["id"], side["title"], side["categories"]) == ("id", "name", ["brand"])
    assert {key: interactions[key] for key in ("user", "item", "at", "session", "value")} == {
        "user": "customer_id", "item": "product_id", "at": "created_at", "session": "order_id", "value": "quantity",
    }  # fmt: skip
    assert '# available = "stock > 0"' in found.text
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]
    with recstore.connect(tmp_path / "built.duckdb") as connection:
        counts = connection.execute("SELECT count(DISTINCT customer_id), count(created_at) FROM products_interactions")
        assert counts.fetchall() == [(20, N_ROWS)]


def test_orders_without_times_are_asked_about(shop):
    shop(
        products_csv=(["product_id", "product_name", "aisle_id"], items(lambda i: i + 1, title, lambda i: i % 5 + 1)),
        order_products_csv=(["order_id", "product_id", "add_to_cart_order"],
                            events(lambda n, _i: n // 3 + 1, lambda _n, i: i + 1, lambda n, _i: n % 3 + 1)),
        orders_csv=(["order_id", "user_id", "order_dow"], [[i + 1, i // 5 + 1, i % 7] for i in range(134)]),
    )  # fmt: skip
    found, side, interactions = guessed(".")
    assert side["categories"] == ["'aisle ' || aisle_id"]
    assert (interactions["user"], interactions["session"]) == ("user_id", "order_id")
    assert "at" not in interactions
    assert "# ? When was it?" in found.text


def test_kinds_of_events_and_headerless_files(shop):
    kinds = ["pv", "pv", "pv", "cart", "buy"]
    shop(UserBehavior_csv=(None, events(lambda n, _i: 100 + n % 30, lambda _n, i: 2268318 + i * 31,
                                        lambda n, _i: kinds[n % 5], lambda n, _i: 1511544070 + n * 77)))  # fmt: skip
    found, side, interactions = guessed("UserBehavior.csv")
    assert side.keys() == {"interactions"}
    assert interactions["columns"] == ["user", "item", "event", "time"]
    assert interactions["weights"] == {"pv": 0.1, "cart": 0.3, "buy": 1}
    assert "are guesses" in found.text


def test_days_that_are_counted(shop):
    shop(transactions_csv=(["household_key", "BASKET_ID", "DAY", "PRODUCT_ID", "QUANTITY", "WEEK_NO"],
                           events(lambda n, _i: n // 4 % 30, lambda n, _i: n // 4, lambda n, _i: 1 + n,
                                  lambda _n, i: 9000 + i, lambda n, _i: 1 + n % 3,
                                  lambda n, _i: 1 + n // 7)))  # fmt: skip
    _found, _side, interactions = guessed("transactions.csv")
    assert interactions["at"] == "TIMESTAMP '2000-01-01' + INTERVAL 1 DAY * CAST(DAY AS INTEGER)"
    assert (interactions["user"], interactions["item"]) == ("household_key", "PRODUCT_ID")


def test_an_unknown_kind_of_event_is_a_question(shop):
    shop(log_csv=(["user", "item", "action", "at"],
                  events(user, lambda _n, i: f"p{i}", lambda n, _i: ["view", "frobnicate"][n % 2], at)))  # fmt: skip
    found, _side, interactions = guessed("log.csv")
    assert interactions["weights"] == {"frobnicate": 1, "view": 0.1}
    assert "# ? What do frobnicate count?" in found.text


def test_ids_that_are_written_in_two_ways(shop, tmp_path):
    shop(
        items_csv=(["item_id", "name"], items(lambda i: f"{i:08}", title)),
        log_csv=(["user", "item_id", "time"], events(user, lambda _n, i: i, at)),
    )
    found, side, _interactions = guessed("items.csv", "log.csv")
    assert side["id"] == "TRY_CAST(item_id AS BIGINT)"
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]


def test_what_a_build_would_reject_is_left_out_and_said(shop, tmp_path):
    shop(
        items_csv=(["sku", "name"], [row for row in items(lambda i: f"s{i}", title) if row[0] not in ("s1", "s3")]),
        log_csv=(
            ["user", "sku", "time"],
            events(lambda n, i: "" if n % 50 == 7 else user(n, i), lambda _n, i: f"s{i}", at),
        ),
    )
    found, _side, interactions = guessed("items.csv", "log.csv")
    assert "rows name items that are not in items.csv" in found.text
    assert "rows have no user" in found.text
    rows = built(found, tmp_path)[1]
    assert rows[1] == 0
    assert 0.5 * N_ROWS < rows[0] < N_ROWS
    assert interactions["from"].startswith("SELECT *")


def test_columns_that_functions_return_get_another_name(shop, tmp_path):
    shop(
        games_csv=(
            ["rank", "appid", "name", "score"],
            items(lambda i: i + 1, lambda i: 400 + i * 10, title, lambda i: i % 10),
        )
    )
    found, side, _interactions = guessed("games.csv")
    assert side["id"] == "appid"
    assert 'RENAME ("rank" AS item_rank, "score" AS item_score)' in side["items"]
    assert built(found, tmp_path) == [(N_ITEMS, 0)]


def test_vectors_lists_and_dates_of_the_end(shop, tmp_path):
    shop(products_csv=(
        ["sku", "name", "cover_embedding", "tags", "discontinued_at"],
        items(lambda i: f"S{i}", title, lambda i: json.dumps([0.5, i / 10 + 0.1, -0.25]),
              lambda i: f"['{word(i)}', '{word(i + 1)}']", lambda i: "" if i % 9 else "2023-01-01"),
    ))  # fmt: skip
    found, side, _interactions = guessed("products.csv")
    assert side["vectors"] == {"cover": "CAST(cover_embedding AS DOUBLE[])"}
    assert side["available"] == "discontinued_at IS NULL"
    built(found, tmp_path)
    with recstore.connect(tmp_path / "built.duckdb") as connection:
        assert connection.execute("SELECT list_sort(_rs_categories) FROM products WHERE sku = 'S1'").fetchall() == [
            (["blue", "green"],)
        ]
        spaces = connection.execute("SELECT DISTINCT space FROM products_vectors ORDER BY space").fetchall()
    assert spaces == [("content",), ("cover",)]


def test_mostly_nobody_is_named(shop):
    shop(orders_csv=(["order_id", "customer_id", "product", "date"],
                     events(lambda n, _i: n // 4, lambda n, _i: "" if n % 10 else n % 7, lambda _n, i: f"P{i}",
                            at)))  # fmt: skip
    found, _side, interactions = guessed("orders.csv")
    assert (interactions["user"], interactions["session"]) == ("customer_id", "order_id")
    assert "90% of the rows have no customer_id: there order_id stands in" in found.text


def test_ratings_that_stand_for_none(shop):
    rate = {"-1": lambda n, _i: -1 if n % 4 == 0 else 6 + n % 4, "0": lambda n, _i: n % 6}
    for none, rating in rate.items():
        shop(ratings_csv=(["user_id", "book_id", "rating"], events(user, lambda _n, i: i, rating)))
        found, _side, interactions = guessed("ratings.csv")
        assert "rating" not in interactions
        assert f"# ? rating is {none} in" in found.text


def test_tables_of_a_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with duckdb.connect("shop.duckdb") as connection:
        connection.execute(
            "CREATE TABLE books AS SELECT i AS id, 'The Book ' || i AS title, ['a', 'b'][1 + i % 2] AS genre "
            "FROM range(40) t(i);"
            "CREATE TABLE sales AS SELECT i % 9 AS customer_id, (i * 7 + i // 40) % 40 AS book_id, "
            "TIMESTAMP '2024-01-01' + INTERVAL 1 HOUR * i AS sold_at FROM range(400) t(i)"
        )
    found, side, interactions = guessed("books", "sales", database="shop.duckdb")
    assert (side["items"], side["database"], side["id"]) == ("books", "shop.duckdb", "id")
    assert (interactions["from"], interactions["database"], interactions["item"]) == ("sales", "shop.duckdb", "book_id")
    assert built(found, tmp_path) == [(40, 0), (400, 0)]


SPELLINGS = {
    "user": ["user", "user_id", "userId", "UserID", "customer", "Customer ID", "customer_no", "kunde", "Kundennummer",
             "id_cliente", "usuario", "client_id", "visitorid", "member_number", "account_id", "reviewerID"],
    "item": ["item", "item_id", "itemId", "product", "Product ID", "productCode", "sku", "asin", "isbn", "ean",
             "article_id", "Artikelnummer", "codigo_producto", "libro", "produkt_id", "track_id", "movieId"],
    "at": ["timestamp", "created_at", "sold_at", "date", "Order Date", "event_time", "t_dat", "datum", "fecha_compra",
           "InvoiceDate", "played_at", "time", "when", "ts"],
    "rating": ["rating", "stars", "score", "overall", "Book-Rating", "user_rating", "bewertung", "puntuacion"],
}  # fmt: skip


@given(st.data())
def test_spellings_of_names(drawn):
    """Each of these names a role, in whatever case it is written and however its words are set apart."""
    role = drawn.draw(st.sampled_from(sorted(SPELLINGS)))
    name = drawn.draw(st.sampled_from(SPELLINGS[role]))
    words = words_of(name)
    write = drawn.draw(st.sampled_from(["_".join, " ".join, "-".join, lambda parts: "".join(map(str.title, parts))]))
    other = write(words) if len(words) > 1 else drawn.draw(st.sampled_from([name.upper(), name.lower(), name.title()]))
    assert meanings(name)[role] >= 0.6
    assert role in meanings(other), other


@pytest.mark.parametrize("number", range(4))
def test_a_log_in_any_spelling(shop, number):
    draw = random.Random(number)
    names = {role: draw.choice(spellings) for role, spellings in SPELLINGS.items()}
    order = draw.sample(sorted(names), len(names))
    values = {"user": user, "item": lambda _n, i: f"p-{i}", "at": at, "rating": lambda n, _i: 1 + n % 5}
    shop(log_csv=([names[role] for role in order], events(*(values[role] for role in order))))
    _found, _side, interactions = guessed("log.csv")
    assert {role: interactions[role] for role in names} == names


def test_latin_1_and_a_header_that_is_too_short(shop, tmp_path):
    lines = [
        "nombre,categoria",
        *(f"P{i},Café {title(i)},{word(i)},añejo {blurb(i)} {blurb(i)}" for i in range(N_ITEMS)),
    ]
    (tmp_path / "productos.csv").write_bytes("\n".join(lines).encode("latin-1"))
    found, side, _interactions = guessed("productos.csv")
    assert (side["encoding"], side["columns"]) == ("latin-1", ["id", "nombre", "categoria", "description"])
    assert (side["id"], side["title"], side["categories"]) == ("id", "nombre", ["categoria"])
    assert built(found, tmp_path) == [(N_ITEMS, 0)]


OWN = {
    "online_retail": ["online_retail.parquet"],
    "epub": ["info.csv", "epub.dat", "epub.time"],
    "goodbooks": ["books.csv"],
}


@pytest.mark.parametrize("name", repeated(OWN, "goodbooks"))
def test_real_data(name, monkeypatch):
    """What is guessed of them is kept: a file that is missing is written anew, so delete it, run this, and read it."""
    monkeypatch.chdir(data(f"own/{name}"))
    found = recstore.init(*OWN[name])
    kept = GOLDEN / f"{name}.toml"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(found.text)
    assert found.text == kept.read_text()


def test_the_command_writes_and_never_overwrites(shop, tmp_path):
    shop(books_csv=(["isbn", "title"], items(lambda i: f"97800{i}", title)))

    def run(*arguments):
        return ask("init", *arguments)

    code, out, err = run("books.csv")
    assert (code, out) == (0, "")
    assert "books.csv: 40 items by isbn, in 40 rows of 2 columns." in err
    text = Path("recstore.toml").read_text()
    assert text == recstore.init("books.csv").text
    assert run("books.csv")[0] == 2
    assert "recstore.toml is there already" in run("books.csv")[2]
    Path("recstore.toml").write_text("# mine")
    assert run("books.csv", "--force")[0] == 0
    assert Path("recstore.toml").read_text() == text
    assert run("books.csv", "-o", "-", "--name", "shelf")[1].splitlines()[1] == "[shelf]"
    assert run(".", "-o", "all.toml")[0] == 0
    Path("sub").mkdir()
    assert run("books.csv", "-o", "sub/recstore.toml")[0] == 0
    assert recstore.read_config(Path("sub/recstore.toml"))["books"].source == "../books.csv"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no file 'books.csv'"),
        (b"", "books.csv is empty"),
        (b"a,b\n", "books.csv has no rows"),
        (b"PK\x03\x04....", "is a zip archive (an Excel file is one, too)"),
        (b"word,colour\nx,red\ny,red\n" * 20, "has no column that tells its items apart"),
    ],
)
def test_bad_input(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("books.csv").write_bytes(content)
    with pytest.raises(recstore.RecstoreError) as caught:
        recstore.init("books.csv")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("sources", "name", "message"),
    [((), None, "Name the files"), (("a.csv",), "Books", "cannot be the name"),
     (("a.csv",), "movies", "has it already"),
     (("a.csv",), "select", "has it already"), (("a.csv", "a.csv"), None, "named twice")],
)  # fmt: skip
def test_bad_calls(sources, name, message):
    with pytest.raises(recstore.OptionError, match=message):
        recstore.init(*sources, name=name)
