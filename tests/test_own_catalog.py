"""A catalogue of the user's own: what is loaded, what it answers and in which clients, and how it is kept up."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import shells
import shops
from runner import run

import recstore
from recstore import Interactions, Items


@pytest.fixture(scope="module")
def con(bookshop):
    with recstore.connect(bookshop / "shop.duckdb") as connection:
        yield connection


@pytest.fixture
def shop(bookshop, tmp_path) -> Path:
    """A copy of the shop's folder, to be written to."""
    return Path(shutil.copytree(bookshop, tmp_path / "shop"))


def test_all_that_the_files_hold_is_there(con, bookshop):
    books, sales = (f"read_csv('{bookshop / name}', all_varchar = true)" for name in ("books.csv", "sales.csv"))
    assert (
        con.sql(f"SELECT isbn, title, genre FROM books EXCEPT SELECT isbn, title, genre FROM {books}").fetchall() == []
    )
    [(n, zeros)] = con.sql("SELECT count(*), count(*) FILTER (isbn LIKE '0%') FROM books").fetchall()
    assert (n, zeros) == con.sql(f"SELECT count(*), count(*) FROM {books}").fetchall()[0]
    held = "SELECT customer, basket, isbn, CAST(sold_at AS VARCHAR), kind, CAST(quantity AS INTEGER) FROM"
    given = "SELECT customer, CAST(basket AS BIGINT), isbn, sold_at, kind, CAST(quantity AS INTEGER) FROM"
    assert con.sql(f"({held} books_interactions) EXCEPT ALL ({given} {sales})").fetchall() == []
    counts = [con.sql(f"SELECT count(*) FROM {table}").fetchall() for table in ("books_interactions", sales)]
    assert counts[0] == counts[1]


def test_popularity_counts_users_less_what_was_brought_back(con):
    counted = """
        SELECT isbn, count(*) FROM (
            SELECT isbn, coalesce(customer, CAST(basket AS VARCHAR)) AS person, sum(quantity * CASE kind
                WHEN 'purchase' THEN 1.0 WHEN 'view' THEN 0.1 WHEN 'return' THEN -1.0 END) AS amount
            FROM books_interactions GROUP BY ALL HAVING amount > 1e-9
        ) GROUP BY isbn"""
    assert con.sql(f"SELECT isbn, _rs_popularity FROM books WHERE _rs_popularity > 0 EXCEPT {counted}").fetchall() == []


def test_ids_come_before_titles_and_both_are_taken(con):
    [(isbn, title)] = con.sql("SELECT isbn, title FROM books ORDER BY _rs_popularity DESC, isbn LIMIT 1").fetchall()
    by_id = con.execute("FROM similar_books(?)", [isbn]).fetchall()
    assert by_id == con.execute("FROM similar_books(?)", [title]).fetchall()
    assert len(by_id) == 10
    assert con.execute("FROM similar_books(?)", [isbn.lstrip("0")]).fetchall() == []
    assert con.execute("SELECT item_a, item_b FROM why_books(?, ?)", [title, by_id[0][1]]).fetchall() == [
        (isbn, by_id[0][1])
    ]


def test_neighbours_are_those_of_numpy(con):
    """The stored neighbours hold withdrawn books, too; an answer does not."""
    rows = con.sql("SELECT b.isbn, v.vector FROM books_vectors AS v JOIN books AS b USING (_rs_no) "
                   "WHERE v.space = 'content' ORDER BY b._rs_no").fetchall()  # fmt: skip
    ids, vectors = [isbn for isbn, _ in rows], np.array([vector for _, vector in rows], np.float64)
    gone = {isbn for (isbn,) in con.sql("SELECT isbn FROM books WHERE withdrawn").fetchall()}
    assert gone
    for place in (0, 17, 333):
        steps = np.round(vectors @ vectors[place] * 1e5)
        order = [
            other for other in np.lexsort((np.arange(len(ids)), -steps)) if other != place and ids[other] not in gone
        ]
        found = con.execute("SELECT isbn FROM similar_books(?, space := 'content')", [ids[place]]).fetchall()
        assert [isbn for (isbn,) in found] == [ids[other] for other in order[:10]]


def test_recommendations_are_the_sums_of_the_stored_weights(con):
    """The history, weighed by how far back it lies, times the weights: computed here without the function."""
    settings = json.loads(con.sql("SELECT declaration FROM catalogs").fetchall()[0][0])["fading"]
    tastes = {number: rest for number, *rest in con.sql("FROM books_tastes").fetchall()}
    for customer in ("C0001", "C0007", "C0123"):
        history = con.execute("""
            SELECT
                b._rs_no, max(epoch(sold_at)),
                sum(quantity * CASE kind WHEN 'purchase' THEN 1.0 WHEN 'view' THEN 0.1 ELSE -1.0 END) AS amount
            FROM books_interactions JOIN books AS b USING (isbn) WHERE customer = ? GROUP BY ALL
            HAVING amount > 0""", [customer]
        ).fetchall()  # fmt: skip
        times = np.array([at for _number, at, _amount in history])
        first = 1 + (times[None, :] > times[:, None]).sum(axis=1)
        last = (times[None, :] >= times[:, None]).sum(axis=1)
        scores: dict[int, float] = {}
        older = np.zeros(settings["directions"])
        for (number, _at, amount), back, begins in zip(history, (first + last) / 2, first, strict=True):
            if begins > settings["history"]:
                older += min(float(amount), 1) * back ** -settings["taste_power"] * np.array(tastes[number][0])
                continue
            rows = con.execute(
                "SELECT neighbor_id, taste, next FROM books_weights WHERE _rs_no = ?", [number]
            ).fetchall()
            for other, taste, after in rows:
                part = taste * back ** -settings["taste_power"] + after * settings["next_decay"] ** back
                scores[other] = scores.get(other, 0.0) + min(float(amount), 1) * part
        if older.any():
            for number, (_gives, takes) in tastes.items():
                scores[number] = scores.get(number, 0.0) + float(older @ (takes or [0] * len(older)))
        had = {number for number, *_rest in history}
        isbn = dict(con.sql("SELECT _rs_no, isbn FROM books WHERE NOT withdrawn").fetchall())
        best = sorted(
            (round(-score, 5), number) for number, score in scores.items() if number not in had and number in isbn
        )
        found = con.execute("SELECT isbn, score FROM recommend_books(?)", [customer]).fetchall()
        assert [score for _isbn, score in found] == pytest.approx([-score for score, _number in best[:10]], abs=2e-5)
        assert {one for one, _score in found} <= set(isbn.values())


def test_what_is_not_available_is_in_no_answer(con):
    withdrawn = {isbn for (isbn,) in con.sql("SELECT isbn FROM books WHERE withdrawn").fetchall()}
    [(vector,)] = con.sql("SELECT vector FROM books_vectors WHERE space = 'hybrid' LIMIT 1").fetchall()
    asked = [
        con.sql("SELECT s.isbn FROM books AS b, similar_books(b.isbn, k := 20) AS s"),
        con.sql("SELECT isbn FROM recommend_books('C0003', k := 400)"),
        con.sql("SELECT isbn FROM recommend_books('nobody', k := 400)"),
        con.sql("SELECT isbn FROM books_about('dragon tower', k := 400)"),
        con.sql("SELECT isbn FROM nearest_books(?, k := 400)", params=[vector]),
    ]
    for rows in asked:
        found = {isbn for (isbn,) in rows.fetchall()}
        assert found
        assert not found & withdrawn


@pytest.mark.parametrize("client", [name for name in shells.ALL if name != "node-1.5"])
def test_stock_shells_join_with_tables_of_their_own(client, bookshop, con, tmp_path):
    """A live filter over the caller's own stock, by id and in a join, in every client that is there."""
    stock = f"read_csv('{bookshop / 'stock.csv'}', types = {{'isbn': 'VARCHAR'}})"
    asked = [
        isbn for (isbn,) in con.sql("SELECT isbn FROM books ORDER BY _rs_popularity DESC, isbn LIMIT 5").fetchall()
    ]
    listed = ", ".join(f"('{isbn}')" for isbn in asked)
    expected = con.sql(
        f"SELECT a.isbn AS asked, s.rank, s.isbn FROM (VALUES {listed}) AS a(isbn), similar_books(a.isbn, k := 3, "
        f"filter := isbn IN (SELECT isbn FROM {stock} WHERE on_hand > 2)) AS s ORDER BY ALL"
    ).fetchall()
    assert len(expected) == 15
    rows = ", ".join(f"('{a}', {rank}, '{isbn}')" for a, rank, isbn in expected)

    def statements(where: str, argument: str) -> list[str]:
        found = (
            f"SELECT a.isbn AS asked, s.rank, s.isbn FROM (VALUES {listed}) AS a(isbn), {where}similar_books(a.isbn, "
            f"k := 3, filter := isbn IN (SELECT isbn FROM temp.stock WHERE on_hand > 2){argument}) AS s"
        )
        return [
            f"CREATE TEMP TABLE stock AS FROM {stock}",
            f"CREATE TEMP TABLE found AS {found}",
            f"SELECT CASE WHEN count(*) > 0 THEN error('other rows') END FROM "
            f"((FROM found EXCEPT ALL (VALUES {rows})) UNION ALL ((VALUES {rows}) EXCEPT ALL FROM found))",
        ]

    shells.run(client, str(bookshop / "shop.duckdb"), statements("", ""), tmp_path)
    attached = [f"ATTACH '{bookshop / 'shop.duckdb'}' AS shop (READ_ONLY)", *statements("shop.", ", store := 'shop'")]
    shells.run(client, ":memory:", attached, tmp_path)


def test_a_rebuild_keeps_numbers_and_content(shop):
    store = shop / "shop.duckdb"
    numbers = "SELECT isbn, _rs_no FROM books ORDER BY ALL"
    with duckdb.connect(str(store), read_only=True) as connection:
        before = connection.execute(numbers).fetchall()
    recstore.rebuild(store)
    with duckdb.connect(str(store), read_only=True) as connection:
        assert connection.execute(numbers).fetchall() == before
    assert recstore.same_content(recstore.diff(store)[0])
    assert not [finding for finding in recstore.check(store) if finding.fault]


def test_a_row_put_in_by_hand_is_an_item_after_a_rebuild(shop):
    store = shop / "shop.duckdb"
    with duckdb.connect(str(store)) as connection:
        connection.execute("INSERT INTO books (isbn, title, author, genre, blurb) VALUES "
                           "('9', 'Dragon of the Tower', 'Ada Abend', 'Magic', 'a dragon and a witch')")  # fmt: skip
        connection.execute("INSERT INTO books_interactions BY NAME SELECT 'C0001' AS customer, '9' AS isbn, "
                           "'purchase' AS kind, 1 AS quantity, TIMESTAMP '2026-01-01' AS sold_at")  # fmt: skip
    recstore.rebuild(store)
    with recstore.connect(store) as connection:
        assert connection.sql("SELECT _rs_no, _rs_popularity FROM books WHERE isbn = '9'").fetchall() == [(481, 1)]
        assert len(connection.sql("FROM similar_books('9')").fetchall()) == 10


def test_add_takes_what_is_new_and_passes_over_the_rest(shop):
    store = shop / "shop.duckdb"
    books, sales = pd.read_csv(shop / "books.csv", dtype=str), pd.read_csv(shop / "sales.csv", dtype=str)
    report = recstore.add(store, items=shop / "books.csv", interactions=sales)
    assert [(load.rows, load.replaced, load.passed) for load in report.loads.values()] == [
        (0, 0, len(books) + len(sales))
    ]
    changed = books.head(2).assign(price=["1.5", books.price[1]])
    new = books.head(1).assign(isbn="012345678X", title="Quite New")
    sold = sales.head(1).assign(isbn="012345678X", customer="C9999", sold_at="2026-06-01 10:00:00")
    report = recstore.add(store, items=pd.concat([changed, new]), interactions=sold)
    assert [(load.rows, load.replaced, load.passed) for load in report.loads.values()] == [(2, 1, 1)]
    with recstore.connect(store) as connection:
        assert connection.sql("SELECT price FROM books ORDER BY _rs_no LIMIT 1").fetchall() == [(1.5,)]
        assert connection.sql("SELECT _rs_no, title FROM books WHERE isbn = '012345678X'").fetchall() == [
            (481, "Quite New")
        ]
        assert connection.sql("SELECT because FROM recommend_books('C9999', k := 1)").fetchall() == [("Quite New",)]


def test_vectors_and_encoders_become_spaces(tmp_path):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"sku": [f"s{n}" for n in range(30)], "name": ["red cup", "blue cup", "red plate"] * 10})
    frame["cover"] = [None, [0.0, 0.0, 0.0], [np.nan, 1.0, 0.0], *rng.normal(size=(27, 3)).tolist()]
    encoder = make_pipeline(FunctionTransformer(lambda rows: rows["name"]), CountVectorizer())
    things = Items(source=frame, id="sku", title="name", vectors={"cover": "cover"}, encoders={"style": encoder})
    store = tmp_path / "things.duckdb"
    recstore.build(store, {"things": things})
    with recstore.connect(store) as connection:
        items = dict(connection.sql("SELECT space, items FROM spaces").fetchall())
        assert items == {"cover": 27, "style": 30}
        assert "cover" not in connection.sql("FROM things").columns
        assert connection.sql("SELECT name, score FROM similar_things('s0', space := 'style', k := 1)").fetchall() == [
            ("red cup", 1.0)
        ]
        recipe = connection.sql("SELECT recipe FROM spaces WHERE space = 'style'").fetchall()[0][0]
        assert "CountVectorizer" in recipe
    recstore.rebuild(store)
    with recstore.connect(store) as connection:
        assert dict(connection.sql("SELECT space, items FROM spaces").fetchall()) == items


def test_an_encoder_by_its_name_is_found_again_by_a_rebuild(tmp_path, monkeypatch):
    (tmp_path / "shop_models.py").write_text(
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import FunctionTransformer\n"
        "def names(rows):\n    return rows['name']\n"
        "style = make_pipeline(FunctionTransformer(names), TfidfVectorizer())\n"
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "things.csv").write_text("sku,name\n1,red cup\n2,red plate\n3,blue cup\n")
    (tmp_path / "recstore.toml").write_text(
        '[things]\nitems = "things.csv"\nid = "sku"\ntitle = "name"\nencoder.style = "shop_models:style"\n'
    )
    assert run("build", "things.duckdb", "--quiet")[0] == 0
    recstore.rebuild("things.duckdb")
    with recstore.connect("things.duckdb") as connection:
        assert connection.sql("SELECT count(*) FROM similar_things(2)").fetchall() == [(2,)]
    code, said = run("build", "other.duckdb", "--config", "recstore.toml", "--catalog", "nothing")
    assert code == 2 or "declares no catalogue" in said


def test_interactions_alone_make_a_store(tmp_path):
    rows = [(user, f"i{(user * step) % 17}", step) for user in range(1, 40) for step in range(1, 6)]
    frame = pd.DataFrame(rows, columns=["who", "what", "when"])
    recstore.build(
        tmp_path / "t.duckdb", {"things": Items(interactions=Interactions(source=frame, user="who", item="what"))}
    )
    with recstore.connect(tmp_path / "t.duckdb") as connection:
        assert connection.sql("SELECT count(*) FROM things").fetchall() == [(17,)]
        assert len(connection.sql("FROM recommend_things(3, k := 5)").fetchall()) == 5
        assert connection.sql("SELECT count(*) FROM recommend_things('3', k := 5)").fetchall() == [(5,)]


def test_what_is_bought_again_is_recommended_again(tmp_path):
    rng = np.random.default_rng(3)
    rows = [(user, f"i{item}", f"2025-01-{day:02d}") for user in range(150) for day in range(1, 9)
            for item in {user % 5, (user + int(rng.integers(3))) % 12}]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["who", "what", "at"])
    taken = Interactions(source=frame, user="who", item="what", at="at", seen="include")
    store = tmp_path / "grocer.duckdb"
    recstore.build(store, {"groceries": Items(interactions=taken)})
    assert not [finding for finding in recstore.check(store) if finding.fault]
    with recstore.connect(store) as connection:
        for user in (7, 33, 101):
            found = [
                item
                for _rank, item, *_rest in connection.execute("FROM recommend_groceries(?, k := 3)", [user]).fetchall()
            ]
            assert f"i{user % 5}" in found


def test_three_catalogues_in_one_file(small_store, tmp_path):
    store = tmp_path / "all.duckdb"
    shutil.copy(small_store, store)
    sold = shops.shop("frame", tmp_path, shops.books(), shops.sales(), i_at="sold")
    recstore.build(store, {"books": sold}, options=shops.STRICT)
    mugs = pd.DataFrame({"no": [1, 2, 3], "name": ["red mug", "blue mug", "red cup"]})
    recstore.build(store, {"mugs": Items(source=mugs, id="no", title="name", text="name")})
    with recstore.connect(store) as connection:
        joined = connection.sql("""
            SELECT b.title, m.title, g.name
            FROM similar_books((SELECT isbn FROM books ORDER BY _rs_popularity DESC, isbn LIMIT 1), k := 1) AS b,
                similar_movies(1, k := 1) AS m, similar_mugs(1, k := 1) AS g""").fetchall()
        assert len(joined) == 1
        films = connection.sql("FROM movie_neighbors ORDER BY ALL").fetchall()
    report = recstore.rebuild(store, only="books", seed=5, tune=False)
    assert set(report.kept) == {"movies", "mugs"}
    with recstore.connect(store) as connection:
        assert connection.sql("FROM movie_neighbors ORDER BY ALL").fetchall() == films
    assert not [finding for finding in recstore.check(store) if finding.fault]


def test_a_changed_declaration_leaves_nothing_of_the_old_one(shop):
    """Columns that the source no longer has, and interactions that are declared no more, go with the build."""
    store = shop / "shop.duckdb"
    books = pd.read_csv(shop / "books.csv", dtype=str)[["isbn", "title"]]
    recstore.build(store, {"books": Items(source=books, id="isbn", title="title", text="title")}, allow_loss=True)
    with recstore.connect(store) as connection:
        assert connection.sql("FROM books").columns == ["isbn", "title", "_rs_no", "_rs_popularity", "_rs_categories"]
        tables = {name for (name,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert not {"books_interactions", "books_weights"} & tables
    assert not [finding for finding in recstore.check(store) if finding.fault]


def test_what_was_tried_for_the_recommendations_is_recorded(shop):
    """A longer search tries what the build did, and more; without one the defaults stay."""
    store = shop / "shop.duckdb"

    def tried() -> list[str]:
        with recstore.connect(store) as connection:
            return [
                what for (what,) in connection.sql(
                    "SELECT m.what FROM (SELECT unnest(measured) AS m FROM builds) WHERE m.what LIKE 'tried%ndcg@10'"
                ).fetchall()
            ]  # fmt: skip

    briefly = tried()
    assert briefly[0] == "tried 0: the defaults: ndcg@10"
    recstore.tune(store, trials=2)
    assert tried() == briefly[: len(tried())]
    assert 0 < len(tried()) <= 3
    assert run("rebuild", store, "--no-tune", "--quiet", "--allow-loss")[0] == 0
    assert tried() == []


def test_info_says_what_was_declared(bookshop):
    declared = recstore.info(bookshop / "shop.duckdb").declared["books"]
    assert declared["items"] == "books.csv"
    assert declared["interactions"]["from"] == "sales.csv"
    assert declared["interactions"]["weights"] == {"purchase": 1, "view": 0.1, "return": -1}


def test_a_list_shows_one_item_of_a_group(shop):
    """The best of each author, as a query over lists without groups finds them."""
    declared = recstore.read_config(shop / "recstore.toml")["books"]
    plain, grouped = shop / "plain.duckdb", shop / "grouped.duckdb"
    recstore.build(plain, {"books": replace(declared, available=None)}, options=recstore.BuildOptions(tune=False))
    by_author = replace(declared, available=None, group="author")
    recstore.build(grouped, {"books": by_author}, options=recstore.BuildOptions(tune=False))
    with recstore.connect(plain) as one, recstore.connect(grouped) as other:
        isbn, title = one.sql("SELECT isbn, title FROM books ORDER BY _rs_popularity DESC, isbn LIMIT 1").fetchall()[0]
        for call in (
            f"similar_books('{isbn}', k := {{}})",
            f"similar_books('{isbn}', k := {{}}, space := 'content', filter := price < 20)",
            "recommend_books('C0001', k := {})",
            "recommend_books('nobody', k := {})",
            f"recommend_books_for(['{title.replace(chr(39), chr(39) * 2)}'], k := {{}})",
            "books_about('dragon tower', k := {})",
        ):
            whole = f"FROM {call.format(480)} QUALIFY row_number() OVER (PARTITION BY author ORDER BY rank) = 1"
            expected = one.sql(f"SELECT isbn, score FROM ({whole}) ORDER BY rank LIMIT 12").fetchall()
            assert other.sql(f"SELECT isbn, score FROM {call.format(12)} ORDER BY rank").fetchall() == expected != []
    assert not [finding for finding in recstore.check(grouped) if finding.fault]


def test_a_strangers_catalogue_answers_where_it_is_what_its_declaration_says(shop):
    store = shop / "shop.duckdb"
    asked = "SELECT isbn, score FROM similar_books((SELECT isbn FROM books ORDER BY _rs_popularity DESC, isbn LIMIT 1))"
    with recstore.connect(store) as one, recstore.connect(store, untrusted=True) as other:
        assert one.sql(asked).fetchall() == other.sql(asked).fetchall() != []
        asked = "FROM recommend_books('C0001')"
        assert other.sql(asked).fetchall() == one.sql(asked).fetchall()
    theirs = "FROM duckdb_functions() WHERE function_name = 'similar_books' AND database_name = 'memory'"
    forged = {
        "amount": ('"amount": "', '"amount": "(SELECT 1) * '),
        "available": ('"available": "CAST(', '"available": "CAST(true OR '),
        "searched": ("concat_ws(' ', ", "concat_ws('x', "),
    }
    for what, (old, new) in forged.items():
        copy = shop / f"{what}.duckdb"
        shutil.copy(store, copy)
        with duckdb.connect(str(copy)) as connection:
            [(text,)] = connection.sql("SELECT declaration FROM catalogs").fetchall()
            assert old in text
            connection.execute("UPDATE catalogs SET declaration = ?", [text.replace(old, new, 1)])
        with pytest.warns(UserWarning, match="store: books"), recstore.connect(copy, untrusted=True) as connection:
            assert connection.sql(theirs).fetchall() == []
