"""The saved queries for a shop, on the bookshop's store beside its owner's stock, against SQL and Python by hand."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest
import shells
from repeated import repeated
from runner import recstore as run_recstore

import recstore
from recstore.errors import OptionError

SHOP = ("beside_the_cart", "mailing", "in_stock_instead", "new_and_for_whom", "dead_stock")


@pytest.fixture(scope="module")
def mine(bookshop, tmp_path_factory) -> Path:
    """A database of the shop's owner: what lies on the shelf, and customers in segments."""
    path = tmp_path_factory.mktemp("mine") / "mine.duckdb"
    with duckdb.connect() as con:
        # As the oldest shell writes it.
        con.execute(f"ATTACH '{path}' AS mine (STORAGE_VERSION 'v1.0.0'); USE mine")
        con.execute(f"CREATE TABLE stock AS FROM read_csv('{bookshop / 'stock.csv'}', types = {{'isbn': 'VARCHAR'}})")
        con.execute(
            "CREATE TABLE customers AS SELECT customer, segment FROM "
            "(VALUES ('C0001', 'lapsed'), ('C0002', 'regular'), ('C0003', 'lapsed')) AS v(customer, segment)"
        )
    return path


@pytest.fixture
def shop(bookshop, mine):
    with recstore.connect(bookshop / "shop.duckdb") as con:
        con.execute(f"ATTACH '{mine}' AS mine (READ_ONLY)")
        yield con


def ask(con: duckdb.DuckDBPyConnection, name: str, **values: object) -> list[dict]:
    query = recstore.find_query(name, recstore.catalogs_of(con), "books")
    recstore.set_parameters(con, query, {key: str(value) for key, value in values.items()})
    return con.sql(query.text).to_arrow_table().to_pylist()


def on_hand(bookshop: Path) -> dict[str, int]:
    with (bookshop / "stock.csv").open() as file:
        return {row["isbn"]: int(row["on_hand"]) for row in csv.DictReader(file)}


WORTH = "CASE kind WHEN 'purchase' THEN 1 WHEN 'view' THEN 0.1 ELSE -1 END * quantity"
TASTES = f"SELECT customer, isbn, sum({WORTH}) AS worth FROM books_interactions WHERE customer <> '' GROUP BY ALL"


def tastes(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, float]]]:
    found = defaultdict(list)
    for customer, isbn, worth in con.execute(f"{TASTES} HAVING worth > 0").fetchall():
        found[isbn].append((customer, worth))
    return found


def audience(con: duckdb.DuckDBPyConnection, isbn: str, k: int) -> list[tuple[str, float]]:
    """Return who had most that is like a book, and never had it, with weights."""
    likers, weights = tastes(con), defaultdict(float)
    for near, score in con.execute("SELECT isbn, score FROM similar_books(?, k := 50)", [isbn]).fetchall():
        for customer, worth in likers[near]:
            weights[customer] += score * worth
    had = con.execute("SELECT customer FROM books_interactions WHERE isbn = ?", [isbn]).fetchall()
    ranked = sorted((-round(weight, 4), customer) for customer, weight in weights.items() if (customer,) not in had)
    return [(customer, -weight) for weight, customer in ranked[:k]]


def test_what_to_put_beside_the_cart(shop, bookshop):
    cart = ["0030000009", "Murder And Harbour"]
    found = ask(shop, "beside_the_cart", cart=f"[{', '.join(cart)}]", stock="mine.stock", k=7)
    stock = on_hand(bookshop)
    ranked = shop.execute("SELECT isbn, title, because, score FROM recommend_books_for(?, k := 480)", [cart]).fetchall()
    expected = [row for row in ranked if stock[row[0]] > 0 and not {row[0], row[1]} & set(cart)]
    assert [tuple(row[column] for column in ("isbn", "title", "because", "score")) for row in found] == expected[:7]
    assert [row["rank"] for row in found] == list(range(1, 8))
    assert any(stock[row[0]] == 0 for row in ranked[:7]), "nothing that the stock keeps out"


def test_what_to_write_to_which_customer(shop):
    found = ask(shop, "mailing", customers="mine.customers", segment="lapsed", k=2)
    expected = [
        ("lapsed", customer, *row)
        for customer in ("C0001", "C0003")
        for row in shop.execute(
            "SELECT rank, isbn, title, because, score FROM recommend_books(?, k := 2)", [customer]
        ).fetchall()
    ]
    assert [tuple(row.values()) for row in found] == expected
    assert {row["customer"] for row in ask(shop, "mailing", segment="")} == {"C0001", "C0002", "C0003"}


def test_what_is_in_stock_instead(shop, bookshop):
    found = ask(shop, "in_stock_instead", stock="mine.stock", most=4, k=2)
    gone = shop.execute(
        "SELECT isbn FROM books JOIN mine.stock USING (isbn) WHERE on_hand = 0 AND NOT withdrawn "
        "ORDER BY (SELECT count(DISTINCT coalesce(customer, CAST(basket AS VARCHAR))) FROM books_interactions AS i "
        "WHERE i.isbn = books.isbn) DESC"
    ).fetchall()
    best = {row["sold_out"] for row in found}
    assert len(best) == 4
    assert best <= {isbn for (isbn,) in gone[:8]}, "not those that are asked for most"
    stock = on_hand(bookshop)
    for isbn in best:
        near = shop.execute("SELECT isbn FROM similar_books(?, k := 480)", [isbn]).fetchall()
        assert [row["isbn"] for row in found if row["sold_out"] == isbn] == [one for (one,) in near if stock[one]][:2]


def test_who_might_like_what_is_new(shop):
    found = ask(shop, "new_and_for_whom", most=3, k=4)
    new = shop.execute(
        "SELECT isbn FROM books WHERE isbn NOT IN (SELECT isbn FROM books_interactions) AND NOT withdrawn "
        "ORDER BY isbn DESC LIMIT 3"
    ).fetchall()
    assert list(dict.fromkeys(row["isbn"] for row in found)) == [isbn for (isbn,) in new] != []
    for (isbn,) in new:
        answer = [(row["customer"], row["weight"]) for row in found if row["isbn"] == isbn]
        assert _near(answer, audience(shop, isbn, 4))


def _near(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> bool:
    return [name for name, _ in found] == [name for name, _ in expected] and [w for _, w in found] == pytest.approx(
        [w for _, w in expected], abs=2e-4
    )


def test_dead_stock_and_its_audience(shop, bookshop):
    found = ask(shop, "dead_stock", stock="mine.stock", days=60, most=5, k=3)
    dead = shop.execute(
        "SELECT isbn, on_hand FROM books JOIN mine.stock USING (isbn) WHERE on_hand > 0 AND NOT withdrawn "
        "AND isbn NOT IN (SELECT isbn FROM books_interactions WHERE kind = 'purchase' "
        "AND sold_at >= (SELECT max(sold_at) FROM books_interactions) - INTERVAL 60 DAY)"
    ).fetchall()
    asked = dict.fromkeys((row["isbn"], row["on_hand"]) for row in found)
    assert len(asked) == 5
    assert set(asked) <= set(dead)
    assert [count for _, count in asked] == sorted((count for _, count in dead), reverse=True)[:5]
    for isbn, _count in asked:
        answer = [(row["customer"], row["weight"]) for row in found if row["isbn"] == isbn]
        assert _near(answer, audience(shop, isbn, 3))


@pytest.mark.parametrize("client", repeated(["shell-1.4", "shell-1.5", "python-2.0"]))
def test_what_is_printed_runs_in_a_stock_shell(client, bookshop, mine, shop, tmp_path):
    store = bookshop / "shop.duckdb"
    texts = {query.name: query.text for query in recstore.saved_queries(recstore.catalogs_of(shop))}
    assert set(SHOP) <= set(texts)
    assert "hidden_gems" not in texts
    assert not any("${" in text for text in texts.values())
    names = [name for name in texts if name != "health"]
    statements = [
        f"ATTACH '{mine}' AS mine (READ_ONLY)",
        "SET VARIABLE stock = 'mine.stock'",
        *(f"COPY ({texts[name].strip().rstrip(';')}\n) TO '{tmp_path / name}.json' (ARRAY)" for name in names),
    ]
    shells.run(client, str(store), statements, tmp_path)
    empty = {name for name in names if not json.loads((tmp_path / f"{name}.json").read_text())}
    assert empty <= {"evaluations", "rejects", "never_recommended"}
    again = [statement.replace(".json", ".attached.json") for statement in statements]
    for statement in again[1:]:
        shop.execute(statement)
    for name in SHOP:
        assert (tmp_path / f"{name}.attached.json").read_text() == (tmp_path / f"{name}.json").read_text()
    shop.execute("RESET VARIABLE stock")


def test_the_command_with_a_catalogue(bookshop, mine, tmp_path):
    store = bookshop / "shop.duckdb"
    listed = json.loads(run_recstore("query", store, "--format", "json").stdout)
    assert {"hubs", *SHOP} <= {row["name"] for row in listed}
    assert "by_decade" not in {row["name"] for row in listed}
    own = ["--attach", mine, "-p", "stock=mine.stock", "-p", "most=2", "-p", "k=1", "--format", "json"]
    [first, second] = json.loads(run_recstore("query", store, "in_stock_instead", "--catalog", "books", *own).stdout)
    assert (first["rank"], second["rank"]) == (1, 1)
    text = run_recstore("query", store, "in_stock_instead", "--sql").stdout
    assert "similar_books(" in text
    (tmp_path / "own.sql").write_text(
        "-- mine: How many there are.\n-- for: any\nSELECT count(*) AS n FROM ${items};\n"
    )
    done = run_recstore("query", store, tmp_path / "own.sql", "--format", "json")
    assert json.loads(done.stdout) == [{"n": 480}]
    for arguments, message in (
        (["hubs", "--catalog", "films"], "no catalogue 'films'; there are: books"),
        (["by_decade"], "The query by_decade is for the catalogue movies, and the store has none."),
        (["by_decade", "--catalog", "books"], "is for the catalogue movies, and books is not that"),
        (["sources", "--catalog", "books"], "is of the whole store"),
        (["--catalog", "films"], "no catalogue 'films'"),
    ):
        done = run_recstore("query", store, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr
    script = ".queries\n.query in_stock_instead k=1 most=1 catalog=books\n.query by_decade\n"
    done = run_recstore("shell", store, stdin=script)
    assert "dead_stock(stock, days=90" in done.stdout
    assert len(done.stdout.partition("sold_out_name")[2].splitlines()) == 2
    assert "The query by_decade is for the catalogue movies" in done.stderr


def test_the_digest_is_of_what_the_store_holds(shop):
    [(computed, recorded)] = shop.execute(
        recstore.find_query("content_digest", recstore.catalogs_of(shop)).text
    ).fetchall()
    assert computed == recorded
    with pytest.raises(OptionError, match="no catalogue 'books'"):
        recstore.find_query("hubs", catalog="books")
