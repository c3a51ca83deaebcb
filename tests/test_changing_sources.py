"""Sources that somebody writes to while they are read: the build says so, and takes no mixture of two states."""

from __future__ import annotations

import os
import pydoc
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg
import pytest
from shops import STRICT, books, sales

import recstore
import recstore.spark
from recstore import Interactions, Items, SourceError
from recstore.progress import Progress

#: What may become of a file, and what is said of it.
CHANGES = {
    "appended to": (lambda path: path.write_bytes(path.read_bytes() * 2), "it had .* bytes and has"),
    "cut": (lambda path: os.truncate(path, 10), "it had .* bytes and has 10"),
    "replaced": (lambda path: Path(shutil.copy(path, f"{path}.new")).replace(path), "another file"),
    "removed": (lambda path: path.unlink(), "it is gone"),
    "written to": (lambda path: os.utime(path, (1, 1)), "it was written to"),
}


def then(monkeypatch, function: str, do) -> None:
    """Let something be done whenever a function has done what it does."""
    original = pydoc.locate(function)

    def and_do(*given, **named):
        found = original(*given, **named)
        do()
        return found

    monkeypatch.setattr(function, and_do)


class Meanwhile(Progress):
    """Does something, once, when the build begins with a stage, or says something."""

    def __init__(self, at: str, do) -> None:
        self.at = at
        self.do = do

    def started(self, stage: str, steps: int | None) -> None:
        self.notice(stage)

    def notice(self, text: str) -> None:
        if self.do and self.at in text:
            do, self.do = self.do, None
            do()


@pytest.fixture
def written(tmp_path) -> dict[str, Path]:
    """The books of a shop as files of each kind."""
    found = duckdb.from_df(books())
    found.write_csv(str(tmp_path / "books.csv"))
    found.write_parquet(str(tmp_path / "books.parquet"))
    found.query("books", f"COPY books TO '{tmp_path / 'books.json'}'")
    return {path.suffix[1:]: path for path in tmp_path.iterdir()}


def declared(path: Path, **others) -> dict[str, Items]:
    return {"books": Items(source=str(path), id="isbn", title="title", text=("title",), **others)}


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("kind", ["csv", "parquet", "json"])
def test_a_file_that_changes_while_it_is_read(kind, how, written, standing, tmp_path, monkeypatch):
    path, (change, said) = written[kind], CHANGES[how]
    # As if somebody wrote between the last byte that is read for the rows, and what follows.
    then(monkeypatch, "recstore.sources.relations._of_files", lambda: change(path))
    store = shutil.copy(standing, tmp_path / "store.duckdb")
    before = store.read_bytes()
    with pytest.raises(SourceError, match=rf"books\.{kind} changed while it was read \({said}.*do the same again"):
        recstore.build(store, declared(path), options=STRICT)
    assert store.read_bytes() == before


@pytest.mark.parametrize("how", CHANGES)
def test_parquet_that_changes_before_it_is_loaded(how, written, tmp_path):
    """It is read where it lies, when the tables are filled."""
    change, said = CHANGES[how]
    meanwhile = Meanwhile("load books", lambda: change(written["parquet"]))
    with pytest.raises(SourceError, match=said):
        recstore.build(tmp_path / "s.duckdb", declared(written["parquet"]), options=STRICT, progress=meanwhile)
    assert not (tmp_path / "s.duckdb").exists()


def test_what_was_read_may_change_afterwards(written, tmp_path):
    meanwhile = Meanwhile("load books", lambda: CHANGES["cut"][0](written["csv"]))
    recstore.build(tmp_path / "s.duckdb", declared(written["csv"]), options=STRICT, progress=meanwhile)
    assert meanwhile.do is None


def test_files_that_a_query_names(written, tmp_path, monkeypatch):
    then(monkeypatch, "recstore.sources.selects.copy_query", lambda: CHANGES["cut"][0](written["csv"]))
    for name in ("'books.csv'", '"books.csv"', "read_csv('b*.csv')", f"'{written['csv']}'"):
        written["csv"].write_text("isbn,title\n" + "b1,Book\n" * 9)
        query = recstore.Items(source=f"SELECT * FROM {name}", id="isbn", text=("title",), folder=str(tmp_path))
        with pytest.raises(SourceError, match=r"books\.csv changed while it was read"):
            recstore.build(tmp_path / "s.duckdb", {"books": query}, options=STRICT)


@pytest.mark.parametrize("packing", ["folder", "zip"])
def test_a_release_that_changes_while_it_is_read(packing, small_folder, small_store, tmp_path, monkeypatch):
    source = Path(shutil.copytree(small_folder, tmp_path / "release"))
    (source / "tags.csv").unlink()
    changing, store = source / "ratings.csv", shutil.copy(small_store, tmp_path / "store.duckdb")
    before = store.read_bytes()
    meanwhile = Meanwhile("tags.csv is not in", lambda: CHANGES["appended to"][0](changing))
    if packing == "zip":
        source = changing = Path(shutil.make_archive(str(source), "zip", source))
        then(monkeypatch, "recstore.sources.files.unpack", lambda: CHANGES["cut"][0](changing))
    with pytest.raises(SourceError, match=f"{changing.name} changed while it was read"):
        recstore.build(store, {"movielens": source}, options=recstore.BuildOptions(tune=False), progress=meanwhile)
    assert store.read_bytes() == before


def test_ratings_that_change_while_they_are_added(small_folder, small_store, tmp_path, monkeypatch):
    added = Path(shutil.copy(small_folder / "ratings.csv", tmp_path / "new.csv"))
    then(monkeypatch, "recstore.loaders.movielens.survey", lambda: CHANGES["appended to"][0](added))
    with pytest.raises(SourceError, match=r"new\.csv changed while it was read"):
        recstore.add(shutil.copy(small_store, tmp_path / "store.duckdb"), ratings=added)


def test_tables_that_change_while_they_are_read(standing, tmp_path):
    folder, store = tmp_path / "tables", tmp_path / "new.duckdb"
    recstore.spark.export(standing, folder)
    meanwhile = Meanwhile("read books", lambda: CHANGES["replaced"][0](folder / "books" / "part-0.parquet"))
    with pytest.raises(SourceError, match=r"part-0\.parquet changed while it was read"):
        recstore.build_from_tables(store, folder, progress=meanwhile)
    assert not store.exists()


def both_of_one_moment(sources: dict[str, str], write, tmp_path: Path, monkeypatch) -> None:
    """Sell a new book between the reading of the books and that of the sales: the store has neither."""
    calls = []
    then(monkeypatch, "recstore.catalogs.declared.reading.gather", lambda: calls.append(calls or write()))
    history = Interactions(source="sales", user="who", item="isbn", **sources)
    items = Items(source="books", id="isbn", title="title", text=("title",), interactions=history, **sources)
    report = recstore.build(tmp_path / "s.duckdb", {"books": items}, options=STRICT)
    assert (len(calls), report.loads["books"].rejects) == (2, 0)
    with duckdb.connect(str(tmp_path / "s.duckdb"), read_only=True) as con:
        assert con.sql("SELECT count(*) FROM books_interactions").fetchall() == [(len(sales()),)]


NEW = "INSERT INTO books VALUES ('new', 'New book', NULL); INSERT INTO sales (who, isbn) VALUES ('u1', 'new');"


def test_books_and_sales_of_sqlite_are_of_one_moment(tmp_path, monkeypatch):
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA journal_mode = WAL")
        books().to_sql("books", con, index=False)
        sales().astype({"sold": str}).to_sql("sales", con, index=False)

        both_of_one_moment({"database": str(path)}, lambda: con.executescript(NEW), tmp_path, monkeypatch)


def test_books_and_sales_of_postgres_are_of_one_moment(postgres, tmp_path, monkeypatch):
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as con:
        con.execute("CREATE SCHEMA moments")
        con.execute("SET search_path = moments")
        for name, frame in (("books", books()), ("sales", sales())):
            con.execute(f"CREATE TABLE {name} ({', '.join(f'{column} text' for column in frame.columns)})")
            con.cursor().executemany(
                f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(frame.columns))})",
                frame.astype(str).values.tolist(),
            )
        address = f"{postgres}{'&' if '?' in postgres else '?'}options=-csearch_path%3Dmoments"
        both_of_one_moment({"database": address}, lambda: con.execute(NEW), tmp_path, monkeypatch)


def test_nobody_writes_to_a_duckdb_file_between_books_and_sales(tmp_path, monkeypatch):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as con:
        con.register("b", books())
        con.register("s", sales())
        con.execute("CREATE TABLE books AS FROM b; CREATE TABLE sales AS FROM s")

    def refused():
        program = f"import duckdb; duckdb.connect({str(path)!r}).execute({NEW!r})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert "Could not set lock" in done.stderr

    both_of_one_moment({"database": str(path)}, refused, tmp_path, monkeypatch)
