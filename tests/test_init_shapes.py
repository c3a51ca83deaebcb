"""`recstore init` on shapes that shops and newsrooms have: lists in a field, no names, nobody named, odd codes."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import Counter
from importlib import resources
from pathlib import Path

import duckdb
import pytest
from made_up_shops import N_ITEMS, N_ROWS, WORDS, at, blurb, built, events, guessed, items, title, user, word, write

import recstore


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Return what writes files of a shop into the current folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    return write


def test_news_and_what_was_clicked_of_what_was_shown(shop, tmp_path):
    """Without lines of names, as MIND has them: news, and behaviours that list earlier news and impressions."""

    def listed(number, _item):
        return " ".join(f"N{1000 + (number * 7 + one) % N_ITEMS}" for one in range(number % 9))

    def shown(number, item):
        return " ".join(f"N{1000 + one}-{int(one == item)}" for one in {item, *range(number % 7, number % 7 + 5)})

    shop(
        news_tsv=(None, items(
            lambda i: f"N{1000 + i}", lambda i: ("news", "sports")[i % 2], lambda i: ("us", "world", "soccer")[i % 3],
            title, lambda i: f"{blurb(i)} {blurb(i + 50)}" if i % 7 else "", lambda i: f"https://news.example/{i}.html",
            lambda _i: '[{"Label": "Thing"}]', lambda _i: "[]",
        )),
        behaviors_tsv=(None, events(
            lambda n, _i: n + 1, lambda n, i: user(n, i).upper(), lambda n, i: f"{at(n, i):%m/%d/%Y %I:%M:%S %p}",
            listed,
            shown,
        )),
    )  # fmt: skip
    found, side, interactions = guessed("news.tsv", "behaviors.tsv")
    assert (found.name, side["items"], side["header"]) == ("news", "news.tsv", False)
    assert side["columns"] == ["id", "category", "category_2", "title", "text", "url", "list", "category_3"]
    assert (side["id"], side["title"], side["text"]) == ("id", "title", ["title", "text"])
    assert side["categories"] == ["category", "category_2"]
    assert (interactions["user"], interactions["item"], interactions["at"]) == ("user", "item", "time")
    assert "list_2 has a row of its own: only what was clicked" in found.text
    assert "list lists items, too, and is not read." in found.text
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]
    with duckdb.connect(str(tmp_path / "built.duckdb")) as con:
        clicked = con.sql("SELECT item, count(*) FROM news_interactions GROUP BY ALL ORDER BY ALL").fetchall()
    drawn = Counter(item for [item] in events(lambda _n, i: f"N{1000 + i}"))
    assert clicked == sorted(drawn.items())


def test_baskets_in_one_field(shop, tmp_path):
    shop(
        products_csv=(["sku", "name"], items(lambda i: f"p-{i}", title)),
        carts_csv=(
            ["customer", "products"],
            events(user, lambda n, i: "|".join(f"p-{one % N_ITEMS}" for one in (i, n))),
        ),
    )
    found, _side, interactions = guessed("products.csv", "carts.csv")
    assert (interactions["user"], interactions["item"]) == ("customer", "item")
    assert built(found, tmp_path) == [(N_ITEMS, 0), (2 * N_ROWS, 0)]


def test_sales_of_branches_to_nobody_known(shop):
    shop(
        items_csv=(["item_nbr", "family"], items(lambda i: 100 + i, word)),
        stores_csv=(["store_nbr", "city"], [[n, word(n)] for n in range(90, 110)]),
        train_csv=(["id", "date", "store_nbr", "item_nbr", "unit_sales"], events(
            lambda n, _i: n, lambda n, i: at(n, i).date(), lambda n, _i: 90 + n % 20, lambda _n, i: 100 + i,
            lambda n, _i: (1, 2.5, 3)[n % 3],
        )),
    )  # fmt: skip
    found, side, interactions = guessed("items.csv", "stores.csv", "train.csv")
    assert (side["items"], side["id"]) == ("items.csv", "item_nbr")
    assert (interactions["user"], interactions["item"], interactions["at"]) == ("store_nbr", "item_nbr", "date")
    assert interactions["value"] == "unit_sales"
    assert "# ? Is store_nbr who had it? No column is named for a user." in found.text


def test_codes_of_what_is_no_item_are_asked_about_and_years_are_not(shop):
    codes = ["POST", "FEE"]
    shop(goods_csv=(["code", "name", "published"], [
        *([f"{i:05}A", title(i), 1980 + i % 40] for i in range(200)), *([one, one.title(), 2000] for one in codes),
    ]))  # fmt: skip
    found, side, _interactions = guessed("goods.csv")
    assert side["id"] == "code"
    assert "# ? Are FEE, POST to be recommended? Other ids have a number in them." in found.text
    assert "# available = \"code NOT IN ('FEE', 'POST')\"" in found.text
    assert "published" not in found.text


def test_files_of_a_folder_that_are_not_read_are_named(shop, tmp_path):
    shop(products_csv=(["sku", "name"], items(lambda i: f"p-{i}", title)))
    (tmp_path / "sales.dat").write_text("u1;p-1\n")
    (tmp_path / "README.md").write_text("Products.")
    found, _side, _interactions = guessed(".")
    assert "# Not read, since they look like no tables: sales.dat. Name them to have them." in found.text


def test_tables_without_a_telling_ending_are_read(shop, tmp_path):
    """A folder of .dat and .txt files alone; prose is none."""
    shop(artists_csv=(["id", "name"], items(lambda i: i + 1, title)),
         user_artists_csv=(["userID", "artistID", "weight"],
                           events(lambda n, _i: n // 9, lambda _n, i: i + 1, lambda n, _i: 1 + n % 7)))  # fmt: skip
    (tmp_path / "artists.csv").rename(tmp_path / "artists.dat")
    (tmp_path / "user_artists.csv").rename(tmp_path / "user_artists.txt")
    (tmp_path / "README.txt").write_text("Artists, and who heard them.\nThe rest is silence.\n")
    found, side, interactions = guessed(".")
    assert (side["items"], side["id"]) == ("./artists.dat", "id")
    assert (interactions["from"], interactions["value"]) == ("./user_artists.txt", "weight")
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]


def test_columns_called_as_names_of_our_statements(shop, tmp_path):
    """Nothing that is asked of a source reads another column of the source than the one that is meant."""
    folder = Path(str(resources.files("recstore.catalogs.declared.guessing.sql")))
    ours = {name for file in folder.glob("*.sql") for name in re.findall(r"\bAS ([a-z][a-z_]*)\b", file.read_text())}
    assert {"value", "text", "id", "moment", "n"} <= ours
    others = sorted(ours - {"item", "moment", "who", "session"})
    shop(
        books_csv=(["isbn", "name", *others],
                   [[f"b{i}", title(i)] + [f"x{i % 3}"] * len(others) for i in range(N_ITEMS)]),
        sales_csv=(["buyer", "isbn", "sold_at", *others],
                   [[*row, *[""] * len(others)] for row in events(user, lambda _n, i: f"b{i}", at)]),
    )  # fmt: skip
    found, side, interactions = guessed("books.csv", "sales.csv")
    assert (side["id"], side["title"]) == ("isbn", "name")
    assert {key: interactions[key] for key in ("user", "item", "at")} == {
        "user": "buyer", "item": "isbn", "at": "sold_at"
    }  # fmt: skip
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]


def test_ids_that_are_hashes_below_zero_and_items_that_come_twice(shop, tmp_path):
    """As a newsroom's log of what was shared and removed: neither its times nor its writers tell items apart."""
    hashed = [(-1) ** i * (4029704725707465084 + i * 7919**3) for i in range(N_ITEMS)]
    shared = items(
        lambda i: 1459193988 + i * 60, lambda _i: "SHARED", lambda i: hashed[i], lambda i: hashed[i % 3], title, blurb
    )
    shop(
        shared_csv=(["timestamp", "eventType", "contentId", "authorPersonId", "title", "text"],
                    [*shared, [1459200000, "REMOVED", *shared[3][2:]]]),
        log_csv=(["timestamp", "eventType", "contentId", "personId"],
                 events(lambda n, _i: 1459200000 + n * 60, lambda n, _i: ["VIEW", "LIKE", "COMMENT CREATED"][n % 3],
                        lambda _n, i: hashed[i], lambda n, _i: -hashed[n // 12 % 30])),
    )  # fmt: skip
    found, side, interactions = guessed("shared.csv", "log.csv")
    assert side["id"] == interactions["item"] == "contentId"
    assert interactions["user"] == "personId"
    assert interactions["weights"] == {"VIEW": 0.2, "LIKE": 1, "COMMENT CREATED": 1}
    assert "one row of each id stays" in found.text
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]


def test_who_is_behind_a_customer_of_one_order(shop, tmp_path):
    """A shop whose customers get a number for each order; and its categories are no titles."""
    rows = events(lambda n, _i: f"o{n // 3}", lambda _n, i: f"p{i}", lambda n, i: at(n, i) + dt.timedelta(days=5))
    orders = [[f"o{n}", f"c{n}", at(3 * n, 0), at(3 * n, 0) + dt.timedelta(days=9)] for n in range(134)]
    shop(
        products_csv=(["product_id", "product_category_name", "weight_g"],
                      [[f"p{i}", WORDS[i % 4], 100 + i] for i in range(60)]),
        items_csv=(["order_id", "product_id", "shipping_limit_date"], rows),
        orders_csv=(["order_id", "customer_id", "order_purchase_timestamp", "order_estimated_delivery_date"], orders),
        customers_csv=(["customer_id", "customer_unique_id", "city"],
                       [[f"c{n}", f"u{n // 4}", WORDS[n % 5]] for n in range(134)]),
    )  # fmt: skip
    found, side, interactions = guessed(".")
    assert (interactions["user"], interactions["session"]) == ("customer_unique_id", "order_id")
    assert interactions["at"] == "order_purchase_timestamp"
    assert "title" not in side
    assert side["categories"] == ["product_category_name"]
    assert "customer_unique_id of customers.csv is who it was." in found.text
    assert [load for load, _rejects in built(found, tmp_path)] == [60, N_ROWS]


def test_orders_that_are_counted_stand_for_times(shop, tmp_path):
    shop(
        products_csv=(["product_id", "product_name"], items(lambda i: i + 1, title)),
        order_products_csv=(["order_id", "product_id", "add_to_cart_order"],
                            events(lambda n, _i: n // 3 + 1, lambda _n, i: i + 1, lambda n, _i: n % 3 + 1)),
        orders_csv=(["order_id", "user_id", "order_number", "order_dow"],
                    [[i + 1, i // 5 + 1, i % 5 + 1, i % 7] for i in range(134)]),
    )  # fmt: skip
    found, _side, interactions = guessed(".")
    assert interactions["at"] == "TIMESTAMP '2000-01-01' + INTERVAL 1 DAY * CAST(order_number AS INTEGER)"
    assert "order_number counts what one user_id had" in found.text
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]


def test_what_counts_nothing_stands_for_no_time(shop):
    """Most customers come once, and each has one piece of everything: that numbers no orders."""
    shop(sales_csv=(["customer_id", "order_id", "product_id", "quantity"],
                    events(lambda n, _i: f"c{n // 3 if n > 12 else 0}", lambda n, _i: f"o{n // 3}",
                           lambda _n, i: f"p{i}", lambda _n, _i: 1)))  # fmt: skip
    found, _side, interactions = guessed("sales.csv")
    assert "at" not in interactions
    assert "# ? When was it?" in found.text


def test_a_file_that_duckdb_would_take_apart_otherwise(shop, tmp_path):
    """In a query that joins it the file is read as it is written: of semicolons, with commas in a field."""
    shop(
        kinds_csv=(["itemId", "categoryId"], items(lambda i: 81000 + i, lambda i: i % 5)),
        views_csv=(["sessionId", "itemId", "eventdate"],
                   events(lambda n, _i: n // 4, lambda _n, i: 81000 + i, lambda n, i: at(n, i).date())),
    )  # fmt: skip
    lines = [f"{81000 + i};{i % 7};{i * 37},{i % 4 * 11},{i * 91},{i % 6 * 5}" for i in range(N_ITEMS)]
    (tmp_path / "products.csv").write_text("\n".join(["itemId;price;product.name.tokens", *lines]) + "\n")
    found, side, _interactions = guessed(".")
    assert "delim = ';'" in side["items"]
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]


def test_plays_of_videos_and_lists_of_numbered_kinds(shop, tmp_path):
    shop(
        kinds_csv=(["video_id", "feat"], items(lambda i: i + 7, lambda i: f"[{i % 5}, {i % 3}]")),
        matrix_csv=(["user_id", "video_id", "play_duration", "timestamp"],
                    events(lambda n, _i: n // 9, lambda _n, i: i + 7, lambda n, _i: 1000 + n * 7 % 900, at)),
    )  # fmt: skip
    found, side, interactions = guessed("kinds.csv", "matrix.csv")
    assert side["categories"] == ["list_transform(string_split(trim(feat, '[]'), ','), lambda x: 'feat ' || trim(x))"]
    assert interactions["verb"] == "watched"
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]


def test_games_by_their_names_without_a_header(shop):
    shop(steam_csv=(None, events(lambda n, _i: 151603712 + n // 9, lambda _n, i: title(i).rstrip("0123456789 "),
                                 lambda n, _i: ["purchase", "play"][n % 2], lambda n, _i: n % 50 + 0.5)))  # fmt: skip
    _found, _side, interactions = guessed("steam.csv")
    assert interactions["columns"][:3] == ["user", "title", "event"]
    assert interactions["item"] == "title"


def test_a_newsroom_whose_clicks_are_nested(shop, tmp_path):
    def line(**values):
        return json.dumps(values) + "\n"

    articles = [
        line(
            article={"uuid": f"a-{i:03x}", "headline": title(i), "section": {"name": word(i % 5)}},
            authors=[{"name": word(i % 7), "mail": "x@news.example"}],
            tags=[word(i % 11), word(i % 3)],
        )
        for i in range(N_ITEMS)
    ]
    clicks = [
        line(
            event={"type": ("click", "share")[n % 2], "ts": int(at(n, i).timestamp() * 1000)},
            visitor={"id": f"v{user(n, i)}", "geo": {"country": "AT"}},
            content={"uuid": f"a-{i:03x}", "position": n % 9},
        )
        for n, i in events(lambda n, _i: n, lambda _n, i: i)
    ]
    (tmp_path / "articles.jsonl").write_text("".join(articles))
    (tmp_path / "clicks.jsonl").write_text("".join(clicks))
    found, side, interactions = guessed("articles.jsonl", "clicks.jsonl")
    assert (found.name, side["id"], side["title"]) == ("articles", "article_uuid", "article_headline")
    assert set(side["categories"]) == {"article_section_name", "authors", "tags"}
    assert (interactions["user"], interactions["item"]) == ("visitor_id", "content_uuid")
    assert (interactions["at"], interactions["event"]) == ("event_ts", "event_type")
    assert "# event, visitor, content: what is nested there has columns of its own here." in found.text
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]
    with duckdb.connect(str(tmp_path / "built.duckdb")) as con:
        [(authors, section)] = con.sql(
            "SELECT authors, article_section_name FROM articles WHERE article_uuid = 'a-003'"
        ).fetchall()
        assert (authors, section) == ([word(3)], word(3))


def test_a_grocer_who_writes_german(shop, tmp_path):
    shop(
        artikel_csv=(["ArtNr", "Bezeichnung", "Preis", "Aktiv"], items(
            lambda i: f"{i:05}", title, lambda i: f"{i % 7},{i % 90 + 10}", lambda i: "JN"[i % 4 == 0],
        )),
        bons_csv=(["BonNr", "Datum", "Uhrzeit", "KundenkarteNr", "ArtNr", "Menge"], events(
            lambda n, _i: n // 4, lambda n, i: f"{at(n // 4, i):%d.%m.%Y}", lambda n, i: f"{at(n // 4, i):%H:%M}",
            lambda n, _i: f"K{n // 4 % 40:05}" if n // 4 % 5 < 3 else "", lambda _n, i: f"{i:05}",
            lambda n, _i: ("1", "0,534", "2")[n % 3],
        )),
    )  # fmt: skip
    for name in ("artikel.csv", "bons.csv"):
        rows = list(csv.reader((tmp_path / name).read_text().splitlines()))
        with (tmp_path / name).open("w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file, delimiter=";").writerows(rows)
    _found, side, interactions = guessed("artikel.csv", "bons.csv")
    assert (side["id"], side["title"], side["available"]) == ("ArtNr", "Bezeichnung", "Aktiv = 'J'")
    assert (interactions["user"], interactions["session"]) == ("KundenkarteNr", "BonNr")
    assert (interactions["at"], interactions["value"]) == ("Datum + CAST(Uhrzeit AS TIME)", "Menge")


def test_a_library_in_german(shop):
    shop(
        medien_csv=(["Mediennummer", "Titel", "Verfasser", "Bestand"], items(
            lambda i: f"{100000 + i:08}", title, lambda i: f"{word(i % 9)}, {word(i % 5)}", lambda i: i % 4,
        )),
        ausleihen_csv=(["Lesernummer", "Mediennummer", "Ausleihdatum", "Rückgabedatum"], events(
            user, lambda _n, i: f"{100000 + i:08}", lambda n, i: f"{at(n, i):%d.%m.%Y}",
            lambda n, i: f"{at(n + 99, i):%d.%m.%Y}",
        )),
    )  # fmt: skip
    found, side, interactions = guessed("medien.csv", "ausleihen.csv")
    assert (side["id"], side["title"], side["categories"]) == ("Mediennummer", "Titel", ["Verfasser"])
    assert '# available = "Bestand > 0"' in found.text
    assert (interactions["user"], interactions["at"]) == ("Lesernummer", "Ausleihdatum")


def test_a_line_that_cannot_be_read_stops_no_query_of_its_file(tmp_path):
    """Where interactions name items that are not there, the file of the items is read by a query, too."""
    lines = [f"b{n},Book {n} of {('dogs', 'cats')[n % 2]}" for n in range(300)]
    (tmp_path / "books.csv").write_text("isbn,title\n" + "\n".join([*lines, "b300,Book, of an unquoted comma"]) + "\n")
    (tmp_path / "sales.csv").write_text(
        "who,isbn\n" + "".join(f"u{n % 7},b{n * 3 % 302}\n" for n in range(90)) + "u1,zz\n"
    )
    found = recstore.init(tmp_path / "books.csv", tmp_path / "sales.csv")
    assert "ignore_errors = true" in found.text
    options = recstore.BuildOptions(tune=False)
    report = recstore.build(tmp_path / "s.duckdb", {found.name: found.items}, options=options)
    assert (report.loads[found.name].rejects, report.rejects) == (1, 1)
