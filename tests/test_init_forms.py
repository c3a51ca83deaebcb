"""`recstore init` on the forms in which public data sets and exports come: in rows, in lists, nested, without names."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from made_up_shops import N_ITEMS, N_ROWS, at, blurb, built, events, guessed, items, title, user, word, write

import recstore


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Return what writes files of a shop into the current folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    return write


def lines(name, rows):
    """Write JSON lines."""
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_rows_that_are_there_again_as_they_are_are_merged(shop, tmp_path):
    rows = items(lambda i: f"b{i}", title, word)
    shop(
        books_csv=(["isbn", "title", "genre"], rows + rows[5:]),
        sales_csv=(["customer", "isbn", "sold_at"], events(user, lambda _n, i: f"b{i}", at)),
    )
    found, side, interactions = guessed("books.csv", "sales.csv")
    assert (side["items"], side["id"], side["title"], interactions["item"]) == ("books.csv", "isbn", "title", "isbn")
    assert f"# {N_ITEMS - 5} rows of books.csv are there again as they are: a build merges them." in found.text
    assert f"# isbn is another in each of the {N_ITEMS} rows." in found.text
    report = recstore.build(tmp_path / "x.duckdb", {found.name: found.items}, options=recstore.BuildOptions(tune=False))
    [file, _sales] = [file for load in report.loads.values() for file in load.files]
    assert (file.rows, file.passed, file.rejects) == (N_ITEMS, N_ITEMS - 5, 0)


def test_properties_that_lie_in_rows(shop, tmp_path):
    """As RetailRocket has them: the latest value of those whose names say something; numbers say nothing."""
    rows = []
    for i in range(N_ITEMS):
        rows += [[100 + day, i + 7, "categoryid", 500 + (i + day) % 4] for day in (2, 1)]
        rows += [
            [100, i + 7, "available", i % 5 and 1],
            [100, i + 7, "790", f"n{i}.000"],
            [100, i + 7, "888", blurb(i)],
        ]
    shop(
        events_csv=(["timestamp", "visitorid", "event", "itemid"],
                    events(lambda n, _i: 1433221332117 + n * 60000, lambda n, _i: n // 9,
                           lambda n, _i: ["view", "view", "addtocart", "transaction"][n % 4], lambda _n, i: i + 7)),
        properties_csv=(["timestamp", "itemid", "property", "value"], rows),
    )  # fmt: skip
    found, side, interactions = guessed("events.csv", "properties.csv")
    assert (side["id"], side["categories"]) == ("itemid", ["'category ' || categoryid"])
    assert side["available"] == "available = '1'"
    assert "Left out: 2 properties whose names say little (790, 888)" in found.text
    assert (interactions["user"], interactions["item"]) == ("visitorid", "itemid")
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]
    with duckdb.connect(str(tmp_path / "built.duckdb")) as con:
        latest = con.sql("SELECT itemid, categoryid FROM properties WHERE itemid < 10 ORDER BY itemid").fetchall()
    assert latest == [(7, "502"), (8, "503"), (9, "500")]


def test_properties_without_a_time_have_lists_of_their_values(shop):
    rows = [[f"p{i}", name, value] for i in range(N_ITEMS) for name, value in (
        ("name", title(i)), ("tag", word(i)), ("tag", word(i + 1)), ("tag", word(i + 2)))]  # fmt: skip
    shop(attributes_csv=(["sku", "attribute", "value"], rows))
    _found, side, _interactions = guessed("attributes.csv")
    assert (side["id"], side["categories"][-1]) == ("sku", "tag")
    assert 'list(DISTINCT "value" ORDER BY "value") FILTER (attribute = \'tag\') AS tag' in side["items"].replace(
        "DISTINCT value ORDER BY value", 'DISTINCT "value" ORDER BY "value"'
    )


def test_sessions_whose_events_are_nested(shop, tmp_path):
    """As Otto has them."""
    rows = events(lambda n, _i: n, lambda _n, i: i)
    lines("log.jsonl", [
        {"session": start // 4, "events": [
            {"aid": 1000 + i, "ts": 1661724000278 + n * 60000, "type": ("clicks", "carts", "orders")[n % 3]}
            for n, i in rows[start : start + 4]
        ]}
        for start in range(0, N_ROWS, 4)
    ])  # fmt: skip
    found, _side, interactions = guessed("log.jsonl")
    assert {key: interactions[key] for key in ("item", "at", "session", "event", "weights")} == {
        "item": "event_aid", "at": "event_ts", "session": "session", "event": "event_type",
        "weights": {"clicks": 0.1, "carts": 0.3, "orders": 1},
    }  # fmt: skip
    assert built(found, tmp_path)[-1] == (N_ROWS, 0)


def test_orders_with_their_lines_and_some_that_were_cancelled(shop, tmp_path):
    rows = events(lambda n, _i: n, lambda _n, i: i)
    lines(
        "products.jsonl",
        [{"sku": f"S{i}", "name": title(i), "variants": [{"id": 1, "size": "L"}]} for i in range(N_ITEMS)],
    )
    lines("orders.jsonl", [
        {"order_id": f"O{start}", "customer": {"id": start // 12}, "created_at": at(start, 0).isoformat(),
         "status": "cancelled" if start % 40 == 0 else "paid",
         "line_items": [{"sku": f"S{i}", "quantity": 1 + n % 2} for n, i in rows[start : start + 4]]}
        for start in range(0, N_ROWS, 4)
    ])  # fmt: skip
    found, side, interactions = guessed("products.jsonl", "orders.jsonl")
    assert (side["id"], side["title"]) == ("sku", "name")
    expected = {
        "user": "customer_id", "item": "line_item_sku", "at": "created_at", "session": "order_id", "event": "status",
        "weights": {"paid": 1, "cancelled": 0}, "value": "line_item_quantity", "verb": "bought",
    }  # fmt: skip
    assert {key: interactions[key] for key in expected} == expected
    assert "What was cancelled counts for nothing." in found.text
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]


def test_a_list_of_playlists_in_one_object(shop):
    rows = events(lambda n, _i: n, lambda _n, i: i)
    playlists = [
        {"name": word(start), "pid": start, "modified_at": 1500000000 + start, "num_tracks": 4,
         "tracks": [{"track_uri": f"spotify:track:{i}", "track_name": title(i)} for _n, i in rows[start : start + 4]]}
        for start in range(0, N_ROWS, 4)
    ]  # fmt: skip
    Path("slice.json").write_text(json.dumps({"info": {"version": "v1"}, "playlists": playlists}))
    _found, side, interactions = guessed("slice.json")
    assert (side["id"], side["title"]) == ("track_uri", "track_name")
    assert (interactions["session"], interactions["item"]) == ("playlist_pid", "track_uri")
    assert interactions["at"] == "playlist_modified_at"


def test_what_was_clicked_and_what_was_in_view_as_lists(shop, tmp_path):
    """As EB-NeRD has them; the article beside the lists is the page on which they stood."""
    with duckdb.connect() as con:
        con.execute(f"""
            COPY (SELECT 3000 + i AS article_id, 'On ' || i AS title FROM range({N_ITEMS}) t(i)) TO 'articles.parquet';
            COPY (
                SELECT n AS impression_id, CASE WHEN n % 3 = 0 THEN 3000 + n % 7 END AS article_id, n // 9 AS user_id,
                    TIMESTAMP '2023-01-01' + to_minutes(n) AS impression_time,
                    list_transform(range(5), lambda x: 3000 + (n + x) % {N_ITEMS}) AS article_ids_inview,
                    [3000 + n % {N_ITEMS}] AS article_ids_clicked
                FROM range({N_ROWS}) t(n)
            ) TO 'behaviors.parquet'
        """)
    found, _side, interactions = guessed("articles.parquet", "behaviors.parquet")
    assert (interactions["user"], interactions["item"]) == ("user_id", "item")
    assert "Each item of article_ids_clicked has a row of its own." in found.text
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]


def test_a_table_of_users_is_no_table_of_items(shop):
    """As Last.fm 360K has them: nothing is named, and of the users more is known than of the items."""
    shop(
        plays_tsv=(None, events(lambda n, _i: f"{n // 9:040x}", lambda _n, i: f"{i:08x}-0000", lambda _n, i: title(i),
                                lambda n, _i: n % 300 + 1)),
        profile_tsv=(None, [[f"{n:040x}", "fm"[n % 2], 20 + n % 30, "Germany"] for n in range(45)]),
    )  # fmt: skip
    found, side, interactions = guessed("plays.tsv", "profile.tsv")
    assert (interactions["user"], interactions["item"], side["title"]) == ("user", "item", "title")
    assert "Not used: profile.tsv." in found.text


def test_reviews_by_the_name_of_a_profile(shop):
    names = "brewery_name review_time review_overall review_profilename beer_style beer_name beer_beerid"
    shop(reviews_csv=(names.split(), events(
        lambda _n, i: word(i), lambda n, _i: 1300000000 + n, lambda n, _i: 1 + n % 5, user, lambda _n, i: word(i + 1),
        lambda _n, i: title(i), lambda _n, i: 47000 + i,
    )))  # fmt: skip
    _found, side, interactions = guessed("reviews.csv")
    assert (side["id"], side["title"]) == ("beer_beerid", "beer_name")
    assert {key: interactions[key] for key in ("user", "item", "at", "rating")} == {
        "user": "review_profilename", "item": "beer_beerid", "at": "review_time", "rating": "review_overall"
    }  # fmt: skip


def test_bookmarks_are_no_marks_and_ratings_may_be_written_as_text(shop, tmp_path):
    shop(
        bookmarks_csv=(["id", "title"], items(lambda i: i + 1, title)),
        tags_csv=(["id", "value"], [[n, word(n)] for n in range(6)]),
        tagged_csv=(
            ["userID", "bookmarkID", "tagID"],
            events(lambda n, _i: n // 9, lambda _n, i: i + 1, lambda n, _i: n % 6),
        ),
    )
    _found, side, interactions = guessed("bookmarks.csv", "tags.csv", "tagged.csv")
    assert (side["items"], interactions["item"]) == ("bookmarks.csv", "bookmarkID")
    assert "rating" not in interactions
    lines("rented.jsonl", [{"user_id": str(n // 9), "item_id": str(i), "rating": str(2 + n % 5 * 2), "rented for": "x"}
                           for n, i in events(lambda n, _i: n, lambda _n, i: i)])  # fmt: skip
    found, _side, interactions = guessed("rented.jsonl")
    assert interactions["rating"] == "TRY_CAST(rating AS DOUBLE)"
    assert built(found, tmp_path)[-1] == (N_ROWS, 0)


def test_stars_of_nobody_are_asked_about(shop):
    shop(
        ratings_csv=(
            ["user_id", "book_id", "rating"],
            events(user, lambda _n, i: i, lambda n, _i: (0, 3, 4, 5, 5)[n % 5]),
        )
    )
    found = recstore.init("ratings.csv")
    assert "does that mean that nothing was rated?" in " ".join(found.text.replace("#", " ").split())
