"""The view database: what it does to the connection it is brought into, and what it shows."""

from __future__ import annotations

import duckdb
import pytest

import recstore
from recstore.errors import OptionError, StoreError


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        yield connection


def rows(con, query="FROM rec.similar_movies(1)"):
    return len(con.execute(query).fetchall())


def test_it_leaves_the_callers_transaction_and_results_alone(con, sample_store, tmp_path):
    con.execute("BEGIN; CREATE TABLE mine AS SELECT 1")
    with pytest.raises(StoreError):
        recstore.attach(con, tmp_path / "nowhere.duckdb")
    pending = con.execute("FROM range(5000)")
    recstore.attach(con, sample_store)
    assert len(pending.fetchall()) == 5000
    con.execute("COMMIT")
    assert rows(con, "FROM mine") == 1
    assert rows(con) == 10


@pytest.mark.parametrize("inside", ["memory", "rec", "rec_store"])
def test_it_is_replaced_wherever_the_caller_is(con, sample_store, inside):
    recstore.attach(con, sample_store)
    con.execute(f"USE {inside}")
    recstore.attach(con, sample_store, alias="REC")
    assert rows(con) == 10
    con.execute("USE memory; DETACH rec")
    recstore.attach(con, sample_store)
    assert rows(con) == 10


def test_a_store_that_cannot_be_opened_leaves_the_views_as_they_were(con, sample_store, tmp_path):
    recstore.attach(con, sample_store)
    (tmp_path / "text.txt").write_text("hello, I am no store at all")
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    for name in ("text.txt", "other.duckdb", "nowhere.duckdb"):
        with pytest.raises(StoreError):
            recstore.attach(con, tmp_path / name)
        assert rows(con) == 10


@pytest.mark.parametrize("taken", ["rec", "rec_store", "Rec", "REC_STORE"])
def test_a_database_of_the_callers_is_never_replaced(con, sample_store, taken):
    con.execute(f"ATTACH ':memory:' AS {taken}; CREATE TABLE {taken}.mine AS SELECT 1")
    with pytest.raises(OptionError, match=f"called {taken} is attached already"):
        recstore.attach(con, sample_store)
    assert rows(con, f"FROM {taken}.mine") == 1


def test_a_read_only_connection_and_the_home_folder(sample_store, monkeypatch, tmp_path):
    own = tmp_path / "own.duckdb"
    duckdb.connect(str(own)).close()
    (tmp_path / "store.duckdb").symlink_to(sample_store)
    monkeypatch.setenv("HOME", str(tmp_path))
    with duckdb.connect(str(own), read_only=True) as con:
        recstore.attach(con, "~/store.duckdb")
        assert rows(con) == 10
    with duckdb.connect(str(own), read_only=True) as con:
        con.execute(recstore.connection.sessions.attach_script("~/store.duckdb"))
        assert rows(con) == 10
    with recstore.connect("~/store.duckdb") as con:
        assert rows(con, "FROM similar_movies(1)") == 10


def test_every_relation_and_column_is_explained(sample_store):
    with recstore.connect(sample_store) as con:
        for database in ("memory", "rec_store"):
            found = con.execute(
                "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE database_name = $name AND "
                "NOT internal UNION ALL SELECT view_name, NULL, comment FROM duckdb_views() "
                "WHERE database_name = $name AND NOT internal",
                {"name": database},
            ).fetchall()
            assert len(found) > 80
            assert [row for row in found if not row[2]] == []
