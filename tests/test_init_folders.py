"""`recstore init` on folders as they are downloaded: without endings that tell, names, or one encoding."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest
from made_up_shops import N_ITEMS, N_ROWS, at, blurb, built, events, guessed, items, title, user, word
from runner import ask

import recstore


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the current folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay(name, rows, mark, encoding="utf-8"):
    """Write rows with something between their fields."""
    Path(name).write_bytes("".join(mark.join(map(str, row)) + "\n" for row in rows).encode(encoding))


PAIRS = events(lambda n, _i: n // 9, lambda _n, i: i + 1)


def test_movielens_100k(folder, tmp_path):
    """Latin-1, no names, no endings, and a column of yes and no for each genre."""
    lay("u.data", [[u + 1, i, 1 + n % 5, 881250949 + n * 977] for n, (u, i) in enumerate(PAIRS)], "\t")
    lay("u.item", items(
        lambda i: i + 1, lambda i: f"{title(i)} é (1995)", lambda _i: "01-Jan-1995", lambda _i: "",
        lambda i: f"http://us.imdb.com/M/title-exact?{i}", *(lambda i, k=k: int(i % 6 == k) for k in range(6)),
    ), "|", "latin-1")  # fmt: skip
    lay("u.user", [[n + 1, 24, "M", "technician", "85711"] for n in range(45)], "|")
    lay("u.info", [["943 users"], ["1682 items"]], "")
    found, side, interactions = guessed(".")
    assert (side["items"], side["encoding"], side["id"], side["title"]) == ("./u.item", "latin-1", "id", "title")
    assert side["categories"][0].startswith("list_filter([CASE WHEN flag = 1 THEN 'flag' END, ")
    assert {key: interactions[key] for key in ("from", "user", "item", "rating", "at")} == {
        "from": "./u.data", "user": "user", "item": "item", "rating": "rating", "at": "time"
    }  # fmt: skip
    assert "Not read, since they look like no tables: u.info." in found.text
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]
    with duckdb.connect(str(tmp_path / "built.duckdb")) as con:
        kinds = con.sql(f"SELECT _rs_categories FROM {found.name} WHERE id = 3").fetchall()
    assert kinds == [(["flag_3"],)]


def test_two_colons_between_fields(folder, tmp_path):
    """As MovieLens 1M and MovieTweetings have them; a title may have one colon, and ids begin with 0."""
    lay("movies.dat", items(lambda i: f"{i + 8:07}", lambda i: f"{title(i)}: the film", word), "::")
    lay("ratings.dat", [[u, f"{i + 7:07}", 1 + n % 10, 1381620027 + n] for n, (u, i) in enumerate(PAIRS)], "::")
    found, side, interactions = guessed(".")
    assert (side["items"], side["columns"][:2], interactions["columns"]) == (
        "./movies.dat", ["id", "title"], ["user", "item", "rating", "time"],
    )  # fmt: skip
    assert built(found, tmp_path) == [(N_ITEMS, 0), (N_ROWS, 0)]
    with duckdb.connect(str(tmp_path / "built.duckdb")) as con:
        assert con.sql(f"SELECT title FROM {found.name} WHERE id = '0000008'").fetchall() == [
            (f"{title(0)}: the film",)
        ]


def test_lines_that_list_what_somebody_had(folder, tmp_path):
    """As LightGCN's sets have them: a user, then items; a part is kept for a test."""
    of_users: dict[int, list[int]] = {}
    for u, i in PAIRS:
        of_users.setdefault(u, []).append(i)
    rows = [[u, *had[: 3 + u % 5]] for u, had in of_users.items()]
    lay("train.txt", rows, " ")
    lay("test.txt", [[u, had[-1]] for u, had in of_users.items()], " ")
    found, _side, interactions = guessed(".")
    assert (interactions["user"], interactions["item"]) == ("user", "item")
    assert "seem to be kept for a test of the others: test.txt" in found.text
    assert built(found, tmp_path)[-1] == (sum(len(row) - 1 for row in rows), 0)


def test_lines_that_say_first_how_many_follow_and_baskets_of_words(folder, tmp_path):
    lists = [[i % N_ITEMS for i in range(n, n + 2 + n % 6)] for n in range(60)]
    lay("users.dat", [[len(one), *one] for one in lists], " ")
    found, _side, interactions = guessed("users.dat")
    assert (interactions["session"], interactions["item"]) == ("session", "item")
    assert "the first says how many follow" in found.text
    assert built(found, tmp_path)[-1] == (sum(map(len, lists)), 0)
    lay("baskets.csv", [[title(i) for i in one] for one in lists], ",")
    _found, _side, interactions = guessed("baskets.csv")
    assert (interactions["session"], interactions["item"]) == ("session", "item")


def test_a_matrix_of_ratings(folder, tmp_path):
    """A column for each item, and as Jester has it: 99 is no rating, and the first column counts them."""
    cells = {(n % 30, i): 1 + n % 5 for n, (_u, i) in enumerate(PAIRS)}
    numbers = range(1, N_ITEMS + 1)
    rows = [[f"u{u}", *(cells.get((u, i), "") for i in numbers)] for u in range(30)]
    lay("matrix.csv", [["user_id", *map(title, numbers)], *rows], ",")
    found, _side, interactions = guessed("matrix.csv")
    assert {key: interactions[key] for key in ("user", "item", "rating")} == {
        "user": "user", "item": "item", "rating": "rating"
    }  # fmt: skip
    assert built(found, tmp_path)[-1] == (len(cells), 0)
    jokes = [[len(title(u)), *(cells.get((u, i), 98.75) + 0.25 for i in numbers)] for u in range(30)]
    lay("jester.csv", jokes, ",")
    found = recstore.init("jester.csv")
    assert "99 is far from all other numbers: it is taken for no rating." in found.text
    assert built(found, tmp_path)[-1] == (len(cells), 0)


@pytest.mark.parametrize(
    ("encoding", "header", "value"),
    [
        ("cp932", ("商品コード", "商品名", "カテゴリ"), "の本"),
        ("gb18030", ("商品编号", "商品名称", "类别"), "的书"),
        ("euc-kr", ("상품코드", "상품명", "분류"), "책입니다"),
        ("cp1251", ("код", "название", "раздел"), " книга"),
        ("latin-1", ("código", "descripción", "categoría"), " añejo"),
    ],
)
def test_texts_in_other_encodings(folder, tmp_path, encoding, header, value):
    lay("goods.csv", [header, *items(lambda i: f"{i:05}", lambda i: title(i) + value, word)], ",", encoding)
    found, side, _interactions = guessed("goods.csv")
    assert (side["encoding"], side["id"], side["title"]) == (encoding, header[0], header[1])
    assert built(found, tmp_path) == [(N_ITEMS, 0)]
    with duckdb.connect(str(tmp_path / "built.duckdb")) as con:
        assert con.sql(f'SELECT "{header[1]}" FROM {found.name} LIMIT 1').fetchall() == [(title(0) + value,)]


def test_japanese_names_of_columns(folder):
    lay("items.csv", [("商品コード", "商品名", "カテゴリ"), *items(lambda i: f"{i:08}", title, word)], ",")
    sales = events(user, lambda _n, i: f"{i:08}", lambda n, i: f"{at(n, i):%Y/%m/%d %H:%M}", lambda n, _i: 1 + n % 3)
    lay("log.csv", [("顧客ID", "商品コード", "購入日時", "数量"), *sales], ",")
    _found, side, interactions = guessed("items.csv", "log.csv")
    assert (side["id"], side["title"], side["categories"]) == ("商品コード", "商品名", ['"カテゴリ"'])
    assert {key: interactions[key] for key in ("user", "item", "at", "value")} == {
        "user": "顧客ID", "item": "商品コード", "at": "購入日時", "value": "数量"
    }  # fmt: skip


def test_check_ins_with_zones_and_counts_that_are_no_ratings(folder, tmp_path):
    """As Foursquare's and the Million Song's sets are."""
    lay("checkins.txt", events(
        user, lambda _n, i: f"{i:024x}", lambda _n, i: f"Café {word(i)}", lambda _n, _i: -240,
        lambda n, i: f"{at(n, i):%a %b %d %H:%M:%S} +0200 2012",
    ), "\t", "latin-1")  # fmt: skip
    found, _side, interactions = guessed("checkins.txt")
    assert (interactions["user"], interactions["item"], interactions["at"]) == ("user", "item", "time")
    assert built(found, tmp_path)[-1] == (N_ROWS, 0)
    with duckdb.connect(str(tmp_path / "built.duckdb")) as con:
        [(first,)] = con.sql(f'SELECT min("time") FROM {found.name}_interactions').fetchall()
    assert (first.hour, first.year) == (at(0, 0).hour - 2, 2012)
    lay(
        "triplets.txt",
        [[f"{n // 9:x}{'0' * 39}", f"SO{i:05}", 1 + (n % 7) ** 2 * (n % 3 == 0)] for n, (_u, i) in enumerate(PAIRS)],
        "\t",
    )
    _found, _side, interactions = guessed("triplets.txt")
    assert interactions["value"] == "count"


def test_names_of_columns_with_their_types(folder):
    """As RecBole writes them."""
    lay("shop.inter", [("user_id:token", "item_id:token", "rating:float", "timestamp:float"), *(
        [u, i, n % 5 + 1, 881250949 + n] for n, (u, i) in enumerate(PAIRS))], "\t")  # fmt: skip
    lay("shop.item", [("item_id:token", "movie_title:token_seq", "class:token_seq"),
                      *items(lambda i: i + 1, title, word)], "\t")  # fmt: skip
    _found, side, interactions = guessed(".")
    assert (side["id"], side["title"]) == ("item_id:token", "movie_title:token_seq")
    assert {key: interactions[key] for key in ("user", "item", "rating", "at")} == {
        "user": "user_id:token", "item": "item_id:token", "rating": "rating:float", "at": "timestamp:float"
    }  # fmt: skip


def test_a_file_that_cannot_be_read_costs_no_other(folder):
    """As Amazon's first sets have it: dictionaries as Python prints them."""
    lay("sales.csv", [("customer", "asin", "sold_at"), *events(user, lambda _n, i: f"B{i:05}", at)], ",")
    Path("meta.json").write_text("".join(f"{{'asin': 'B{i:05}', 'title': 'It\\'s {i}'}}\n" for i in range(N_ITEMS)))
    found, _side, interactions = guessed(".")
    assert interactions["item"] == "asin"
    said = " ".join(found.text.replace("\n# ", " ").split())
    assert "Not read: meta.json holds no JSON object" in said
    assert "json.dumps(ast.literal_eval(line))" in said
    assert any("meta.json" in line for line in found.seen)
    with pytest.raises(recstore.SourceError, match="as Python prints dictionaries"):
        recstore.init("meta.json")


def test_a_folder_of_a_database_says_how_to_name_it(folder):
    sqlite3.connect("shop.db").execute("CREATE TABLE books (isbn TEXT, title TEXT)")
    code, _out, said = ask("init", ".")
    assert code != 0
    assert "recstore init --database shop.db TABLE TABLE" in said
    code, _out, said = ask("init", "--database", "shop.db")
    assert code == 2
    assert (
        "Name the tables of items and of interactions, and others that belong to them. The database has: books." in said
    )
    assert "Name the files" in ask("init")[2]
    with duckdb.connect("shop.duckdb") as con:
        con.execute("CREATE TABLE sales (isbn VARCHAR); CREATE VIEW latest AS FROM sales")
    assert "The database has: latest, sales." in ask("init", "--database", "shop.duckdb")[2]


def test_lines_that_a_build_will_reject_are_counted(folder):
    rows = items(lambda i: i, lambda i: title(i) + (", the film" if i % 8 == 7 else ""), blurb)
    lay("films.csv", [("id", "title", "plot"), *rows], ",")
    assert "5 lines of films.csv cannot be read" in recstore.init("films.csv").text


def test_an_encoding_that_nobody_knows(folder):
    with pytest.raises(recstore.OptionError, match="another of Python's"):
        recstore.Dialect(encoding="klingon")
