"""What the page about a catalogue of one's own says of PostgreSQL: its declaration, word for word, on a real server."""

from __future__ import annotations

import csv
from pathlib import Path

import pages
import psycopg
import pytest
from runner import recstore as run_recstore
from sqlalchemy.engine import make_url

import recstore

PAGE = Path(__file__).parents[1] / "docs" / "own-catalogue.md"
MADE = (
    "CREATE TABLE books (isbn text, title text, author text, genre text, blurb text, price float8, published int, "
    "withdrawn bool, changed_at timestamp DEFAULT '2025-01-01')",
    "CREATE TABLE sales (customer text, basket bigint, isbn text, sold_at timestamp, kind text, quantity int)",
)


@pytest.fixture
def database(postgres, bookshop, monkeypatch):
    """The bookshop's books and its first sales in a database of its own, whose address the environment holds."""
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as con:
        con.execute("CREATE DATABASE bookshop")
    url = make_url(postgres).set(database="bookshop").render_as_string(hide_password=False)
    monkeypatch.setenv("SHOP_DB", url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as con:
        for statement in MADE:
            con.execute(statement)
        for table, columns in (("books", 8), ("sales", 6)):
            with (bookshop / f"{table}.csv").open() as file:
                rows = [row for row in list(csv.reader(file))[1:2001] if row[0]]
            places = ", ".join(["%s"] * columns)
            names = ", ".join(["isbn, title, author, genre, blurb, price, published, withdrawn"] * (columns == 8))
            with con.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {table} {f'({names})' if names else ''} VALUES ({places})", rows)
        yield con


def test_every_night_from_postgresql(database, tmp_path):
    block = next(block.text for block in pages.blocks(PAGE) if block.language == "toml")
    (tmp_path / "recstore.toml").write_text(block)
    store = tmp_path / "shop.duckdb"
    declared = recstore.read_config(tmp_path / "recstore.toml")
    recstore.build(store, declared, options=recstore.BuildOptions(tune=False))

    def counts() -> list[tuple]:
        with recstore.connect(store) as con:
            return con.execute(
                "SELECT (SELECT count(*) FROM books), (SELECT count(*) FROM books_interactions), "
                "(SELECT title FROM books WHERE isbn = '0030000009')"
            ).fetchall()

    [(sold,)] = database.execute("SELECT count(*) FROM sales").fetchall()
    assert counts() == [(480, sold, "Apprentice And Raven")]
    database.execute("UPDATE books SET title = 'Mended', changed_at = '2025-06-01' WHERE isbn = '0030000009'")
    database.execute("INSERT INTO sales VALUES ('C0003', 99001, '0030000009', '2025-07-05 10:00', 'purchase', 1)")
    done = run_recstore("add", store, "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert counts() == [(480, sold + 1, "Mended")]
    database.execute("ALTER TABLE sales RENAME TO gone")
    done = run_recstore("add", store, "--quiet", cwd=tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert counts() == [(480, sold + 1, "Mended")]
