"""Rollback, backup and restore: nothing that somebody wrote is lost."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import duckdb
import pytest
from repeated import repeated

import recstore
from recstore import BusyError, OptionError, StoreError


@pytest.fixture(scope="module")
def twice(small_store, tmp_path_factory) -> Path:
    """A store with the version before it, of other dimensions."""
    path = tmp_path_factory.mktemp("twice") / "store.duckdb"
    shutil.copy2(small_store, path)
    recstore.rebuild(path, content_dimensions=5)
    return path


@pytest.fixture
def store(twice, tmp_path) -> Path:
    for file in twice.parent.iterdir():
        shutil.copy2(file, tmp_path / file.name)
    return tmp_path / "store.duckdb"


def change(store: Path, script: str) -> None:
    with duckdb.connect(str(store)) as con:
        con.execute(script)


def build_id(store: Path) -> object:
    with duckdb.connect(str(store), read_only=True) as con:
        return con.execute("SELECT value FROM store_info WHERE key = 'build_id'").fetchall()


def beside(store: Path) -> list[str]:
    return sorted(path.name for path in store.parent.iterdir())


WRITTEN = {
    "rows of ratings": "INSERT INTO ratings VALUES (700, 1, 5.0, TIMESTAMP '2026-01-01 20:15:00')",
    "rows of movies": "UPDATE movies SET title = 'mine' WHERE movie_id = 7",
    "the table mine": "CREATE TABLE mine AS SELECT 1 AS x",
    "the table of": 'CREATE SCHEMA "a b"; CREATE TABLE "a b"."of" (x INTEGER)',
    "the view": "CREATE VIEW mine AS SELECT 1 AS x",
    "the macro": "CREATE MACRO mine(x) AS x",
    "the column movies.note": "ALTER TABLE movies ADD COLUMN note VARCHAR",
    "the type": "CREATE TYPE mine AS ENUM ('a')",
    "the space mine": "INSERT INTO movie_vectors SELECT 'mine', movie_id, [1] FROM movies",
}


@pytest.mark.parametrize("what", repeated(WRITTEN))
def test_what_was_written_since_is_named_and_not_taken_back(what, store):
    copy = store.with_name("copy.duckdb")
    recstore.backup(store, copy)
    now = build_id(store)
    change(store, WRITTEN[what])
    before = beside(store), store.read_bytes()
    for back in (lambda: recstore.rollback(store), lambda: recstore.restore(store, copy)):
        with pytest.raises(StoreError, match=f"{what}.*--discard"):
            back()
    assert (beside(store), store.read_bytes()) == before
    recstore.rollback(store, discard=True)
    assert build_id(store) != now == build_id(Path(f"{store}.previous-1"))


def test_rows_of_own_tables_are_not_taken_back(sample_store, tmp_path):
    store = Path(shutil.copy(sample_store, tmp_path / "store.duckdb"))
    change(store, "CREATE TABLE mine AS SELECT 1 AS x")
    recstore.rebuild(store)
    recstore.rollback(store)
    recstore.rollback(store)
    change(store, "INSERT INTO mine VALUES (2), (3)")
    with pytest.raises(StoreError, match="2 rows of mine"):
        recstore.rollback(store)


def test_what_is_said_of_own_objects_and_an_empty_schema_are_not_taken_back(small_store, tmp_path):
    store = Path(shutil.copy(small_store, tmp_path / "store.duckdb"))
    change(store, "CREATE TABLE mine AS SELECT 1 AS x; CREATE TYPE mood AS ENUM ('a'); CREATE SEQUENCE numbers")
    recstore.rebuild(store)
    for statement, what in (
        ("COMMENT ON COLUMN mine.x IS 'how many'", "the table mine"),
        ("COMMENT ON TYPE mood IS 'how it is'", "the type mood"),
        ("COMMENT ON SEQUENCE numbers IS 'who is next'", "the sequence numbers"),
        ("CREATE SCHEMA empty", "the schema empty"),
    ):
        change(store, statement)
        with pytest.raises(StoreError, match=what):
            recstore.rollback(store)


def test_an_addition_is_taken_back_without_a_question(store):
    new = store.with_name("new.csv")
    new.write_text("userId,movieId,rating,timestamp\n1,2,4.5,1767298500\n")
    before = build_id(store)
    recstore.add(store, ratings=new)
    recstore.rollback(store)
    assert build_id(store) == before


def test_backup_and_restore(store):
    store.chmod(0o640)
    change(store, "CREATE TABLE mine AS SELECT 1 AS x")
    copy = store.with_name("copy.duckdb")
    with recstore.connect(store) as reader:
        reader.execute("FROM movies LIMIT 1").fetchall()
        recstore.backup(store, copy)
    assert copy.read_bytes() == store.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o640
    with pytest.raises(OptionError, match="--overwrite"):
        recstore.backup(store, copy)
    recstore.backup(store, copy, overwrite=True)
    here = build_id(store)
    recstore.rebuild(store, content_dimensions=7)
    recstore.restore(store, copy)
    assert build_id(store) == here
    assert [finding.fault for finding in recstore.check(store) if finding.fault] == []
    recstore.rollback(store)
    assert build_id(store) != here
    other = store.with_name("new.duckdb")
    assert recstore.restore(other, copy) is None
    assert build_id(other) == here
    assert stat.S_IMODE(other.stat().st_mode) == 0o640


def test_a_backup_is_put_onto_nothing_that_is_needed(store, monkeypatch):
    os.link(store, store.with_name("hard.duckdb"))
    store.with_name("soft.duckdb").symlink_to(store)
    store.with_name("folder").mkdir()
    store.with_name("wal.duckdb.wal").write_text("of something")
    before = store.read_bytes()
    monkeypatch.chdir(store.parent)
    names = ["store.duckdb", "./folder/../store.duckdb", "hard.duckdb", "soft.duckdb", "folder", "wal.duckdb",
             "store.duckdb.previous-4", "store.duckdb.wal", ".store.duckdb.lock", "nowhere/copy.duckdb"]  # fmt: skip
    there = beside(store)
    for name in names:
        with pytest.raises(OptionError):
            recstore.backup(store, name, overwrite=True)
    assert store.read_bytes() == before
    assert beside(store) == there
    with pytest.raises(OptionError, match="the store itself"):
        recstore.restore(store, "soft.duckdb")
    damaged = bytearray(before)
    damaged[len(damaged) // 2] ^= 255
    store.with_name("damaged.duckdb").write_bytes(damaged[: len(damaged) // 2 + 9])
    with pytest.raises(StoreError):
        recstore.restore(store, "damaged.duckdb")
    assert store.read_bytes() == before


def test_no_backup_while_somebody_writes(store):
    code = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('ready', flush=True); sys.stdin.read()"
    import subprocess
    import sys

    with subprocess.Popen(
        [sys.executable, "-c", code, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        writer.stdout.readline()
        with pytest.raises(BusyError):
            recstore.backup(store, store.with_name("copy.duckdb"))
        writer.communicate("")
    assert "copy.duckdb" not in beside(store)
